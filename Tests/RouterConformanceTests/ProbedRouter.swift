import RouterProbes
import RouterStand
import RunaboutModel
import RunaboutRouting

/// The router's program, with a service and an instance for each lane of a probe.
enum ProbedRouter {
    /// Runs a router, then stops it, however the body ends; it has to end well.
    static func with(lanes count: Int, _ body: ([ProbeLane]) async throws -> Void) async throws {
        let listeners = try (0..<count).map { _ in try ProbeListener() }
        defer { for listener in listeners { listener.close() } }
        let routes = listeners.enumerated().map { number, listener in route(number, listener) }
        try await RouterStand.with(.init(routes: routes)) { stand in
            try await body(
                listeners.enumerated().map { number, listener in
                    ProbeLane(number: number, proxyPort: stand.port, listener: listener)
                })
            guard try await stand.stop() == 0 else { throw RouterEndedBadly() }
        }
    }

    private static func route(_ lane: Int, _ listener: ProbeListener) -> ServiceRoute {
        let number = UInt64(lane) + 1
        return ServiceRoute(
            service: ServiceID(high: 1, low: number), hosts: [HTTP1Case.host(lane: lane)], generation: 1,
            maxConcurrency: 100, queueLengthMax: 1_000, queueWaitMilliseconds: 10_000, timeouts: RouteTimeouts(),
            availability: .serving,
            instances: [
                RouteInstance(
                    id: InstanceID(high: 2, low: number),
                    address: InstanceAddress(host: "127.0.0.1", port: listener.port), state: .ready)
            ])
    }
}

/// The router did not stop as told.
struct RouterEndedBadly: Error {}
