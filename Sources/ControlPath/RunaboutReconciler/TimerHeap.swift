import RunaboutModel

/// Deadlines by key, of which each key has at most one; gives those that are due.
///
/// A replaced deadline stays in the heap as a stale entry until it comes to the top or there are more stale entries than
/// live ones: then the heap is built anew, so that it never holds more than about twice the keys.
struct TimerHeap<Key: Hashable> {
    private struct Entry {
        let at: MonotonicTime
        let key: Key
    }

    private var entries: [Entry] = []
    private var deadlines: [Key: MonotonicTime] = [:]

    /// How many keys have a deadline.
    var count: Int { deadlines.count }

    /// The earliest deadline.
    var earliest: MonotonicTime? {
        mutating get {
            while let top = entries.first, deadlines[top.key] != top.at { removeTop() }
            return entries.first?.at
        }
    }

    /// Sets a key's deadline, or takes it away.
    mutating func set(_ key: Key, at deadline: MonotonicTime?) {
        guard deadlines[key] != deadline else { return }
        deadlines[key] = deadline
        guard let deadline else { return }
        if entries.count > 2 * deadlines.count + 64 { rebuild() }
        entries.append(Entry(at: deadline, key: key))
        siftUp(entries.count - 1)
    }

    /// Sets a key's deadline unless it has an earlier one.
    mutating func setEarlier(_ key: Key, at deadline: MonotonicTime) {
        if let present = deadlines[key], present <= deadline { return }
        set(key, at: deadline)
    }

    /// Takes out the keys whose deadline has come.
    mutating func popDue(_ now: MonotonicTime) -> [Key] {
        var due: [Key] = []
        while let top = entries.first, top.at <= now {
            removeTop()
            if deadlines[top.key] == top.at {
                deadlines[top.key] = nil
                due.append(top.key)
            }
        }
        return due
    }

    private mutating func rebuild() {
        entries = entries.filter { deadlines[$0.key] == $0.at }.sorted { $0.at < $1.at }
    }

    private mutating func removeTop() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].at < entries[least].at {
                least = child
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, entries[child].at < entries[(child - 1) / 2].at {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
}
