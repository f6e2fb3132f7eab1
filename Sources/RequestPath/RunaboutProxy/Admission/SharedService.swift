import RunaboutModel
import RunaboutRouting
import Synchronization

/// An instance that a route lists, with the word that counts its requests.
struct ListedInstance: Sendable {
    let cell: InstanceCell
    let address: InstanceAddress
    let state: RouteInstanceState
}

/// A waiting request that goes to an instance, where it is counted already.
struct SharedDispatch: Sendable {
    let service: SharedService
    let request: UInt64
    let instance: ListedInstance
}

/// What to do with a request that could not be admitted at once.
enum SharedArrival: Sendable {
    case admit(ListedInstance)
    case queue(QueueTicket, DemandEdge)
    case refuse(PlatformErrorCode)
}

/// What a change leads to for requests that wait, on whichever loop they are.
struct Settlement: Sendable {
    var dispatched: [SharedDispatch] = []
    var refused: [Refusal] = []
    var drained: [DrainedInstance] = []
}

/// The admission of one service, shared by all loops.
///
/// It decides as ``ServiceAdmission`` does, which is its model and is compared with it by a test. While an instance has
/// room and nobody waits, a request costs two atomic operations and no lock. Who finds no room takes the lock, announces
/// itself in ``waiting`` and looks once more; who ends a request gives its place free first and then looks at ``waiting``.
/// One of the two sees the other, so nobody waits while there is room.
final class SharedService: Sendable {
    private struct Suspect {
        let cell: InstanceCell
        let until: MonotonicTime
    }

    private struct State {
        var generation = Int64.min
        var limit: UInt64 = 0
        var queueLengthMax = 0
        var queueWait = Duration.zero
        var availability = RouteAvailability.serving
        var listed: [ListedInstance] = []
        /// Instances that are not listed any more and still had requests then: one that comes back has them still.
        var leaving: [ListedInstance] = []
        var suspects: [Suspect] = []
        var queue = WaitingQueue()
    }

    let id: ServiceID
    /// Its id as records hold it.
    let recordedID: RecordedID
    /// Names it to the loops.
    let number: UInt64
    private let state = Mutex(State())
    /// Requests that wait, or are about to.
    private let waiting = Atomic<Int>(0)
    private let inFlight = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)
    private let accepted = Atomic<Int64>(0)

    init(_ id: ServiceID, number: UInt64) {
        self.id = id
        recordedID = RecordedID(id)
        self.number = number
    }

    /// Whether a request that arrives now has to stand behind others.
    var hasWaiting: Bool { waiting.load(ordering: .sequentiallyConsistent) > 0 }
    /// Requests at instances.
    var inFlightCount: Int { inFlight.load(ordering: .relaxed) }

    /// Requests have arrived.
    func countAccepted(_ count: Int64) { accepted.add(count, ordering: .relaxed) }

    /// A request was counted at an instance.
    func noteClaim() {
        let total = inFlight.add(1, ordering: .sequentiallyConsistent).newValue
        notePeak(total + waiting.load(ordering: .relaxed))
    }

    /// A request has left its instance; true when ``settle(after:)`` has something to look at.
    func release(_ cell: InstanceCell) -> Bool {
        let released = cell.release()
        inFlight.subtract(1, ordering: .sequentiallyConsistent)
        return hasWaiting || (released.isEmpty && released.isClosed)
    }

    /// Gives the place that became free at an instance to whoever waits longest, and says whether the instance is
    /// drained.
    func settle(after cell: InstanceCell) -> Settlement {
        state.withLock { state in
            var settlement = Settlement()
            dispatch(&state, into: &settlement)
            let isDraining = state.listed.contains { $0.cell === cell && $0.state == .draining }
            if isDraining, cell.inFlight == 0 {
                settlement.drained.append(DrainedInstance(id: cell.id, generation: state.generation))
            }
            return settlement
        }
    }

    /// Decides about a request for which no instance had room, or before which others wait.
    ///
    /// `since` is when it arrived. `isNew` is false for one that stood in the queue before: it is not refused for want
    /// of room in it.
    func arrive(_ request: UInt64, since: MonotonicTime, isNew: Bool) -> SharedArrival {
        state.withLock { state in
            if state.availability == .paused { return .refuse(.servicePaused) }
            waiting.add(1, ordering: .sequentiallyConsistent)
            if state.queue.isEmpty, let instance = claim(state) {
                waiting.subtract(1, ordering: .sequentiallyConsistent)
                noteClaim()
                return .admit(instance)
            }
            var refusal: PlatformErrorCode?
            if case .failing = state.availability {
                refusal = .serviceFailing
            } else if isNew, state.queue.count >= state.queueLengthMax {
                refusal = .queueFull
            }
            if let refusal {
                waiting.subtract(1, ordering: .sequentiallyConsistent)
                return .refuse(refusal)
            }
            let servesNow = state.listed.contains { $0.cell.isOpen }
            let edge: DemandEdge = !state.queue.isEmpty ? .none : servesNow ? .whileServing : .withoutInstance
            let ticket = state.queue.insert(request, since: since)
            notePeak(inFlight.load(ordering: .relaxed) + state.queue.count)
            return .queue(ticket, edge)
        }
    }

    /// No connection to an instance could be made: it gets nothing for `Limits.suspectPause`.
    func suspect(_ cell: InstanceCell, now: MonotonicTime) {
        state.withLock { state in
            state.suspects.removeAll { $0.cell === cell }
            state.suspects.append(Suspect(cell: cell, until: now + Limits.suspectPause))
            cell.setSuspect(true)
        }
    }

    /// How long a request may wait.
    var queueWait: Duration { state.withLock { $0.queueWait } }

    /// The client of a waiting request has left.
    ///
    /// False when the request is not waiting any more: it was dispatched or refused, and its loop will hear of it.
    func leave(_ ticket: QueueTicket) -> Bool {
        state.withLock { state in
            guard state.queue.remove(ticket) else { return false }
            waiting.subtract(1, ordering: .sequentiallyConsistent)
            return true
        }
    }

    /// When ``expire(now:)`` has something to do next.
    var nextDeadline: MonotonicTime? {
        state.withLock { state in
            guard let oldest = state.queue.oldest else { return nil }
            return state.suspects.reduce(oldest + state.queueWait) { min($0, $1.until) }
        }
    }

    /// Refuses those that have waited too long and trusts suspects again whose pause is over.
    func expire(now: MonotonicTime) -> Settlement {
        state.withLock { state in
            var settlement = Settlement()
            while let waiting = state.queue.popFirst(since: now - state.queueWait) {
                refuse(waiting, .queueTimeout, into: &settlement)
            }
            trustAgain(&state, now)
            dispatch(&state, into: &settlement)
            return settlement
        }
    }

    /// Takes a route; nil when it is older than the one in force.
    func change(_ route: ServiceRoute, isSnapshot: Bool) -> (instances: [ListedInstance], settlement: Settlement)? {
        state.withLock { state in
            guard route.generation > state.generation || isSnapshot else { return nil }
            let isNews = route.generation != state.generation
            state.generation = route.generation
            state.limit = UInt64(max(0, route.maxConcurrency))
            state.queueLengthMax = route.queueLengthMax
            state.queueWait = .milliseconds(route.queueWaitMilliseconds)
            state.availability = route.availability
            list(route.instances, &state)
            var settlement = Settlement()
            if isNews { settlement.drained = drained(state) }
            dispatch(&state, into: &settlement)
            switch state.availability {
            case .serving: break
            case .paused: refuseAll(&state, .servicePaused, into: &settlement)
            case .failing: refuseAll(&state, .serviceFailing, into: &settlement)
            }
            return (state.listed, settlement)
        }
    }

    /// The service is gone: who waits is refused, who runs may end.
    func withdraw() -> Settlement {
        state.withLock { state in
            var settlement = Settlement()
            list([], &state)
            state.availability = .serving
            state.limit = 0
            refuseAll(&state, .noSuchHost, into: &settlement)
            return settlement
        }
    }

    /// Draining instances that have no request left.
    func drainedInstances() -> [DrainedInstance] { state.withLock { drained($0) } }

    /// What the service has to do now, with the peak since the last call.
    func takeDemand() -> ServiceDemand {
        state.withLock { state in
            let running = inFlight.load(ordering: .relaxed)
            let queued = state.queue.count
            let highest = peak.exchange(running + queued, ordering: .relaxed)
            return ServiceDemand(
                service: id, generation: state.generation, inFlight: running, queued: queued,
                peak: max(highest, running + queued), accepted: accepted.load(ordering: .relaxed),
                instances: state.listed.map { InstanceDemand(id: $0.cell.id, inFlight: $0.cell.inFlight) })
        }
    }
}

/// Under the lock.
extension SharedService {
    private func notePeak(_ total: Int) {
        var known = peak.load(ordering: .relaxed)
        while total > known {
            let (exchanged, original) = peak.weakCompareExchange(
                expected: known, desired: total, ordering: .relaxed)
            if exchanged { return }
            known = original
        }
    }

    /// Counts a request at the instance with the fewest, the earlier of two equals; for small limits at the first with
    /// room.
    private func claim(_ state: State) -> ListedInstance? {
        while true {
            var best: ListedInstance?
            var fewest = state.limit
            for instance in state.listed {
                let load = instance.cell.load
                guard load < fewest else { continue }
                best = instance
                fewest = load
                if state.limit <= UInt64(Limits.firstAvailableConcurrencyMax) { break }
            }
            guard let best else { return nil }
            // Another loop may have been faster; then the loads have changed.
            if best.cell.claim(limit: state.limit) { return best }
        }
    }

    private func dispatch(_ state: inout State, into settlement: inout Settlement) {
        while !state.queue.isEmpty, let instance = claim(state), let waiting = state.queue.popFirst() {
            self.waiting.subtract(1, ordering: .sequentiallyConsistent)
            noteClaim()
            settlement.dispatched.append(SharedDispatch(service: self, request: waiting.request, instance: instance))
        }
    }

    private func refuse(
        _ waiting: WaitingQueue.Waiting, _ code: PlatformErrorCode, into settlement: inout Settlement,
    ) {
        self.waiting.subtract(1, ordering: .sequentiallyConsistent)
        settlement.refused.append(Refusal(request: waiting.request, code: code))
    }

    private func refuseAll(_ state: inout State, _ code: PlatformErrorCode, into settlement: inout Settlement) {
        while let waiting = state.queue.popFirst() { refuse(waiting, code, into: &settlement) }
    }

    private func trustAgain(_ state: inout State, _ now: MonotonicTime) {
        for suspect in state.suspects where suspect.until <= now { suspect.cell.setSuspect(false) }
        state.suspects.removeAll { $0.until <= now }
    }

    private func drained(_ state: State) -> [DrainedInstance] {
        state.listed.filter { $0.state == .draining && $0.cell.inFlight == 0 }
            .map { DrainedInstance(id: $0.cell.id, generation: state.generation) }
    }

    /// Brings the cells in line with a route.
    private func list(_ instances: [RouteInstance], _ state: inout State) {
        var known: [InstanceID: ListedInstance] = [:]
        for instance in state.leaving where instance.cell.inFlight > 0 { known[instance.cell.id] = instance }
        for instance in state.listed { known[instance.cell.id] = instance }
        var listed: [ListedInstance] = []
        for instance in instances where !listed.contains(where: { $0.cell.id == instance.id }) {
            let old = known.removeValue(forKey: instance.id)
            let cell = old?.cell ?? InstanceCell(instance.id)
            if let old, old.address != instance.address { trust(old.cell, &state) }
            cell.setReady(instance.state == .ready)
            listed.append(ListedInstance(cell: cell, address: instance.address, state: instance.state))
        }
        for gone in known.values {
            gone.cell.setReady(false)
            if gone.cell.inFlight == 0 { trust(gone.cell, &state) }
        }
        state.listed = listed
        state.leaving = known.values.filter { $0.cell.inFlight > 0 }
    }

    private func trust(_ cell: InstanceCell, _ state: inout State) {
        cell.setSuspect(false)
        state.suspects.removeAll { $0.cell === cell }
    }
}
