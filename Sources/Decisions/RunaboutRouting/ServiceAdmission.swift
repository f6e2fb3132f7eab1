public import RunaboutModel

/// Decides for one service which request goes to which instance, which waits and which is refused; counts exactly.
///
/// Promises: an instance never has more requests than `maxConcurrency` (those it had before the limit fell stay);
/// whoever waits longest goes first; a request waits only while no instance has room; draining instances get nothing.
///
/// *Order*: `arrive`, then exactly one of: `finish` or `reportUnreachable` after an admission; `leave`, a dispatch or a
/// refusal after queueing. The router's loops share a version of it whose counts are atomic, and for which this is the
/// model (`SharedService` in RunaboutProxy); the simulation uses it as it is.
public struct ServiceAdmission: Equatable, Sendable {
    struct Slot: Equatable, Sendable {
        var id: InstanceID
        var address: InstanceAddress
        var inFlight = 0
        var state: RouteInstanceState?
        var suspectUntil: MonotonicTime?
        var isUsed = true
    }

    private(set) var slots: [Slot] = []
    private var ready: [Int] = []
    private var listed: [Int] = []
    private var queue = WaitingQueue()
    private var availability = RouteAvailability.serving
    private var queueLengthMax = 0
    private var queueWait = Duration.zero
    private var peak = 0
    private var suspects = 0

    /// The service.
    public let service: ServiceID
    /// The generation of the route in force; below every route's before the first.
    public private(set) var generation = Int64.min
    /// Requests at one instance, at most.
    public private(set) var maxConcurrency = 0
    /// From a request's first byte to its answer's last, at most.
    public private(set) var requestTimeout = Duration.zero
    /// Requests at instances.
    public private(set) var inFlight = 0
    /// Requests that ever arrived.
    public private(set) var accepted: Int64 = 0

    /// Makes the machine of a service without a route: it refuses everything until ``change(_:isSnapshot:)``.
    public init(service: ServiceID) { self.service = service }

    /// Requests that wait.
    public var queued: Int { queue.count }

    /// Why instances can't be started, where that is so.
    public var failure: String? {
        if case .failing(let reason) = availability { reason } else { nil }
    }

    /// The instance in a slot.
    public func instance(in slot: InstanceSlot) -> InstanceID { slots[slot.index].id }

    /// Where the instance in a slot listens.
    public func address(of slot: InstanceSlot) -> InstanceAddress { slots[slot.index].address }

    /// Whether new requests may go to the instance in a slot.
    public func isReady(_ slot: InstanceSlot) -> Bool { slots[slot.index].isUsed && slots[slot.index].state == .ready }

    /// Decides about a request that has just come.
    ///
    /// `request` is the caller's number of it, given back in ``Dispatch`` and ``Refusal``.
    public mutating func arrive(_ request: UInt64, now: MonotonicTime) -> Arrival {
        accepted += 1
        return place(request, since: now, isNew: true)
    }

    /// A request at an instance has ended, however it ended.
    public mutating func finish(_ slot: InstanceSlot) -> Finish {
        var finish = release(slot)
        if !queue.isEmpty { finish.dispatch = dispatchOne() }
        return finish
    }

    /// No connection to the instance could be made, so the request was never sent.
    ///
    /// The instance gets nothing for `Limits.suspectPause`. The request goes to another instance or waits in its old
    /// order, since its owner lost nothing but time.
    ///
    /// `since` is when the request arrived.
    public mutating func reportUnreachable(
        _ slot: InstanceSlot, request: UInt64, since: MonotonicTime, now: MonotonicTime,
    ) -> Unreachable {
        if slots[slot.index].suspectUntil == nil { suspects += 1 }
        slots[slot.index].suspectUntil = now + Limits.suspectPause
        let finish = release(slot)
        guard now < since + queueWait else {
            return Unreachable(arrival: .refuse(.instanceUnreachable), finish: finish)
        }
        return Unreachable(arrival: place(request, since: since, isNew: false), finish: finish)
    }

    /// The client of a waiting request has left.
    ///
    /// False when the request is not waiting any more.
    public mutating func leave(_ ticket: QueueTicket) -> Bool { queue.remove(ticket) }

    /// When ``expire(now:)`` has something to do next.
    public var nextDeadline: MonotonicTime? {
        var deadline = queue.oldest.map { $0 + queueWait }
        guard suspects > 0, !queue.isEmpty else { return deadline }
        for slot in slots {
            if let end = slot.suspectUntil { deadline = min(deadline ?? end, end) }
        }
        return deadline
    }

    /// Refuses those that have waited too long and trusts suspects again whose pause is over.
    public mutating func expire(now: MonotonicTime) -> Expiry {
        var expiry = Expiry()
        while let waiting = queue.popFirst(since: now - queueWait) {
            expiry.refused.append(Refusal(request: waiting.request, code: .queueTimeout))
        }
        trustAgain(now: now)
        while let dispatch = dispatchOne() { expiry.dispatched.append(dispatch) }
        return expiry
    }

    /// Takes a route.
    ///
    /// Counts of instances that stay are kept, by id.
    ///
    /// `isSnapshot` is whether it replaces the one in force even when its generation is not above that.
    public mutating func change(_ route: ServiceRoute, isSnapshot: Bool = false) -> RouteChange {
        var change = RouteChange()
        guard route.generation > generation || isSnapshot else {
            change.isOlder = true
            return change
        }
        let isNews = route.generation != generation
        generation = route.generation
        maxConcurrency = route.maxConcurrency
        queueLengthMax = route.queueLengthMax
        queueWait = .milliseconds(route.queueWaitMilliseconds)
        requestTimeout = .milliseconds(route.timeouts.totalMilliseconds)
        availability = route.availability
        change.forgotten = replaceInstances(route.instances)
        if isNews { change.drained = drainedInstances() }
        settleQueue(&change)
        return change
    }

    /// The service is gone: who waits is refused, who runs may end.
    public mutating func withdraw() -> RouteChange {
        var change = RouteChange()
        change.forgotten = replaceInstances([])
        while let waiting = queue.popFirst() {
            change.refused.append(Refusal(request: waiting.request, code: .noSuchHost))
        }
        return change
    }

    /// Draining instances that have no request left: what has been or must be said about the route in force.
    public func drainedInstances() -> [DrainedInstance] {
        listed.filter { slots[$0].state == .draining && slots[$0].inFlight == 0 }
            .map { DrainedInstance(id: slots[$0].id, generation: generation) }
    }

    /// What the service has to do now, with the peak since the last call.
    public mutating func takeDemand() -> ServiceDemand {
        let demand = ServiceDemand(
            service: service, generation: generation, inFlight: inFlight, queued: queue.count, peak: peak,
            accepted: accepted, instances: listed.map { InstanceDemand(id: slots[$0].id, inFlight: slots[$0].inFlight) },
        )
        peak = inFlight + queue.count
        return demand
    }
}

extension ServiceAdmission {
    private mutating func place(_ request: UInt64, since: MonotonicTime, isNew: Bool) -> Arrival {
        if availability == .paused { return .refuse(.servicePaused) }
        if queue.isEmpty, let chosen = choose() {
            take(chosen)
            return .admit(InstanceSlot(index: chosen))
        }
        if case .failing = availability { return .refuse(.serviceFailing) }
        if isNew, queue.count >= queueLengthMax { return .refuse(.queueFull) }
        let edge: DemandEdge = !queue.isEmpty ? .none : servesNow ? .whileServing : .withoutInstance
        let ticket = queue.insert(request, since: since)
        peak = max(peak, inFlight + queue.count)
        return .queue(ticket, edge)
    }

    /// The ready instance with room and the fewest requests, the earlier of two equals, so that idle ones stay idle.
    ///
    /// For small limits the first with room: there, spreading requests only keeps more instances busy.
    private func choose() -> Int? {
        var best: Int?
        var fewest = maxConcurrency
        for index in ready where slots[index].inFlight < fewest && slots[index].suspectUntil == nil {
            if maxConcurrency <= Limits.firstAvailableConcurrencyMax { return index }
            best = index
            fewest = slots[index].inFlight
            if fewest == 0 { break }
        }
        return best
    }

    private var servesNow: Bool { ready.contains { slots[$0].suspectUntil == nil } }

    private mutating func take(_ index: Int) {
        slots[index].inFlight += 1
        inFlight += 1
        peak = max(peak, inFlight + queue.count)
    }

    private mutating func dispatchOne() -> Dispatch? {
        guard !queue.isEmpty, let chosen = choose(), let waiting = queue.popFirst() else { return nil }
        take(chosen)
        return Dispatch(request: waiting.request, slot: InstanceSlot(index: chosen))
    }

    private mutating func release(_ slot: InstanceSlot) -> Finish {
        let index = slot.index
        precondition(slots[index].inFlight > 0, "\(service): slot \(index) has no request that could end")
        slots[index].inFlight -= 1
        inFlight -= 1
        var finish = Finish()
        guard slots[index].inFlight == 0, slots[index].state != .ready else { return finish }
        if slots[index].state == .draining {
            finish.drained = DrainedInstance(id: slots[index].id, generation: generation)
        } else {
            free(index)
            finish.forgotten = slot
        }
        return finish
    }

    private mutating func trustAgain(now: MonotonicTime) {
        guard suspects > 0 else { return }
        for index in slots.indices {
            guard let end = slots[index].suspectUntil, end <= now else { continue }
            slots[index].suspectUntil = nil
            suspects -= 1
        }
    }

    private mutating func settleQueue(_ change: inout RouteChange) {
        while let dispatch = dispatchOne() { change.dispatched.append(dispatch) }
        let code: PlatformErrorCode
        switch availability {
        case .serving: return
        case .paused: code = .servicePaused
        case .failing: code = .serviceFailing
        }
        while let waiting = queue.popFirst() {
            change.refused.append(Refusal(request: waiting.request, code: code))
        }
    }

    /// Brings the slots in line with a route; gives those whose instances are neither listed nor busy any more.
    private mutating func replaceInstances(_ instances: [RouteInstance]) -> [InstanceSlot] {
        var known: [InstanceID: Int] = [:]
        for index in slots.indices where slots[index].isUsed {
            known[slots[index].id] = index
            slots[index].state = nil
        }
        var unused = slots.indices.filter { !slots[$0].isUsed }
        listed.removeAll(keepingCapacity: true)
        ready.removeAll(keepingCapacity: true)
        for instance in instances {
            let index: Int
            if let existing = known[instance.id] {
                guard slots[existing].state == nil else { continue }
                index = existing
                trustIfMoved(index, to: instance.address)
            } else if let free = unused.popLast() {
                index = free
                slots[index] = Slot(id: instance.id, address: instance.address)
            } else {
                index = slots.count
                slots.append(Slot(id: instance.id, address: instance.address))
            }
            known[instance.id] = index
            slots[index].state = instance.state
            listed.append(index)
            if instance.state == .ready { ready.append(index) }
        }
        var forgotten: [InstanceSlot] = []
        for index in slots.indices where slots[index].isUsed && slots[index].state == nil && slots[index].inFlight == 0
        {
            free(index)
            forgotten.append(InstanceSlot(index: index))
        }
        return forgotten
    }

    private mutating func trustIfMoved(_ index: Int, to address: InstanceAddress) {
        guard slots[index].address != address else { return }
        slots[index].address = address
        if slots[index].suspectUntil != nil {
            slots[index].suspectUntil = nil
            suspects -= 1
        }
    }

    private mutating func free(_ index: Int) {
        slots[index].isUsed = false
        if slots[index].suspectUntil != nil {
            slots[index].suspectUntil = nil
            suspects -= 1
        }
    }
}
