import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutRouting
import Testing

@testable import RunaboutPlanning

@Suite struct PlannerCrashesTests {
    @Test func waitsDoubleFromOneSecondToSixty() {
        let waits = (1...9).map { crashBackoff(crashes: $0) }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    }

    @Test func aKilledInstanceLeavesTheRouteAtOnceAndIsReplaced() throws {
        var service = try Timeline.running()
        service.report(inFlight: 30, queued: 30)
        try service.settle()
        try service.startAndPass()
        let (dead, alive) = (service.instances[0], service.instances[1])
        service.exit(dead, status: 137)
        let steps = try service.plan()
        #expect(service.routedReady == [alive])
        #expect(
            steps.contains(
                .setInstanceState(dead, .failed, reason: "Its process ended with status 137.")))
        #expect(service.decision?.bound == .crashBackoff)
        try service.pass(.seconds(1))
        try service.settle()
        #expect(service.count(.creating) == 1)
    }

    @Test func aCrashLoopBacksOffAndIsVisible() throws {
        var service = try Timeline.running()
        var waits: [Duration] = []
        for _ in 0..<8 {
            service.exit(service.instances[0])
            try service.settle()
            let crashed = service.now
            #expect(service.rows.isEmpty)
            while service.rows.isEmpty {
                service.now = try #require(service.wakeAt)
                try service.plan()
            }
            waits.append(service.now - crashed)
            if waits.count == Limits.crashesUntilFailing { #expect(service.route?.availability == .serving) }
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        service.exit(service.instances[0])
        try service.settle()
        guard case .failing(let reason) = try #require(service.route).availability else {
            Issue.record("a crash loop is not visible")
            return
        }
        #expect(reason.contains("9 times in a row"))
        #expect(reason.contains("status 1"))
    }

    @Test func oneMinuteOfHealthForgetsEarlierCrashes() throws {
        var service = try Timeline.running()
        for _ in 0..<3 {
            service.exit(service.instances[0])
            try service.pass(.seconds(10))
        }
        try service.startAndPass()
        try service.pass(Limits.crashForgottenAfter + .seconds(10))
        service.exit(service.instances[0])
        try service.settle()
        #expect(service.wakeAt == service.now + Limits.crashBackoffFirst)
    }

    @Test func instancesThatCrashTogetherCountOnce() throws {
        var service = try Timeline.running()
        service.report(inFlight: 120)
        try service.settle()
        try service.startAndPass()
        try service.pass(.seconds(5))
        for id in service.instances { service.exit(id) }
        try service.settle()
        try service.pass(.seconds(1))
        try service.settle()
        #expect(service.count(.creating) == 4)
    }

    @Test func anUnhealthyInstanceDrainsIsReplacedAndEndsAsFailed() throws {
        var service = try Timeline.running()
        let sick = service.instances[0]
        service.report(inFlight: 1, each: [sick: 1])
        for _ in 0..<5 {
            try service.settle()
            service.now = try #require(service.wakeAt)
            try service.settle()
            service.report(.failed("status 500"))
        }
        try service.plan()
        #expect(service.states == [.draining])
        #expect(service.routedReady == [])
        try service.pass(.seconds(1))
        try service.settle()
        #expect(service.count(.creating) == 1)
        service.drainAll()
        let steps = try service.settle()
        #expect(
            steps.contains(
                .setInstanceState(sick, .failed, reason: "It failed 5 health checks in a row: status 500.")))
    }

    @Test func aDeploymentDoesNotWaitForTheBackoffOfTheRevisionItReplaces() throws {
        var service = try Timeline.running()
        for _ in 0..<5 {
            service.exit(service.instances[0])
            try service.settle()
            while service.rows.isEmpty {
                service.now = try #require(service.wakeAt)
                try service.plan()
            }
        }
        service.exit(service.instances[0])
        try service.settle()
        service.deploy(service.revision(2))
        try service.plan()
        #expect(service.rows.map(\.instance.revision) == [service.revision(2).id])
        try service.startAndPass()
        #expect(service.service.status == .running)
        #expect(service.route?.availability == .serving)
    }

    @Test func aStopThatShowsNoResultIsAskedForAgain() throws {
        var service = try Timeline.running()
        service.stopsEnd = false
        service.deploy(service.revision(2))
        try service.settle()
        try service.startAndPass()
        service.drainAll()
        let blue = service.instances[0]
        let stops = try service.settle()
        #expect(stops.contains(.stop(blue, graceSeconds: 10)))
        let steps = try service.pass(.seconds(16))
        #expect(steps.count { $0 == .stop(blue, graceSeconds: 10) } == 1)
    }
}
