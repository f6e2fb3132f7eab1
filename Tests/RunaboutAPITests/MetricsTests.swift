import Foundation
import HTTPTypes
import RunaboutControlPlane
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Subprocess
import Testing

@testable import RunaboutAPI

@Suite struct MetricsTests {
    private static let latency = LatencyTotals(
        counts: Limits.latencyBucketSeconds.indices.map { Int64($0) } + [3], sumNanoseconds: 1_500_000_000)

    private static let traffic = ServiceTraffic(
        totals: LedgerTotals(
            accepted: 150, answered: 130, clientGone: 2, platformErrors: ["queueFull": 4, "instanceClosed": 3]),
        traffic: TrafficTotals(
            responses: [1, 0, 120, 5, 8, 5], requestBytes: 1_000, responseBytes: 2_000, duration: latency,
            queueWait: latency))

    private func page(_ metrics: PlatformMetrics) -> String { MetricsPage(metrics, version: "1.2.3").text }

    private func metrics(
        _ services: [ServiceMetrics] = [], withoutService: ServiceTraffic = ServiceTraffic(),
        router: RouterStatus? = nil,
    ) -> PlatformMetrics {
        PlatformMetrics(
            services: services, withoutService: withoutService, isRouterConnected: router != nil, router: router)
    }

    @Test func everyNumberStandsUnderItsServiceAndItsReason() throws {
        let instance = InstanceID(high: 2, low: 1)
        let demand = ServiceDemand(
            service: ServiceID(high: 1, low: 1), generation: 1, inFlight: 7, queued: 3, peak: 12, accepted: 150,
            instances: [InstanceDemand(id: instance, inFlight: 7)])
        let run = RouterRun(processID: 1, startedAt: UnixTime(milliseconds: 1_700_000_000_500))
        let text = try PrometheusText(
            page(
                metrics(
                    [
                        ServiceMetrics(name: "hello", traffic: Self.traffic, demand: demand),
                        ServiceMetrics(name: "idle", traffic: nil, demand: nil),
                    ],
                    withoutService: ServiceTraffic(
                        totals: LedgerTotals(accepted: 9, platformErrors: ["noSuchHost": 9])),
                    router: RouterStatus(
                        run: run, loops: 2, clientConnections: 64, instanceConnections: 8, acceptedConnections: 900,
                        refusedConnections: 1, lostAccessRecords: 5))))
        let hello = ["service": "hello"]
        func of(_ label: String, _ value: String) -> [String: String] { hello.merging([label: value]) { $1 } }
        #expect(text.value("runabout_build_info", ["version": "1.2.3"]) == 1)
        #expect(text.value("runabout_requests_total", of("code", "2xx")) == 120)
        #expect(text.value("runabout_requests_total", of("code", "none")) == 1)
        #expect(text.value("runabout_requests_accepted_total", hello) == 150)
        #expect(text.value("runabout_requests_ended_total", of("by", "answered")) == 130)
        #expect(text.value("runabout_requests_ended_total", of("by", "client_gone")) == 2)
        #expect(text.value("runabout_requests_ended_total", of("by", "platform")) == 7)
        #expect(text.value("runabout_platform_errors_total", of("code", "queueFull")) == 4)
        #expect(text.value("runabout_platform_errors_total", ["service": "-", "code": "noSuchHost"]) == 9)
        #expect(text.value("runabout_request_bytes_total", hello) == 1_000)
        #expect(text.value("runabout_response_bytes_total", hello) == 2_000)
        #expect(text.value("runabout_request_duration_seconds_sum", hello) == 1.5)
        #expect(text.value("runabout_request_duration_seconds_count", hello) == Double(Self.latency.count))
        #expect(text.value("runabout_request_duration_seconds_bucket", of("le", "0.0025")) == 3)
        #expect(text.value("runabout_request_queue_seconds_bucket", of("le", "+Inf")) == Double(Self.latency.count))
        #expect(text.value("runabout_requests_in_flight", hello) == 7)
        #expect(text.value("runabout_queue_length", hello) == 3)
        #expect(text.value("runabout_instance_in_flight", of("instance", instance.rawValue)) == 7)
        #expect(text.value("runabout_router_up") == 1)
        #expect(text.value("runabout_router_loops") == 2)
        #expect(text.value("runabout_router_client_connections") == 64)
        #expect(text.value("runabout_router_instance_connections") == 8)
        #expect(text.value("runabout_router_accepted_connections_total") == 900)
        #expect(text.value("runabout_router_refused_connections_total") == 1)
        #expect(text.value("runabout_router_lost_access_records_total") == 5)
        #expect(text.value("runabout_router_start_time_seconds") == 1_700_000_000.5)
    }

    @Test func withoutARouterTheRestIsStillSaid() throws {
        let text = try PrometheusText(page(metrics()))
        #expect(text.value("runabout_router_up") == 0)
        #expect(text.value("runabout_router_loops") == nil)
        #expect(text.kinds["runabout_requests_total"] == "counter")
    }

    @Test func wordsThatAreNotOursBecomeNoLabel() throws {
        let odd = ServiceTraffic(
            totals: LedgerTotals(platformErrors: ["queueFull": 1, "http://example.org/?a": 5]))
        let text = try PrometheusText(page(metrics([ServiceMetrics(name: "he\"l\\lo\n", traffic: odd, demand: nil)])))
        #expect(text.words(of: "code").subtracting(ResponseClass.allCases.map(\.label)) == ["queueFull"])
        #expect(text.words(of: "service") == ["he\"l\\lo\n"])
    }

    @Test func aHistogramOfOtherBucketsIsLeftOut() throws {
        var traffic = Self.traffic
        traffic.traffic.duration.counts = [1, 2, 3]
        let text = try PrometheusText(page(metrics([ServiceMetrics(name: "hello", traffic: traffic, demand: nil)])))
        #expect(text.value("runabout_request_duration_seconds_count", ["service": "hello"]) == nil)
        #expect(text.value("runabout_request_queue_seconds_count", ["service": "hello"]) != nil)
    }

    @Test func thePageIsServedToWhoMayReadTheAPI() async throws {
        try await World.ask { world, asker in
            let service = try await world.running("hello").service
            world.live.set(
                PlatformTraffic(services: [service.id: Self.traffic, ServiceID(high: 9, low: 9): Self.traffic]))
            #expect(try await asker.ask(.get, "/metrics", authorization: nil).status == .unauthorized)
            let answer = try await asker.get("/metrics")
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let text = try PrometheusText(answer.text)
            #expect(text.value("runabout_requests_total", ["service": "hello", "code": "2xx"]) == 120)
            // A service that is not there any more has no name, and is not told.
            #expect(text.words(of: "service") == ["hello"])
            #expect(text.value("runabout_router_up") == 1)
        }
    }

    @Test(.enabled(if: hasPromtool, "promtool is not installed"))
    func promtoolFindsNothingWrong() async throws {
        let text = page(
            metrics(
                [ServiceMetrics(name: "hello", traffic: Self.traffic, demand: nil)],
                router: RouterStatus(
                    run: RouterRun(processID: 1, startedAt: UnixTime(milliseconds: 1_000)), loops: 2)))
        let result = try await run(
            .name("promtool"), arguments: ["check", "metrics"], input: .string(text),
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        #expect(
            result.terminationStatus.isSuccess,
            "\(result.standardOutput)\(result.standardError)")
    }
}

/// Whether Prometheus's own checker is there.
private let hasPromtool = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/promtool") }
