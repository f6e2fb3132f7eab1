import RunaboutModel

/// Times at which something is looked at again, the earliest first.
///
/// Entries are never taken out early: whoever is looked at too soon says when to look next, so that moving a deadline
/// back costs nothing.
struct TimerHeap: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        let at: MonotonicTime
        let key: UInt64
    }

    private var entries: [Entry] = []

    var earliest: MonotonicTime? { entries.first?.at }
    var count: Int { entries.count }

    mutating func insert(_ key: UInt64, at time: MonotonicTime) {
        entries.append(Entry(at: time, key: key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].at < entries[parent].at else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest entry if its time has come.
    mutating func popDue(_ now: MonotonicTime) -> Entry? {
        guard let first = entries.first, first.at <= now else { return nil }
        let last = entries.removeLast()
        if entries.isEmpty { return first }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { return first }
            if child + 1 < entries.count, entries[child + 1].at < entries[child].at { child += 1 }
            guard entries[child].at < entries[parent].at else { return first }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
