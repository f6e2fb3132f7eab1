import RunaboutModel
import RunaboutRouting

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

/// Counters of one service on one loop, since they were last taken.
///
/// Belong to the loop's thread. A pointer, so that a request counts without reference counting; whoever made it frees it.
struct TrafficCounts {
    private let words: UnsafeMutablePointer<Int64>

    private enum Place {
        /// Goes up with every change.
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
        let words = UnsafeMutablePointer<Int64>.allocate(capacity: Place.count)
        words.initialize(repeating: 0, count: Place.count)
        return TrafficCounts(words: words)
    }

    /// Gives the memory back; nothing may use them any more.
    func free() { words.deallocate() }

    /// A request was accepted.
    @inline(__always)
    func countAccepted() {
        words[Place.changes] &+= 1
        words[Place.accepted] &+= 1
    }

    /// A request has ended.
    @inline(__always)
    func count(_ end: RequestEnd) {
        words[Place.changes] &+= 1
        words[Place.outcomes &+ Int(end.outcome.rawValue)] &+= 1
        words[Place.responses &+ Self.responseClass(end.status)] &+= 1
        words[Place.requestBytes] &+= end.requestBytes
        words[Place.responseBytes] &+= end.responseBytes
        words[Place.durationSum] &+= end.totalNanoseconds
        words[Place.queueSum] &+= end.queueNanoseconds
        words[Place.durations &+ LatencyHistogram.bucket(ofNanoseconds: end.totalNanoseconds)] &+= 1
        words[Place.queueWaits &+ LatencyHistogram.bucket(ofNanoseconds: end.queueNanoseconds)] &+= 1
    }

    /// What was counted since the last call; nil when nothing was.
    func take() -> ServiceTraffic? {
        guard words[Place.changes] != 0 else { return nil }
        defer { words.update(repeating: 0, count: Place.count) }
        var totals = LedgerTotals(
            accepted: words[Place.accepted],
            answered: words[Place.outcomes + Int(OutcomeCode.answered.rawValue)],
            clientGone: words[Place.outcomes + Int(OutcomeCode.clientGone.rawValue)])
        for code in PlatformErrorCode.allCases {
            let count = words[Place.outcomes + Int(OutcomeCode(code).rawValue)]
            if count != 0 { totals.platformErrors[code.rawValue] = count }
        }
        return ServiceTraffic(
            totals: totals,
            traffic: TrafficTotals(
                responses: ResponseClass.allCases.map { words[Place.responses + $0.rawValue] },
                requestBytes: words[Place.requestBytes],
                responseBytes: words[Place.responseBytes],
                duration: latency(Place.durations, sum: Place.durationSum),
                queueWait: latency(Place.queueWaits, sum: Place.queueSum)))
    }

    private func latency(_ first: Int, sum: Int) -> LatencyTotals {
        LatencyTotals(
            counts: (first..<first + LatencyHistogram.bucketCount).map { words[$0] }, sumNanoseconds: words[sum])
    }

    /// `ResponseClass.rawValue`, without a failable step.
    @inline(__always)
    private static func responseClass(_ status: Int) -> Int {
        status >= 100 && status < 600 ? status / 100 : 0
    }
}
