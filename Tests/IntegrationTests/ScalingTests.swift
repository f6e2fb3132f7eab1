import Foundation
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

extension IntegrationTests {
    /// Services get the instances that requests in flight ask for.
    @Suite(.serialized) struct ScalingTests {
        @Test func aHundredRequestsAtThirtyEachAreFourInstancesInOneDecision() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(maxConcurrency: 30, minSize: 1, maxSize: 10)
                let control = try platform.control
                try await control.wait(service, "one instance is ready") { $0.readyCount == 1 }

                async let answers = Burst.send(
                    100, "/slow?ms=4000", host: platform.host(service), port: platform.proxyPort)
                try await control.wait(service, "four instances are ready") { $0.readyCount == 4 }
                let ended = await answers
                #expect(ended.filter { $0.status == 200 }.count == 100, "\(ended.filter { $0.status != 200 })")

                let statistics = try await platform.statistics(service, asking: 100)
                #expect(statistics.values.allSatisfy { $0.maxInFlight <= 30 }, "\(statistics)")
                #expect(statistics.values.contains { $0.maxInFlight == 30 }, "\(statistics)")

                let decisions = try await control.explain(service).decisions
                let ups = decisions.filter { $0.rule == "up" && $0.desired > 1 }
                #expect(ups.count == 1, "\(decisions)")
                #expect(ups.first?.desired == 4 && ups.first?.wanted == 4)
                #expect(ups.first.map { $0.inFlight + $0.queued } == 100)
                let instances = try await control.instances(service)
                #expect(instances.count == 4, "\(instances.map(\.state))")

                try await control.wait(service, "the service is back at its minimum", seconds: 90) { service in
                    service.instances.count == 1
                        && service.instances.allSatisfy { [.ready, .frozen].contains($0.state) }
                }
            }
        }

        @Test func aServiceAtZeroAnswersAndTellsWhereTheTimeWent() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(minSize: 0, maxSize: 2, stabilizationSeconds: 1)
                let control = try platform.control
                try await control.wait(service, "no instance is left", seconds: 90) { $0.instances.isEmpty }

                let answer = await platform.load.get("/", host: platform.host(service))
                #expect(answer.status == 200, "\(answer)")

                let wake = try await control.ask("the wake is recorded") {
                    try await control.explain(service).wakes.first
                }
                let timings = try #require(wake.timings)
                let create = try #require(timings.createMilliseconds)
                let start = try #require(timings.startMilliseconds)
                let healthy = try #require(timings.healthyMilliseconds)
                #expect(wake.queueMilliseconds > 0 && wake.firstByteMilliseconds >= 0)
                // The start lies inside of the wait; a few milliseconds are between the clocks of two processes.
                #expect(create + start + healthy <= wake.queueMilliseconds + 50, "\(wake)")
                print(
                    "from zero: \(answer.duration.wholeMilliseconds) ms; queue \(wake.queueMilliseconds), create \(create), "
                        + "start \(start), healthy \(healthy), first byte \(wake.firstByteMilliseconds)")
            }
        }

        @Test func aFrozenInstanceUsesNoCPUAndAnswersInMilliseconds() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(minSize: 1, maxSize: 2, stabilizationSeconds: 1)
                let control = try platform.control
                var waits: [Int64] = []
                for _ in 0..<2 {
                    let frozen = try await control.wait(service, "its instance is frozen", seconds: 60) {
                        $0.instances.map(\.state) == [.frozen]
                    }
                    let id = try #require(frozen.instances.first?.id)
                    let before = try await control.call(InstanceUsageBody.self, .GET, "/v1/instances/\(id)/usage")
                    // A hundred questions later not a nanosecond more must have been used.
                    for _ in 0..<100 { _ = try await control.service(service) }
                    let after = try await control.call(InstanceUsageBody.self, .GET, "/v1/instances/\(id)/usage")
                    #expect(after.cpuNanoseconds == before.cpuNanoseconds)

                    let answer = await platform.load.get("/", host: platform.host(service))
                    #expect(answer.status == 200)
                    #expect(answer.body == "Hello from \(id)\n", "another instance answered")
                    waits.append(answer.duration.wholeMilliseconds)
                }
                print("first answer after a freeze, in ms: \(waits)")
                // A bound that only a real fault exceeds: a start takes longer, a thaw far less.
                #expect(waits.min().map { $0 < 100 } == true, "\(waits)")
            }
        }
    }
}
