import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

@Suite struct PlannerFreezingTests {
    /// A service whose only instance is frozen.
    func frozen() throws -> Timeline {
        var service = try Timeline.running()
        service.report(inFlight: 0)
        try service.pass(.seconds(10))
        try service.settle()
        service.drainAll()
        try service.settle()
        #expect(service.states == [.frozen])
        return service
    }

    @Test func anIdleInstanceLeavesTheRouteDrainsAndThenFreezes() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.report(inFlight: 0)
        try service.pass(.seconds(9))
        #expect(service.routedReady == [id])
        try service.pass(.seconds(2))
        #expect(service.route?.instances.map(\.state) == [.draining])
        #expect(service.states == [.ready])
        service.drainAll()
        let steps = try service.settle()
        #expect(steps.contains(.freeze(id)))
        #expect(steps.contains(.setInstanceState(id, .frozen, reason: nil)))
        #expect(service.route?.instances == [])
    }

    @Test func aFrozenServiceAsksForNothingEver() throws {
        var service = try frozen()
        let steps = try service.pass(.seconds(100_000))
        #expect(steps.isEmpty)
        #expect(service.wakeAt == nil)
    }

    @Test func aWaitingRequestThawsThenPublishesThenWrites() throws {
        var service = try frozen()
        let id = service.instances[0]
        service.report(inFlight: 0, queued: 1)
        let steps = try service.plan()
        #expect(steps.count == 3)
        #expect(steps.first == .thaw(id))
        guard case .publish(let route) = steps[1] else {
            Issue.record("the route comes second: \(steps)")
            return
        }
        #expect(route.instances.map(\.id) == [id])
        #expect(steps.last == .setInstanceState(id, .ready, reason: nil))
    }

    @Test func onlyAsManyThawAsTheRequestsNeed() throws {
        var service = try Timeline.running(min: 3)
        service.report(inFlight: 0)
        try service.pass(.seconds(11))
        service.drainAll()
        try service.settle()
        #expect(service.count(.frozen) == 3)
        service.report(inFlight: 0, queued: 31)
        try service.settle()
        #expect(service.count(.ready) == 2)
        #expect(service.count(.frozen) == 1)
        #expect(service.rows.count == 3)
    }

    @Test func aRequestThatComesWhileFreezingStopsIt() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.report(inFlight: 0)
        try service.pass(.seconds(11))
        #expect(service.routedReady == [])
        service.report(inFlight: 0, queued: 1)
        try service.settle()
        #expect(service.routedReady == [id])
        #expect(service.states == [.ready])
    }

    @Test func whatCannotBeFrozenServesOnAndIsTriedAgainLater() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.canFreeze = false
        service.report(inFlight: 0)
        try service.pass(.seconds(11))
        service.drainAll()
        try service.settle()
        #expect(service.routedReady == [])
        try service.pass(Limits.effectRetryInterval + .seconds(1))
        #expect(service.routedReady == [id])
        let steps = try service.pass(Limits.idleBeforeFreeze - .seconds(3))
        #expect(!steps.contains(.freeze(id)))
    }

    @Test func noFreezeWhileAProbeIsUnderWay() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        try service.pass(.seconds(1))
        service.report(inFlight: 0)
        try service.pass(.seconds(8))
        // The probe at 10 s does not report; at 11 s the service has been idle for long enough.
        try service.pass(.seconds(3), probesPass: false)
        #expect(service.probing == [id])
        service.drainAll()
        let steps11 = try service.settle()
        #expect(!steps11.contains(.freeze(id)))
        service.report(.passed)
        let steps12 = try service.settle()
        #expect(steps12.contains(.freeze(id)))
    }

    @Test func aFrozenInstanceThatDiesIsReplaced() throws {
        var service = try frozen()
        service.exit(service.instances[0], status: 137)
        try service.settle()
        #expect(service.rows.isEmpty)
        try service.pass(.seconds(1))
        try service.settle()
        #expect(service.states == [.creating])
    }

    @Test func pausingAFrozenServiceStopsWithoutDraining() throws {
        var service = try frozen()
        let id = service.instances[0]
        service.begin(.pauseService)
        service.service.desired = .paused
        let steps = try service.settle()
        #expect(steps.contains(.stop(id, graceSeconds: 10)))
        #expect(service.service.status == .paused)
    }

    @Test func activityBetweenTwoReportsThatLookTheSameKeepsItAwake() throws {
        var service = try Timeline.running()
        service.report(inFlight: 0)
        for _ in 0..<10 {
            try service.pass(.seconds(5))
            // One request came and went.
            service.report(inFlight: 1)
            service.report(inFlight: 0)
        }
        #expect(service.states == [.ready])
        #expect(service.routedReady.count == 1)
    }
}
