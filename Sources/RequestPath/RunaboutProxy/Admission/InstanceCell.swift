import RunaboutModel
import Synchronization

/// One instance as all loops share it: how many requests it has, and whether it takes more, in one word.
///
/// Because both are one word, no loop can count a request at an instance that another has just closed, and none can go
/// over the limit.
final class InstanceCell: Sendable {
    /// What a release has found.
    struct Released {
        /// Whether that was the last request.
        let isEmpty: Bool
        /// Whether the instance takes no new ones.
        let isClosed: Bool
    }

    private static let count: UInt64 = 0xFFFF_FFFF
    private static let notReady: UInt64 = 1 << 32
    private static let suspect: UInt64 = 1 << 33

    let id: InstanceID
    /// The low half counts requests; the bits above say why the instance gets no new ones.
    private let word = Atomic<UInt64>(0)

    /// Its id as records hold it.
    let recordedID: RecordedID

    init(_ id: InstanceID) {
        self.id = id
        recordedID = RecordedID(id)
    }

    /// Requests at the instance; at least this many when it takes none, so that it is not chosen.
    var load: UInt64 { word.load(ordering: .sequentiallyConsistent) }

    /// Requests at the instance.
    var inFlight: Int { Int(word.load(ordering: .relaxed) & Self.count) }

    /// Counts a request if the instance takes it and has fewer than `limit`.
    func claim(limit: UInt64) -> Bool {
        var current = word.load(ordering: .relaxed)
        while current < limit {
            let (exchanged, original) = word.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            current = original
        }
        return false
    }

    /// A request has ended.
    func release() -> Released {
        let old = word.subtract(1, ordering: .sequentiallyConsistent).oldValue
        precondition(old & Self.count > 0, "\(id): no request that could end")
        return Released(isEmpty: old & Self.count == 1, isClosed: old & Self.notReady != 0)
    }

    /// Says whether new requests may come, which holds from the next claim on.
    func setReady(_ isReady: Bool) {
        if isReady {
            word.bitwiseAnd(~Self.notReady, ordering: .sequentiallyConsistent)
        } else {
            word.bitwiseOr(Self.notReady, ordering: .sequentiallyConsistent)
        }
    }

    /// Says whether the instance is left alone because no connection to it could be made.
    func setSuspect(_ isSuspect: Bool) {
        if isSuspect {
            word.bitwiseOr(Self.suspect, ordering: .sequentiallyConsistent)
        } else {
            word.bitwiseAnd(~Self.suspect, ordering: .sequentiallyConsistent)
        }
    }

    /// Whether it takes new requests, the limit aside.
    var isOpen: Bool { word.load(ordering: .relaxed) <= Self.count }
}
