import Foundation
import Glibc
import RouterProbes
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

/// A real router with two services: one that is attacked, and one whose clients must not notice.
struct Arena: Sendable {
    static let attackedService = ServiceID(high: 1, low: 1)
    static let quietService = ServiceID(high: 1, low: 2)
    static let attackedHost = "app.localhost"
    static let quietHost = "quiet.localhost"

    /// Waits of the router that are short, so that a test need not take long; each is an option that operators have.
    static let shortWaits = [
        "--head-timeout-seconds", "2", "--body-timeout-seconds", "2", "--send-timeout-seconds", "3",
        "--keep-alive-timeout-seconds", "5",
    ]

    let stand: RouterStand
    let attacked: AttackedInstance
    let quiet: AttackedInstance

    /// Runs the body with a router that has warmed up.
    static func run(
        arguments: [String] = shortWaits, program: String? = nil, listeners: [StandListener] = [StandListener()],
        maxConcurrency: Int = 20_000, queueLengthMax: Int = 1_000, totalMilliseconds: Int64 = 120_000,
        _ body: (Arena) async throws -> Void,
    ) async throws {
        let attacked = try AttackedInstance()
        let quiet = try AttackedInstance()
        try await attacked.whileServing {
            try await quiet.whileServing {
                let routes = [
                    route(
                        attackedService, attackedHost, attacked, maxConcurrency: maxConcurrency,
                        queueLengthMax: queueLengthMax, totalMilliseconds: totalMilliseconds),
                    route(quietService, quietHost, quiet),
                ]
                let configuration = RouterStand.Configuration(
                    program: program, listeners: listeners, routes: routes, arguments: arguments)
                try await RouterStand.with(configuration) { stand in
                    let arena = Arena(stand: stand, attacked: attacked, quiet: quiet)
                    try await arena.warmUp()
                    try await body(arena)
                }
            }
        }
    }

    static func route(
        _ service: ServiceID, _ host: String, _ instance: AttackedInstance, maxConcurrency: Int = 1_000,
        queueLengthMax: Int = 1_000, totalMilliseconds: Int64 = 120_000, generation: Int64 = 1,
    ) -> ServiceRoute {
        ServiceRoute(
            service: service, hosts: [host], generation: generation, maxConcurrency: maxConcurrency,
            queueLengthMax: queueLengthMax, queueWaitMilliseconds: 60_000,
            timeouts: RouteTimeouts(totalMilliseconds: totalMilliseconds),
            availability: .serving,
            instances: [
                RouteInstance(
                    id: InstanceID(high: 2, low: UInt64(instance.port)),
                    address: InstanceAddress(host: "127.0.0.1", port: instance.port), state: .ready)
            ])
    }

    var target: AttackTarget { AttackTarget(port: stand.port, host: Self.attackedHost) }

    func bystander(_ habit: Bystander.Habit = .both, pauseMilliseconds: Int = 100) -> Bystander {
        Bystander(port: stand.port, host: Self.quietHost, habit: habit, pauseMilliseconds: pauseMilliseconds)
    }

    /// Runs an attack; what the router did is written for people too.
    func attack(_ attack: Attack, connections: Int? = nil, limit: Duration = .seconds(30)) async throws -> AttackReport
    {
        let report = try await RouterProbes.run(
            attack, on: target, connections: connections, bystander: bystander(), limit: limit,
            process: ServerProcess(id: stand.processID))
        print(report.line)
        return report
    }

    /// Lets the router make what it keeps anyway: buffers, records, connections.
    private func warmUp() async throws {
        let port = stand.port
        try await onThread(name: "warm-up") {
            Result {
                for host in [Self.attackedHost, Self.quietHost] {
                    let crowd = try Crowd(port: port)
                    try crowd.connect(64)
                    crowd.sendAll("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                    guard crowd.pump(for: .seconds(20), until: { $0.count(status: 200) == 64 }) else {
                        throw ProbeFailure("only \(crowd.count(status: 200)) of 64 requests were answered")
                    }
                }
            }
        }.get()
    }

    /// Waits for the router's figures to satisfy a condition, looked at again and again.
    func settles(_ what: String, _ condition: @escaping @Sendable (ProcessFigures) -> Bool) async throws {
        try await within(.seconds(30), what) {
            while try !condition(stand.figures()) {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }
}

/// How much more processor time a build for debugging may take than one for use, which is what `RUNABOUT_ROUTER` names.
let processorFactor: Int = {
    #if DEBUG
        getenv("RUNABOUT_ROUTER") == nil ? 10 : 1
    #else
        1
    #endif
}()

/// The hard limit on open files, which nobody here can raise.
let descriptorLimit: Int = {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    // Takes what it may have: a test holds thousands of connections.
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_max)
}()
