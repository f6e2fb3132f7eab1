import CEpoll
import Foundation
import Glibc
import RunaboutModel
import RunaboutTestSupport
import Synchronization
import Testing

@testable import RunaboutProxy

@Suite struct AccessRingTests {
    private static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999)

    /// Runs the body with a ring whose writer is awake.
    private func withRing<Result>(
        _ capacity: Int, isAsleep: Bool = false, _ body: (AccessRing, Int32) throws -> Result,
    ) rethrows -> Result {
        let asleep = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: 1)
        asleep.initialize(to: Atomic(isAsleep))
        let wake = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        let ring = AccessRing.make(capacity: capacity, isAsleep: asleep, wake: wake)
        defer {
            ring.free()
            close(wake)
            asleep.deinitialize(count: 1)
            asleep.deallocate()
        }
        return try body(ring, wake)
    }

    private func takeAll(_ ring: AccessRing) -> [SampleRecord] {
        var taken: [SampleRecord] = []
        _ = ring.drain { record, texts, isCut in
            taken.append(SampleRecord(record, texts, isCut))
            return true
        }
        return taken
    }

    @Test func whatGoesInComesOutInOrderOrIsCounted() {
        var random = SeededGenerator(seed: Self.seed)
        withRing(4_096) { ring, _ in
            var expected: [SampleRecord] = []
            var dropped: UInt64 = 0
            for number in 0..<5_000 {
                let target = "/" + String(repeating: "x", count: Int.random(in: 0...700, using: &random))
                let before = ring.dropped
                let sample = SampleRecord(number, target: target)
                sample.append(to: ring)
                if ring.dropped == before { expected.append(sample) } else { dropped += 1 }
                if Int.random(in: 0..<12, using: &random) == 0 {
                    #expect(takeAll(ring) == expected, "seed \(Self.seed)")
                    expected = []
                }
            }
            #expect(takeAll(ring) == expected, "seed \(Self.seed)")
            #expect(ring.takeDropped() == dropped && dropped > 0)
            #expect(ring.takeDropped() == 0)
        }
    }

    @Test func aFullRingTakesAgainWhatFitsOnceItWasEmptied() {
        withRing(1_024) { ring, _ in
            while ring.dropped == 0 { SampleRecord().append(to: ring) }
            let held = takeAll(ring).count
            #expect(held > 1)
            for _ in 0..<held { SampleRecord().append(to: ring) }
            #expect(ring.dropped <= 2)
            #expect(takeAll(ring).count >= held - 1)
            #expect(takeAll(ring).isEmpty)
        }
    }

    @Test func theWriterCanStopBetweenTwoRecords() {
        withRing(4_096) { ring, _ in
            for number in 0..<3 { SampleRecord(number).append(to: ring) }
            var taken: [Int64] = []
            let foundAny = ring.drain { record, _, _ in
                taken.append(record.acceptedAt)
                return false
            }
            #expect(foundAny && taken == [0])
            #expect(takeAll(ring).map(\.acceptedAt) == [1, 2])
        }
    }

    @Test func textsAreCutToTheirLimits() {
        withRing(65_536) { ring, _ in
            var long = SampleRecord()
            long.method = String(repeating: "M", count: Limits.methodBytesMax + 1)
            long.host = String(repeating: "h", count: Limits.hostBytesMax + 1)
            long.target = String(repeating: "t", count: Limits.accessLogTargetBytesMax + 1)
            long.requestID = String(repeating: "r", count: Limits.requestIDBytesMax + 1)
            long.peer = String(repeating: "p", count: 47)
            long.append(to: ring)
            let taken = takeAll(ring)
            #expect(taken.count == 1)
            #expect(taken.first?.method.count == Limits.methodBytesMax)
            #expect(taken.first?.host.count == Limits.hostBytesMax)
            #expect(taken.first?.target.count == Limits.accessLogTargetBytesMax)
            #expect(taken.first?.requestID.count == Limits.requestIDBytesMax)
            #expect(taken.first?.peer.count == 46)
            #expect(taken.first?.isTargetCut == true)
        }
    }

    @Test func onlyASleepingWriterIsWokenAndOnlyOnce() {
        func wakes(_ descriptor: Int32) -> UInt64 {
            var count: UInt64 = 0
            return read(descriptor, &count, 8) == 8 ? count : 0
        }
        withRing(4_096, isAsleep: true) { ring, wake in
            for _ in 0..<3 { SampleRecord().append(to: ring) }
            #expect(wakes(wake) == 1)
        }
        withRing(4_096) { ring, wake in
            SampleRecord().append(to: ring)
            #expect(wakes(wake) == 0)
        }
    }

    @Test func oneThreadAppendsWhileAnotherTakes() async throws {
        let asleep = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: 1)
        asleep.initialize(to: Atomic(false))
        let ring = AccessRing.make(capacity: 16_384, isAsleep: asleep, wake: -1)
        let count = 100_000
        async let appending: Void = onThread {
            for number in 0..<count { SampleRecord(number, target: "/\(number)").append(to: ring) }
        }
        let (taken, isOrdered) = try await onThread {
            var taken = 0
            var last: Int64 = -1
            var isOrdered = true
            while taken + Int(ring.dropped) < count {
                _ = ring.drain { record, texts, _ in
                    isOrdered =
                        isOrdered && record.acceptedAt > last
                        && String(decoding: texts.target, as: UTF8.self) == "/\(record.acceptedAt)"
                    last = record.acceptedAt
                    taken += 1
                    return true
                }
            }
            return (taken, isOrdered)
        }
        try await appending
        #expect(isOrdered)
        #expect(taken + Int(ring.dropped) == count)
        #expect(taken > 0)
        ring.free()
        asleep.deinitialize(count: 1)
        asleep.deallocate()
    }
}
