import Foundation
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct OutcomeCodeTests {
    @Test func everyOutcomeHasItsOwnCodeAndName() {
        let outcomes =
            [RequestOutcome.answered(status: 200), .clientGone] + PlatformErrorCode.allCases.map { .platformError($0) }
        let codes = outcomes.map { OutcomeCode($0) }
        #expect(codes.map { Int($0.rawValue) } == Array(0..<OutcomeCode.count))
        #expect(codes.map(\.name) == ["answered", "clientGone"] + PlatformErrorCode.allCases.map(\.rawValue))
    }
}

@Suite struct LatencyHistogramTests {
    @Test func aTimeFallsIntoTheFirstBucketThatReachesIt() {
        let bounds = Limits.latencyBucketSeconds
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        #expect(LatencyHistogram.bucketCount == bounds.count + 1)
        for (index, seconds) in bounds.enumerated() {
            let nanoseconds = Int64(seconds * 1e9)
            #expect(LatencyHistogram.bucket(ofNanoseconds: nanoseconds) == index)
            #expect(LatencyHistogram.bucket(ofNanoseconds: nanoseconds + 1) == index + 1)
        }
        #expect(LatencyHistogram.bucket(ofNanoseconds: 0) == 0)
        #expect(LatencyHistogram.bucket(ofNanoseconds: -1) == 0)
        #expect(LatencyHistogram.bucket(ofNanoseconds: .max) == bounds.count)
    }
}

@Suite struct TrafficCountsTests {
    private static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999)

    private static func randomEnd(_ random: inout SeededGenerator) -> (RequestEnd, RequestOutcome) {
        let outcome: RequestOutcome =
            switch Int.random(in: 0..<3, using: &random) {
            case 0: .answered(status: 200)
            case 1: .clientGone
            default: .platformError(PlatformErrorCode.allCases.randomElement(using: &random) ?? .badRequest)
            }
        let total = Int64.random(in: 0...200_000_000_000, using: &random) >> Int64.random(in: 0...30, using: &random)
        let end = RequestEnd(
            outcome: OutcomeCode(outcome), status: [0, 101, 200, 302, 404, 503].randomElement(using: &random) ?? 0,
            requestBytes: .random(in: 0...1 << 40, using: &random),
            responseBytes: .random(in: 0...1 << 40, using: &random),
            totalNanoseconds: total, queueNanoseconds: total / 2)
        return (end, outcome)
    }

    @Test func theyCountWhatANaiveListCounts() {
        var random = SeededGenerator(seed: Self.seed)
        let counts = TrafficCounts.make()
        defer { counts.free() }
        var totals = LedgerTotals()
        var traffic = TrafficTotals(responses: Array(repeating: 0, count: 6))
        var durations = Array(repeating: Int64(0), count: LatencyHistogram.bucketCount)
        var waits = durations
        for _ in 0..<2_000 {
            let (end, outcome) = Self.randomEnd(&random)
            counts.countAccepted()
            counts.count(end)
            totals.accepted += 1
            switch outcome {
            case .answered: totals.answered += 1
            case .clientGone: totals.clientGone += 1
            case .platformError(let code): totals.platformErrors[code.rawValue, default: 0] += 1
            }
            traffic.responses[end.status / 100] += 1
            traffic.requestBytes += end.requestBytes
            traffic.responseBytes += end.responseBytes
            traffic.duration.sumNanoseconds += end.totalNanoseconds
            traffic.queueWait.sumNanoseconds += end.queueNanoseconds
            func bucket(_ time: Int64) -> Int {
                Limits.latencyBucketSeconds.count { $0 * 1e9 < Double(time) }
            }
            durations[bucket(end.totalNanoseconds)] += 1
            waits[bucket(end.queueNanoseconds)] += 1
        }
        traffic.duration.counts = durations
        traffic.queueWait.counts = waits
        #expect(counts.take() == ServiceTraffic(totals: totals, traffic: traffic), "seed \(Self.seed)")
        // What was taken is not told again.
        #expect(counts.take() == nil)
        counts.countAccepted()
        #expect(counts.take()?.totals == LedgerTotals(accepted: 1))
    }

    @Test func statusesThatAreNoneCountAsNoAnswer() {
        let counts = TrafficCounts.make()
        defer { counts.free() }
        for status in [-5, 0, 99, 600, 65_535] {
            counts.count(
                RequestEnd(
                    outcome: .clientGone, status: status, requestBytes: 0, responseBytes: 0, totalNanoseconds: 1,
                    queueNanoseconds: 1))
        }
        #expect(counts.take()?.traffic.responses == [5, 0, 0, 0, 0, 0])
    }
}
