import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

@Suite struct PlannerScalingTests {
    @Test func hundredRequestsAtThirtyStartThreeMoreInOnePlan() throws {
        var service = try Timeline.running()
        service.report(inFlight: 30, queued: 70, peak: 100)
        let steps = try service.plan()
        #expect(steps.count { if case .startInstance = $0 { true } else { false } } == 3)
        #expect(service.decision?.wanted == 4)
        #expect(service.decision?.rule == .up)
        // The starts are under way: asking again starts nothing more.
        let again = try service.plan()
        #expect(!again.contains { if case .startInstance = $0 { true } else { false } })
        try service.startAndPass()
        #expect(service.routedReady.count == 4)
    }

    @Test func fewerInstancesOnlyAfterAWholeWindowAndHalfAtATime() throws {
        var service = try Timeline.running(max: 8)
        service.report(inFlight: 30, queued: 210)
        try service.settle()
        try service.startAndPass()
        #expect(service.count(.ready) == 8)
        // The burst ends after 30 s: it counts for 60 s more.
        try service.pass(.seconds(30))
        service.report(inFlight: 1)
        try service.pass(.seconds(59))
        #expect(service.count(.ready) == 8)
        #expect(service.decision?.rule == .held)
        // 8 → 4 → 2 → 1, a step each 5 s.
        try service.pass(.seconds(2))
        #expect(service.count(.ready) == 4)
        #expect(service.count(.draining) == 4)
        service.drainAll()
        try service.pass(.seconds(5))
        #expect(service.count(.ready) == 2)
        service.drainAll()
        try service.pass(.seconds(5))
        service.drainAll()
        try service.pass(.seconds(20))
        #expect(service.states == [.ready])
    }

    @Test func victimsAreThoseWithTheFewestRequests() throws {
        var service = try Timeline.running()
        service.report(inFlight: 30, queued: 30)
        try service.settle()
        try service.startAndPass()
        let (old, new) = (service.instances[0], service.instances[1])
        // The newer one goes when both are equal; here the older one has less to do.
        service.report(inFlight: 5, each: [old: 1, new: 4])
        try service.pass(.seconds(61))
        #expect(service.rows.first { $0.instance.id == old }?.instance.state == .draining)
        #expect(service.routedReady == [new])
    }

    @Test func nothingEndsBeforeAWholeWindowAfterARestart() throws {
        var service = try Timeline.running()
        service.report(inFlight: 90)
        try service.settle()
        try service.startAndPass()
        #expect(service.count(.ready) == 3)
        service.restart()
        try service.pass(.seconds(30))
        // Without a router nothing is known, and nothing ends however long that lasts.
        try service.pass(.seconds(300))
        #expect(service.count(.ready) == 3)
        service.report(inFlight: 1)
        try service.pass(.seconds(59))
        #expect(service.count(.ready) == 3)
        #expect(service.decision?.rule == .watching)
        try service.pass(.seconds(2))
        #expect(service.count(.ready) == 2)
    }

    @Test func memoryBoundsTheStartsAndSaysSo() throws {
        var service = try Timeline.running()
        service.capacity = 1
        service.report(inFlight: 30, queued: 70)
        try service.plan()
        #expect(service.decision?.bound == .memory)
        #expect(service.rows.count == 2)
        // Nobody reports memory that others gave back: the service looks again.
        #expect(service.wakeAt == service.now + Limits.capacityRetryInterval)
    }

    @Test func minSizeZeroEndsTheLastAndAWaitingRequestStartsOne() throws {
        var service = try Timeline.running(min: 0)
        service.report(inFlight: 0)
        try service.pass(.seconds(11))
        service.drainAll()
        try service.pass(.seconds(60))
        #expect(service.rows.isEmpty)
        #expect(service.wakeAt == nil)
        #expect(service.route?.availability == .serving)
        service.report(inFlight: 0, queued: 1)
        let steps = try service.plan()
        #expect(steps == [.startInstance(try #require(service.active).id)])
    }

    @Test func aSmallerMaxSizeEndsWhatIsAboveIt() throws {
        var service = try Timeline.running()
        service.report(inFlight: 90)
        try service.settle()
        try service.startAndPass()
        service.autoScaling = Timeline(max: 1).autoScaling
        let input = service.input
        let plan = RunaboutPlanning.plan(input)
        #expect(plan.decision?.wanted == 1)
        #expect(plan.decision?.bound == .maxSize)
    }
}
