import RunaboutHealth
import RunaboutModel
import Testing

@Suite struct HealthStateTests {
    let start = MonotonicTime(nanoseconds: 0)
    let check = HealthCheckConfiguration()

    /// Takes the probe that is due and records how it ended, right away.
    func probe(_ health: inout HealthState, _ result: ProbeResult, at now: MonotonicTime) {
        let isTaken = health.takeProbe(at: now, check)
        #expect(isTaken)
        health.record(result, at: now, check)
    }

    @Test func aStartIsProbedAtOnceThenAfter20msDoublingTo250ms() {
        var health = HealthState(startingAt: start)
        var now = start
        var waits: [Int64] = []
        for _ in 0..<7 {
            probe(&health, .failed("connection refused"), at: now)
            waits.append((health.due(check) - now).wholeMilliseconds)
            now = health.due(check)
        }
        #expect(waits == [20, 40, 80, 160, 250, 250, 250])
        #expect(health.verdict == .starting)
        #expect(health.lastFailure == "connection refused")
    }

    @Test func onePassMakesItHealthyAndThenTheIntervalHolds() {
        var health = HealthState(startingAt: start)
        probe(&health, .passed, at: start)
        #expect(health.verdict == .healthy)
        #expect(health.due(check) == start + .seconds(5))
        let isEarly = health.takeProbe(at: start + .seconds(4), check)
        #expect(!isEarly)
    }

    @Test func asManyPassesInARowAsTheThresholdSays() {
        var strict = check
        strict.healthyThreshold = 3
        var health = HealthState(startingAt: start)
        for result in [ProbeResult.passed, .passed, .failed("status 500"), .passed, .passed] {
            health.record(result, at: start, strict)
            #expect(health.verdict == .starting)
        }
        health.record(.passed, at: start, strict)
        #expect(health.verdict == .healthy)
    }

    @Test func fiveFailuresInARowMakeItUnhealthyAndAPassBetweenStartsTheCountAnew() {
        var health = HealthState(healthyAt: start)
        for _ in 0..<4 { health.record(.failed("no answer within 2 s"), at: start, check) }
        health.record(.passed, at: start, check)
        for _ in 0..<4 { health.record(.failed("no answer within 2 s"), at: start, check) }
        #expect(health.verdict == .healthy)
        health.record(.failed("no answer within 2 s"), at: start, check)
        #expect(health.verdict == .unhealthy)
    }

    @Test func oneProbeAtATimeAndALostOneIsMadeAgain() {
        var health = HealthState(startingAt: start)
        let isFirst = health.takeProbe(at: start, check)
        #expect(isFirst)
        #expect(health.isAwaitingReport)
        let lostAt = start + .seconds(2) + Limits.probeReportGrace
        let isBeforeLoss = health.takeProbe(at: lostAt - .milliseconds(1), check)
        #expect(!isBeforeLoss)
        let isAgain = health.takeProbe(at: lostAt, check)
        #expect(isAgain)
        #expect(health.verdict == .starting)
    }

    @Test func aFreezeIsNoFailure() {
        var health = HealthState(healthyAt: start)
        for _ in 0..<4 { health.record(.failed("no answer within 2 s"), at: start, check) }
        health.resume(at: start + .seconds(100), check)
        health.record(.failed("no answer within 2 s"), at: start + .seconds(105), check)
        #expect(health.verdict == .healthy)
        #expect(health.due(check) == start + .seconds(110))
    }

    @Test func aShortIntervalIsNotExceededWhileStarting() {
        var quick = check
        quick.intervalSeconds = 1
        var health = HealthState(startingAt: start)
        for _ in 0..<20 { health.record(.failed("connection refused"), at: start, quick) }
        #expect(health.due(quick) <= start + .seconds(1))
    }
}
