import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

@Suite struct PlannerDeployingTests {
    @Test func firstDeploymentStartsOneEvenAtMinSizeZero() throws {
        var service = Timeline(min: 0)
        try service.plan()
        #expect(service.states == [.creating])
        #expect(service.route?.availability == .serving)
        try service.startAndPass()
        #expect(service.operation?.status == .succeeded)
        #expect(service.service.status == .running)
        #expect(service.active?.number == 1)
        #expect(service.routedReady.count == 1)
    }

    @Test func aStartIsProbedAtOnceAndOftenUntilItPasses() throws {
        var service = Timeline()
        try service.plan()
        service.finishStarts()
        let start = service.now
        let first = try service.plan()
        #expect(first == [.probe(service.instances[0])])
        service.report(.failed("connection refused"))
        try service.plan()
        #expect(service.wakeAt == start + .milliseconds(20))
        service.now = start + .milliseconds(20)
        try service.plan()
        service.report(.passed)
        try service.settle()
        #expect(service.count(.ready) == 1)
    }

    @Test func theNewRevisionComesInAsTheOldOneDrainsInOneGeneration() throws {
        var service = try Timeline.running()
        let blue = service.instances[0]
        service.report(inFlight: 20, each: [blue: 20])
        try service.settle()
        service.deploy(service.revision(2))
        let generation = try #require(service.route).generation
        try service.settle()
        #expect(service.routedReady == [blue])
        service.finishStarts()
        try service.settle()
        service.report(.passed)
        let steps = try service.plan()
        let green = service.instances[1]
        let routes = steps.compactMap { if case .publish(let route) = $0 { route } else { nil } }
        #expect(routes.count == 1)
        #expect(routes.first?.generation == generation + 1)
        #expect(routes.first?.instances.map(\.id) == [blue, green])
        #expect(routes.first?.instances.map(\.state) == [.draining, .ready])
        #expect(service.active?.number == 2)
        #expect(service.operation?.status == .succeeded)
        // Blue ends when its requests have, and not before.
        try service.pass(.seconds(10))
        #expect(service.count(.draining) == 1)
        service.drainAll()
        try service.settle()
        #expect(service.instances == [green])
    }

    @Test func theNewRevisionBringsAsManyInstancesAsAreNeededNow() throws {
        var service = try Timeline.running()
        service.report(inFlight: 30, queued: 60)
        try service.settle()
        try service.startAndPass()
        service.deploy(service.revision(2))
        try service.plan()
        #expect(service.count(.creating) == 3)
        // Two of three: not yet.
        service.finishStarts()
        try service.settle()
        let late = service.probing.removeLast()
        service.report(.passed)
        try service.settle()
        #expect(service.active?.number == 1)
        service.probing = [late]
        service.report(.passed)
        try service.settle()
        #expect(service.active?.number == 2)
    }

    @Test func drainEndsAtItsDeadline() throws {
        var service = try Timeline.running()
        let blue = service.instances[0]
        service.report(inFlight: 1, each: [blue: 1])
        service.deploy(service.revision(2))
        try service.settle()
        try service.startAndPass()
        try service.pass(Limits.drainDeadline - .seconds(1))
        #expect(service.instances.contains(blue))
        try service.pass(.seconds(2))
        #expect(!service.instances.contains(blue))
    }

    @Test func aServiceMayChooseHowLongItDrains() throws {
        var service = try Timeline.running()
        service.deploy(service.revision(2) { $0.drainTimeoutSeconds = 5 })
        try service.settle()
        try service.startAndPass()
        service.drainAll()
        try service.settle()
        let blue = service.instances[0]
        service.report(inFlight: 1, each: [blue: 1])
        service.deploy(service.revision(3))
        try service.settle()
        try service.startAndPass()
        try service.pass(.seconds(4))
        #expect(service.instances.contains(blue))
        try service.pass(.seconds(2))
        #expect(!service.instances.contains(blue))
    }

    @Test func threeFailedStartsFailTheDeploymentAndLeaveTheOldRevisionAlone() throws {
        var service = try Timeline.running()
        let blue = service.instances[0]
        service.deploy(service.revision(2))
        try service.settle()
        // The second start waits 1 s after the first failure, the third 2 s after the second.
        for wait in [1, 2] {
            service.exit(try #require(service.instances.last), status: 1)
            try service.settle()
            #expect(service.instances == [blue])
            try service.pass(.seconds(wait))
            try service.settle()
            #expect(service.instances.count == 2)
        }
        let last = try #require(service.instances.last)
        service.exit(last, status: 7)
        let steps = try service.settle()
        let failure = try #require(service.operation?.failure)
        #expect(service.operation?.status == .failed)
        #expect(failure.code == .instanceExited)
        #expect(failure.exit?.status == 7)
        #expect(failure.message.contains("status 7"))
        #expect(
            steps.contains { step in
                if case .endOperation(_, .failed, _, .running, blamed: last) = step { true } else { false }
            })
        #expect(service.instances == [blue])
        #expect(service.routedReady == [blue])
        #expect(service.active?.number == 1)
    }

    @Test func outOfMemoryFailsAtOnce() throws {
        var service = Timeline()
        try service.plan()
        service.exit(service.instances[0], status: 137, outOfMemory: true)
        try service.settle()
        #expect(service.operation?.failure?.code == .instanceOutOfMemory)
        #expect(service.operation?.failure?.message.contains("512 MiB") == true)
        #expect(service.service.status == .createFailed)
        #expect(service.rows.isEmpty)
        #expect(service.route?.availability == .failing(reason: "No deployment of this service has succeeded."))
    }

    @Test func aPortNobodyListensOnFailsAtTheStartDeadlineWithTheLastProbe() throws {
        var service = Timeline()
        try service.plan()
        service.finishStarts()
        let end = service.now + Limits.startDeadline
        while service.now < end, service.operation?.status == .inProgress {
            try service.settle()
            service.report(.failed("connection refused"))
            try service.settle()
            service.now = try #require(service.wakeAt)
        }
        try service.settle()
        let failure = try #require(service.operation?.failure)
        #expect(failure.code == .healthCheckFailed)
        #expect(failure.message.contains("TCP on port 8080) did not pass within 60 s"))
        #expect(failure.message.contains("connection refused"))
        #expect(service.rows.isEmpty)
    }

    @Test func withoutRoomTheDeploymentFailsAtTheDeadline() throws {
        var service = Timeline()
        service.capacity = 0
        try service.pass(Limits.startDeadline - .seconds(1))
        #expect(service.operation?.status == .inProgress)
        try service.pass(.seconds(2))
        #expect(service.operation?.failure?.code == .noCapacity)
    }

    @Test func pausingDrainsStopsAndThenSaysSo() throws {
        var service = try Timeline.running()
        service.report(inFlight: 3, each: [service.instances[0]: 3])
        service.begin(.pauseService)
        service.service.desired = .paused
        try service.settle()
        #expect(service.route?.availability == .paused)
        #expect(service.states == [.draining])
        #expect(service.service.status == .operationInProgress)
        service.drainAll()
        try service.settle()
        #expect(service.rows.isEmpty)
        #expect(service.service.status == .paused)
        #expect(service.wakeAt == nil)
        // And back.
        service.begin(.resumeService)
        service.service.desired = .running
        try service.plan()
        #expect(service.route?.availability == .serving)
        try service.startAndPass()
        #expect(service.service.status == .running)
        #expect(service.operation?.status == .succeeded)
    }

    @Test func resumingWhatNoLongerRunsFailsAndStaysVisible() throws {
        var service = try Timeline.running()
        service.begin(.pauseService)
        service.service.desired = .paused
        try service.settle()
        service.drainAll()
        try service.settle()
        service.begin(.resumeService)
        service.service.desired = .running
        try service.plan()
        service.change(service.instances[0]) { $0.runtime = .startFailed("The image is gone.") }
        try service.settle()
        for wait in [1, 2] {
            try service.pass(.seconds(wait))
            service.change(service.instances[0]) { $0.runtime = .startFailed("The image is gone.") }
            try service.settle()
        }
        #expect(service.operation?.status == .failed)
        #expect(service.operation?.failure?.code == .instanceCouldNotStart)
        #expect(service.service.status == .running)
        guard case .failing(let reason) = try #require(service.route).availability else {
            Issue.record("not failing")
            return
        }
        #expect(reason.contains("The image is gone."))
    }

    @Test func deletingHidesTheServiceEndsItsInstancesAndWithdraws() throws {
        var service = try Timeline.running()
        service.begin(.deleteService)
        service.service.desired = .deleted
        try service.settle()
        #expect(service.route?.hosts == [])
        service.drainAll()
        let steps = try service.settle()
        #expect(service.rows.isEmpty)
        #expect(service.route == nil)
        #expect(service.service.status == .deleted)
        #expect(steps.contains { if case .withdraw = $0 { true } else { false } })
        let rest = try service.settle()
        #expect(rest == [])
        #expect(service.wakeAt == nil)
    }

    @Test func aDeploymentCanBeDeletedInTheMiddle() throws {
        var service = Timeline()
        try service.plan()
        service.begin(.deleteService)
        service.service.desired = .deleted
        // What is being made is let be until it is through.
        try service.settle()
        #expect(service.states == [.creating])
        service.finishStarts()
        try service.settle()
        #expect(service.rows.isEmpty)
        #expect(service.service.status == .deleted)
    }
}
