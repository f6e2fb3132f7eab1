public import RunaboutModel

/// The greatest load of a service within a span of time that slides along with the present.
///
/// Keeps only what can still become the greatest: loads that fall from the oldest to the newest, at most one for each of
/// `Limits.demandWindowParts` parts of the span. Observing costs O(1) amortised. A load that is seen holds until the next
/// is: 100 at 0 s and 0 at 50 s is 100 within 60 s up to 110 s.
public struct DemandWindow: Equatable, Sendable {
    private struct Entry: Equatable, Sendable {
        let load: Int
        let at: MonotonicTime
    }

    /// Falls in load and rises in time; those before `first` are out of the window.
    private var entries: [Entry] = []
    private var first = 0
    /// The newest load, which holds until the next; nil before the first.
    private var current: Int?

    /// Nothing seen.
    public init() {}

    /// Takes a load that was measured at a time, in requests, with the greatest since the one before.
    ///
    /// Times must not go back. `peak` below `load` counts as `load`.
    public mutating func observe(load: Int, peak: Int, at time: MonotonicTime, span: Duration) {
        if let current { keep(current, at: time, span: span) }
        keep(max(load, peak), at: time, span: span)
        current = load
        expire(at: time, span: span)
    }

    /// The greatest load of the span that ends at a time, in requests; 0 when nothing was seen.
    public func maximum(at time: MonotonicTime, span: Duration) -> Int {
        var index = first
        while index < entries.count, isOut(entries[index], at: time, span: span) { index += 1 }
        return max(current ?? 0, index < entries.count ? entries[index].load : 0)
    }

    /// When the maximum next falls if nothing else is seen; nil when it is the newest load already.
    public func nextFall(at time: MonotonicTime, span: Duration) -> MonotonicTime? {
        guard let current else { return nil }
        var index = first
        while index < entries.count, isOut(entries[index], at: time, span: span) { index += 1 }
        guard index < entries.count, entries[index].load > current else { return nil }
        return entries[index].at + span
    }

    /// How many loads are kept: bounded, whatever was observed.
    package var count: Int { entries.count - first }

    private func isOut(_ entry: Entry, at time: MonotonicTime, span: Duration) -> Bool { entry.at + span <= time }

    private mutating func keep(_ load: Int, at time: MonotonicTime, span: Duration) {
        while entries.count > first, let last = entries.last, last.load <= load { entries.removeLast() }
        // Loads of one part of the window are one entry: the greatest, at the newest time. It holds a part too long.
        if entries.count > first, let last = entries.last, let part = partStart(time, span: span), last.at >= part {
            entries[entries.count - 1] = Entry(load: last.load, at: time)
        } else {
            entries.append(Entry(load: load, at: time))
        }
    }

    private func partStart(_ time: MonotonicTime, span: Duration) -> MonotonicTime? {
        let part = span.wholeNanoseconds / Int64(Limits.demandWindowParts)
        guard part > 0 else { return nil }
        return MonotonicTime(nanoseconds: time.nanoseconds - time.nanoseconds % part)
    }

    private mutating func expire(at time: MonotonicTime, span: Duration) {
        while first < entries.count, isOut(entries[first], at: time, span: span) { first += 1 }
        if first > Limits.demandWindowParts {
            entries.removeFirst(first)
            first = 0
        }
    }
}
