import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

/// What a control plane that starts anew makes of what it finds.
@Suite struct PlannerObservingTests {
    @Test func aRunningInstanceIsKeptAndPublished() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.restart()
        let steps = try service.plan()
        #expect(steps.contains { if case .publish = $0 { true } else { false } })
        #expect(!steps.contains { if case .startInstance = $0 { true } else { false } })
        #expect(service.routedReady == [id])
        #expect(service.states == [.ready])
    }

    @Test func afterARebootServicesStartAnewWithoutBackoff() throws {
        var service = try Timeline.running(min: 2)
        service.restart()
        for id in service.instances { service.change(id) { $0.runtime = .absent } }
        try service.plan()
        #expect(service.count(.creating) == 2)
        #expect(service.decision?.bound == .minSize)
        try service.settle()
        #expect(service.rows.count == 2)
    }

    @Test(arguments: [InstanceState.pending, .creating, .starting])
    func aStartThatWasCutOffIsMadeAgain(_ state: InstanceState) throws {
        var service = Timeline()
        try service.plan()
        let id = service.instances[0]
        service.restart()
        service.change(id) { row in
            row.instance.state = state
            row.runtime = .absent
        }
        let steps = try service.plan()
        #expect(
            steps.contains(
                .setInstanceState(id, .failed, reason: "It was gone when the platform looked for it.")))
        #expect(service.count(.creating) == 1)
        #expect(service.operation?.status == .inProgress)
    }

    @Test func aStopThatWasCutOffIsAskedForAgain() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.begin(.pauseService)
        service.service.desired = .paused
        service.restart()
        service.change(id) { $0.instance.state = .stopping }
        let steps = try service.settle()
        #expect(steps.contains(.stop(id, graceSeconds: 10)))
        #expect(service.service.status == .paused)
    }

    @Test func whatHadStoppedMeanwhileIsStopped() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.begin(.pauseService)
        service.service.desired = .paused
        service.restart()
        service.change(id) { row in
            row.instance.state = .stopping
            row.runtime = .absent
        }
        let steps = try service.settle()
        #expect(steps.contains(.setInstanceState(id, .stopped, reason: nil)))
        #expect(steps.contains(.release(id)))
    }

    @Test func aFrozenInstanceStaysFrozen() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.restart()
        service.change(id) { row in
            row.instance.state = .frozen
            row.runtime = .frozen
        }
        try service.settle()
        #expect(service.states == [.frozen])
        #expect(service.route?.instances == [])
        #expect(service.wakeAt == nil)
        service.report(inFlight: 0, queued: 1)
        let woken = try service.plan()
        #expect(woken.first == .thaw(id))
    }

    @Test func aFreezeWhoseRowWasNotWrittenIsTakenOver() throws {
        var service = try Timeline.running()
        let id = service.instances[0]
        service.restart()
        service.change(id) { $0.runtime = .frozen }
        try service.settle()
        #expect(service.states == [.frozen])
    }

    @Test func aDeploymentGoesOnWhereItWas() throws {
        var service = try Timeline.running()
        service.deploy(service.revision(2))
        try service.settle()
        service.finishStarts()
        service.restart()
        try service.settle()
        #expect(service.rows.count == 2)
        service.report(.passed)
        try service.settle()
        #expect(service.active?.number == 2)
    }

    @Test func aRouteIsPublishedOnceAndThenOnlyWhenItChanges() throws {
        var service = try Timeline.running()
        let generation = try #require(service.route).generation
        try service.pass(.seconds(60))
        #expect(service.route?.generation == generation)
    }

    @Test func theSamePeakSeenTwiceCountsOnce() throws {
        var service = try Timeline.running()
        service.report(inFlight: 0, peak: 100)
        try service.settle()
        // The same report is read by each plan; its peak is that of one moment.
        try service.pass(.seconds(59))
        #expect(service.decision?.windowMax == 4)
        try service.pass(.seconds(10))
        try service.plan()
        #expect(service.decision?.windowMax == 1)
    }

    @Test func sameInputSamePlan() throws {
        var service = try Timeline.running()
        service.report(inFlight: 30, queued: 70)
        let (one, two) = (RunaboutPlanning.plan(service.input), RunaboutPlanning.plan(service.input))
        #expect(one.steps == two.steps)
        #expect(one.memory == two.memory)
        #expect(one.wakeAt == two.wakeAt)
    }
}
