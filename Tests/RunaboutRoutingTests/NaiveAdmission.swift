import RunaboutModel
import RunaboutRouting

/// The admission rules written down once more with plain lists and no care for speed, to compare with the real machine.
struct NaiveAdmission {
    struct Known {
        var id: InstanceID
        var state: RouteInstanceState?
        var suspectUntil: MonotonicTime?
    }

    var route: ServiceRoute?
    var instances: [Known] = []
    /// Which instance each request is at.
    var running: [UInt64: InstanceID] = [:]
    var waiting: [(request: UInt64, since: MonotonicTime)] = []

    func inFlight(_ id: InstanceID) -> Int { running.values.count { $0 == id } }

    /// The instance that a request would get now.
    func choice() -> InstanceID? {
        guard let route else { return nil }
        let free = instances.filter {
            $0.state == .ready && $0.suspectUntil == nil && inFlight($0.id) < route.maxConcurrency
        }
        if route.maxConcurrency <= 3 { return free.first?.id }
        return free.min { inFlight($0.id) < inFlight($1.id) }?.id
    }

    /// What a new request meets: the instance, an error, or nil for the queue.
    enum Answer: Equatable {
        case instance(InstanceID)
        case refused(PlatformErrorCode)
        case queued
    }

    mutating func arrive(_ request: UInt64, since: MonotonicTime, isNew: Bool = true) -> Answer {
        guard let route else { return .refused(.queueFull) }
        if route.availability == .paused { return .refused(.servicePaused) }
        if waiting.isEmpty, let choice = choice() {
            running[request] = choice
            return .instance(choice)
        }
        if route.availability != .serving { return .refused(.serviceFailing) }
        if isNew, waiting.count >= route.queueLengthMax { return .refused(.queueFull) }
        let index = waiting.firstIndex { $0.since > since } ?? waiting.count
        waiting.insert((request, since), at: index)
        return .queued
    }

    /// Gives free places to those that wait; the pairs in order.
    mutating func dispatch() -> [(UInt64, InstanceID)] {
        var result: [(UInt64, InstanceID)] = []
        while !waiting.isEmpty, let choice = choice() {
            let request = waiting.removeFirst().request
            running[request] = choice
            result.append((request, choice))
        }
        return result
    }

    mutating func finish(_ request: UInt64) -> [(UInt64, InstanceID)] {
        running[request] = nil
        forget()
        return dispatch()
    }

    mutating func suspect(_ request: UInt64, until: MonotonicTime) {
        guard let id = running.removeValue(forKey: request) else { return }
        for index in instances.indices where instances[index].id == id { instances[index].suspectUntil = until }
        forget()
    }

    mutating func change(_ new: ServiceRoute) -> (dispatched: [(UInt64, InstanceID)], refused: Set<UInt64>) {
        route = new
        var next = new.instances.map { listed in
            Known(
                id: listed.id, state: listed.state,
                suspectUntil: instances.first { $0.id == listed.id }?.suspectUntil)
        }
        for old in instances where !next.contains(where: { $0.id == old.id }) {
            next.append(Known(id: old.id, state: nil, suspectUntil: old.suspectUntil))
        }
        instances = next
        forget()
        let dispatched = dispatch()
        guard new.availability != .serving else { return (dispatched, []) }
        let refused = Set(waiting.map(\.request))
        waiting = []
        return (dispatched, refused)
    }

    mutating func expire(now: MonotonicTime) -> (dispatched: [(UInt64, InstanceID)], refused: [UInt64]) {
        guard let route else { return ([], []) }
        let limit = now - .milliseconds(route.queueWaitMilliseconds)
        let refused = waiting.filter { $0.since <= limit }.map(\.request)
        waiting.removeAll { $0.since <= limit }
        for index in instances.indices {
            if let end = instances[index].suspectUntil, end <= now { instances[index].suspectUntil = nil }
        }
        return (dispatch(), refused)
    }

    private mutating func forget() {
        instances = instances.filter { $0.state != nil || inFlight($0.id) > 0 }
    }
}
