import Foundation
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// The wheel beside a naive list of deadlines.
@Suite struct TimerWheelTests {
    /// The wheel's step.
    private static let tick: Nanoseconds = 1 << 24

    @Test func whatIsArmedComesInTimeAndNotBefore() {
        let first = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        print("seeds \(first)...\(first + 49)")
        for seed in first..<first + 50 { check(seed) }
    }

    private func check(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var now: Nanoseconds = 7 * Self.tick + 11
        var wheel = TimerWheel(now: now)
        let channels = UnsafeMutablePointer<Channel>.allocate(capacity: 40)
        for index in 0..<40 { (channels + index).initialize(to: Channel(.mailbox, descriptor: 0)) }
        defer { channels.deallocate() }
        var deadlines: [Int: Nanoseconds] = [:]
        for _ in 0..<400 {
            let index = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let time = now + Nanoseconds.random(in: 1...200 * Self.tick, using: &random)
                wheel.arm(channels + index, at: time)
                deadlines[index] = min(deadlines[index] ?? .never, time)
            case 5:
                wheel.disarm(channels + index)
                deadlines[index] = nil
            default: now += Nanoseconds.random(in: 0...60 * Self.tick, using: &random)
            }
            while let channel = wheel.popDue(now) {
                let fired = channel - channels
                guard let deadline = deadlines.removeValue(forKey: fired) else {
                    Issue.record("seed \(seed): \(fired) came and was not armed")
                    return
                }
                #expect(deadline <= now, "seed \(seed): too early")
            }
            for (index, deadline) in deadlines {
                #expect(deadline + Self.tick > now, "seed \(seed): \(index) is late")
            }
            #expect(wheel.count == deadlines.count, "seed \(seed)")
            if let earliest = wheel.earliest, let next = deadlines.values.min() {
                #expect(earliest >= next && earliest - next <= Self.tick, "seed \(seed)")
            }
        }
    }

    @Test func whatIsDueBeyondTheWheelIsLookedAtOnTheWay() {
        var wheel = TimerWheel(now: 0)
        var channel = Channel(.mailbox, descriptor: 0)
        withUnsafeMutablePointer(to: &channel) { channel in
            wheel.arm(channel, at: 10_000 * Self.tick)
            #expect(wheel.popDue(4_094 * Self.tick) == nil)
            #expect(wheel.popDue(4_095 * Self.tick) == channel)
            #expect(wheel.count == 0 && wheel.earliest == nil)
        }
    }
}
