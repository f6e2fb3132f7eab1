import DequeModule
package import RunaboutModel

/// Requests that wait for an instance, oldest first; any of them can be taken out at once.
///
/// A request taken out of the middle leaves its place behind; places are swept when they outnumber the requests.
package struct WaitingQueue: Equatable, Sendable {
    /// A request that waits.
    package struct Waiting: Equatable, Sendable {
        /// The caller's number of it.
        package let request: UInt64
        /// When it arrived.
        package let since: MonotonicTime
    }

    private struct Place: Equatable, Sendable {
        let ticket: UInt64
        let since: MonotonicTime
    }

    private var places = Deque<Place>()
    private var waiting: [UInt64: Waiting] = [:]
    private var nextTicket: UInt64 = 0

    /// Makes an empty queue.
    package init() {}

    /// Requests that wait.
    package var count: Int { waiting.count }
    /// Whether nobody waits.
    package var isEmpty: Bool { waiting.isEmpty }

    /// When the oldest request began to wait.
    package var oldest: MonotonicTime? {
        for place in places where waiting[place.ticket] != nil { return place.since }
        return nil
    }

    /// Puts a request behind all that have waited as long or longer.
    package mutating func insert(_ request: UInt64, since: MonotonicTime) -> QueueTicket {
        let ticket = nextTicket
        nextTicket += 1
        waiting[ticket] = Waiting(request: request, since: since)
        let place = Place(ticket: ticket, since: since)
        if let last = places.last, last.since > since {
            let index = places.firstIndex { $0.since > since } ?? places.endIndex
            places.insert(place, at: index)
        } else {
            places.append(place)
        }
        return QueueTicket(number: ticket)
    }

    /// Takes the oldest request.
    package mutating func popFirst() -> Waiting? {
        while let place = places.popFirst() {
            if let found = waiting.removeValue(forKey: place.ticket) { return found }
        }
        return nil
    }

    /// Takes out the oldest request if it has waited since this time or longer.
    package mutating func popFirst(since limit: MonotonicTime) -> Waiting? {
        guard let oldest, oldest <= limit else { return nil }
        return popFirst()
    }

    /// Takes out one request.
    ///
    /// False when it is not waiting.
    package mutating func remove(_ ticket: QueueTicket) -> Bool {
        guard waiting.removeValue(forKey: ticket.number) != nil else { return false }
        while let first = places.first, waiting[first.ticket] == nil { places.removeFirst() }
        if places.count > 2 * waiting.count + 32 {
            places.removeAll { waiting[$0.ticket] == nil }
        }
        return true
    }
}
