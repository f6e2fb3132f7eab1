import RunaboutModel
import Synchronization

/// Counts the open streams of events and logs, so that they can't take all of the daemon's memory.
public final class StreamBudget: Sendable {
    private let most: Int
    private let open = Mutex(0)
    private let onRelease: @Sendable () -> Void

    /// Allows `Limits.eventStreamsMax` streams at once.
    public convenience init() { self.init(most: Limits.eventStreamsMax) }

    /// Allows so many streams at once, and tells of each that has ended.
    package init(most: Int, onRelease: @escaping @Sendable () -> Void = {}) {
        self.most = most
        self.onRelease = onRelease
    }

    /// A place for one stream, given back when the lease is let go; nil when all are taken.
    func lease() -> StreamLease? {
        let isFree = open.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
        return isFree ? StreamLease(budget: self) : nil
    }

    fileprivate func giveBack() {
        open.withLock { $0 -= 1 }
        onRelease()
    }
}

/// One stream's place in the budget.
///
/// A class, so that the place is given back even when an answer is never written.
final class StreamLease: Sendable {
    private let budget: StreamBudget

    fileprivate init(budget: StreamBudget) { self.budget = budget }

    deinit { budget.giveBack() }
}
