import ArgumentParser
import RouterProbes
import RouterStand
import RunaboutModel
import RunaboutRouting

/// Which proxy is probed, and where its instances are.
struct ProbeOptions: ParsableArguments {
    @Option(help: "The proxy's port. Without it, the router that was built along with this program is started.")
    var port: Int?

    @Option(
        name: .customLong("instance-port"),
        help: "Where the first lane's instance listens, to which the proxy sends probe-00.test; the others follow.")
    var instancePort: Int?

    @Option(help: "How many probes run at once, each with an instance of its own.")
    var lanes = 4

    @Flag(help: "Each lane asks at a port of its own, from --port upwards, instead of a host of its own.")
    var separatePorts = false

    @Option(help: "Seconds in which something has to happen.")
    var deadline = 3

    @Option(help: "A file that gets all results as JSON.")
    var json: String?

    @Flag(help: "List what passed too.")
    var all = false

    func validate() throws {
        guard (1...32).contains(lanes) else { throw ValidationError("--lanes is 1...32.") }
        guard deadline > 0 else { throw ValidationError("--deadline is at least 1.") }
        guard (port == nil) == (instancePort == nil) else {
            throw ValidationError("--port and --instance-port go together.")
        }
    }

    /// Runs the body with lanes through the proxy.
    func with(_ body: ([ProbeLane]) async throws -> Void) async throws {
        let listeners = try (0..<lanes).map { number in
            try ProbeListener(port: instancePort.map { first in first + number } ?? 0)
        }
        defer { for listener in listeners { listener.close() } }
        func lanesAt(_ port: Int) -> [ProbeLane] {
            listeners.enumerated().map { number, listener in
                ProbeLane(number: number, proxyPort: separatePorts ? port + number : port, listener: listener)
            }
        }
        if let port {
            try await body(lanesAt(port))
        } else {
            let routes = listeners.enumerated().map { number, listener in route(number, listener.port) }
            try await RouterStand.with(.init(routes: routes)) { try await body(lanesAt($0.port)) }
        }
    }

    private func route(_ lane: Int, _ port: Int) -> ServiceRoute {
        let number = UInt64(lane) + 1
        return ServiceRoute(
            service: ServiceID(high: 1, low: number), hosts: [HTTP1Case.host(lane: lane)], generation: 1,
            maxConcurrency: 100, queueLengthMax: 1_000, queueWaitMilliseconds: 10_000, timeouts: RouteTimeouts(),
            availability: .serving,
            instances: [
                RouteInstance(
                    id: InstanceID(high: 2, low: number), address: InstanceAddress(host: "127.0.0.1", port: port),
                    state: .ready)
            ])
    }
}
