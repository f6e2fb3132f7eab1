import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

@Suite struct PlannerRoutingTests {
    @Test func theQueueHoldsTenTimesWhatInstancesTakeAndAThousandAtLeast() {
        #expect(queueLengthMax(maxConcurrency: 30, instances: 4) == 1_200)
        #expect(queueLengthMax(maxConcurrency: 30, instances: 0) == 1_000)
        #expect(queueLengthMax(maxConcurrency: 200, instances: 10) == 20_000)
    }

    @Test func requestsWaitThreeAndAHalfStartsAndTenSecondsAtLeast() {
        #expect(queueWaitMilliseconds(startMilliseconds: 8_000) == 28_000)
        #expect(queueWaitMilliseconds(startMilliseconds: 200) == 10_000)
    }

    @Test func theWaitFollowsTheSlowestStartThatIsKnown() throws {
        var service = try Timeline.running(min: 0)
        service.change(service.instances[0]) { row in
            row.instance.timings = StartTimings(
                createMilliseconds: 500, startMilliseconds: 500, healthyMilliseconds: 9_000)
        }
        try service.settle()
        #expect(service.route?.queueWaitMilliseconds == 35_000)
        // It is remembered while there is no instance.
        service.report(inFlight: 0)
        try service.pass(.seconds(11))
        service.drainAll()
        try service.pass(.seconds(60))
        #expect(service.rows.isEmpty)
        #expect(service.route?.queueWaitMilliseconds == 35_000)
    }

    @Test func timeoutsProtocolAndHostComeFromTheService() throws {
        let service = try Timeline.running()
        #expect(service.route?.hosts == ["hello.localhost"])
        #expect(service.route?.timeouts == RouteTimeouts())
        #expect(service.route?.instanceProtocol == .http1)
        #expect(service.route?.maxConcurrency == 30)

        var chosen = try Timeline.running()
        chosen.deploy(
            chosen.revision(2) { configuration in
                configuration.requestTimeoutSeconds = 7_200
                configuration.connectTimeoutSeconds = 1
                configuration.idleTimeoutSeconds = 30
                configuration.instanceProtocol = .http2
            })
        try chosen.settle()
        try chosen.startAndPass()
        #expect(
            chosen.route?.timeouts
                == RouteTimeouts(
                    connectMilliseconds: 1_000, responseHeaderMilliseconds: 7_200_000, idleMilliseconds: 30_000,
                    totalMilliseconds: 7_200_000))
        #expect(chosen.route?.instanceProtocol == .http2)
        chosen.deploy(
            chosen.revision(3) { configuration in
                configuration.responseHeaderTimeoutSeconds = 10
            })
        try chosen.settle()
        try chosen.startAndPass()
        #expect(chosen.route?.timeouts == RouteTimeouts(responseHeaderMilliseconds: 10_000))
    }
}
