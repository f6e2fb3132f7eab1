import RunaboutModel
import RunaboutRouting
import Synchronization

/// What of a request that has ended is counted.
struct RequestEnd {
    var outcome: OutcomeCode
    /// Of the answer's head that went to the client; 0 when none did.
    var status: Int
    /// Bytes that came from the client for it, the head included.
    var requestBytes: Int64
    /// Bytes that went to the client for it, the head included.
    var responseBytes: Int64
    /// From acceptance to the end.
    var totalNanoseconds: Int64
    /// From acceptance until it was sent to an instance, or to the end without that.
    var queueNanoseconds: Int64
}

/// Counters of one service on one loop: the loop's thread writes, any thread reads.
///
/// One thread writes, so a counter goes up by a plain load and a plain store; being atomic only makes reading it from
/// another thread defined, and costs no locked instruction. A pointer, so that a request counts without reference
/// counting; whoever made it frees it, once its loop has ended.
struct TrafficCounts: @unchecked Sendable {
    // Every word is atomic, and the pointer itself never changes.
    private let words: UnsafeMutablePointer<Atomic<Int64>>

    private enum Place {
        /// Goes up last with every change, so that who has read it sees all that it stands for.
        static let changes = 0
        static let accepted = 1
        static let requestBytes = 2
        static let responseBytes = 3
        static let durationSum = 4
        static let queueSum = 5
        static let responses = 6
        static let outcomes = 12
        static let durations = outcomes + OutcomeCode.count
        static let queueWaits = durations + LatencyHistogram.bucketCount
        static let count = queueWaits + LatencyHistogram.bucketCount
    }

    /// Makes counters that are 0.
    static func make() -> TrafficCounts {
        let words = UnsafeMutablePointer<Atomic<Int64>>.allocate(capacity: Place.count)
        for index in 0..<Place.count { (words + index).initialize(to: Atomic(0)) }
        return TrafficCounts(words: words)
    }

    private init(words: UnsafeMutablePointer<Atomic<Int64>>) { self.words = words }

    /// Gives the memory back; nothing may use them any more.
    func free() {
        words.deinitialize(count: Place.count)
        words.deallocate()
    }

    /// A request was accepted.
    @inline(__always)
    func countAccepted() {
        add(1, at: Place.accepted)
        publish()
    }

    /// A request has ended.
    @inline(__always)
    func count(_ end: RequestEnd) {
        add(1, at: Place.outcomes &+ Int(end.outcome.rawValue))
        add(1, at: Place.responses &+ Self.responseClass(end.status))
        add(end.requestBytes, at: Place.requestBytes)
        add(end.responseBytes, at: Place.responseBytes)
        add(end.totalNanoseconds, at: Place.durationSum)
        add(end.queueNanoseconds, at: Place.queueSum)
        add(1, at: Place.durations &+ LatencyHistogram.bucket(ofNanoseconds: end.totalNanoseconds))
        add(1, at: Place.queueWaits &+ LatencyHistogram.bucket(ofNanoseconds: end.queueNanoseconds))
        publish()
    }

    /// Goes up with every request that is accepted or ends.
    var changes: Int64 { words[Place.changes].load(ordering: .acquiring) }

    /// Adds how requests ended to totals.
    func add(to totals: inout LedgerTotals) {
        _ = changes
        totals.accepted &+= value(Place.accepted)
        totals.answered &+= value(Place.outcomes + Int(OutcomeCode.answered.rawValue))
        totals.clientGone &+= value(Place.outcomes + Int(OutcomeCode.clientGone.rawValue))
        for code in PlatformErrorCode.allCases {
            let count = value(Place.outcomes + Int(OutcomeCode(code).rawValue))
            if count != 0 { totals.platformErrors[code.rawValue, default: 0] &+= count }
        }
    }

    /// Adds what the requests were to totals.
    func add(to totals: inout TrafficTotals) {
        _ = changes
        totals += TrafficTotals(
            responses: ResponseClass.allCases.map { value(Place.responses + $0.rawValue) },
            requestBytes: value(Place.requestBytes),
            responseBytes: value(Place.responseBytes),
            duration: latency(Place.durations, sum: Place.durationSum),
            queueWait: latency(Place.queueWaits, sum: Place.queueSum))
    }

    private func latency(_ first: Int, sum: Int) -> LatencyTotals {
        LatencyTotals(
            counts: (first..<first + LatencyHistogram.bucketCount).map { value($0) }, sumNanoseconds: value(sum))
    }

    private func value(_ place: Int) -> Int64 { words[place].load(ordering: .relaxed) }

    @inline(__always)
    private func add(_ amount: Int64, at place: Int) {
        words[place].store(words[place].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @inline(__always)
    private func publish() {
        let changes = words[Place.changes].load(ordering: .relaxed)
        words[Place.changes].store(changes &+ 1, ordering: .releasing)
    }

    /// `ResponseClass.rawValue`, without a division by a variable or a failable step.
    @inline(__always)
    private static func responseClass(_ status: Int) -> Int {
        status >= 100 && status < 600 ? status / 100 : 0
    }
}
