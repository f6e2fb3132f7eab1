import RunaboutModel
public import RunaboutPlanning
import RunaboutRouting

/// What a simulated world is made from.
///
/// The same settings give the same world, event by event.
public struct SimulationSettings: Sendable {
    /// Everything left to chance follows from it.
    public var seed: UInt64
    /// Whether the trace is kept in words, which costs time.
    public var keepsTrace: Bool
    /// What plans; the real planner unless a test plants a bug.
    public var planner: @Sendable (PlanInput) -> Plan

    /// Takes all values.
    public init(
        seed: UInt64, keepsTrace: Bool = false, planner: @escaping @Sendable (PlanInput) -> Plan = plan,
    ) {
        self.seed = seed
        self.keepsTrace = keepsTrace
        self.planner = planner
    }

    /// Events after which a world that has not come to rest is taken for one that never will.
    static let stepsMax = 200_000
    /// Lines of a trace that are kept at least.
    static let traceLinesMax = 400
    /// For how long things go wrong, in milliseconds.
    static let faultyMilliseconds = 120_000
    /// How long a world has to come to rest: the longest backoff, drain and window, one after the other, and some.
    static let calm = Duration.seconds(400)
    /// How long the last requests have to be answered.
    static let finale = Duration.seconds(30)
}

/// What a simulated world came to.
public struct SimulationReport: Sendable {
    /// The seed it followed from.
    public let seed: UInt64
    /// Events that happened.
    public let steps: Int
    /// Plans that were made.
    public let plans: Int
    /// Requests that clients sent, each of which ended exactly once.
    public let requests: Int
    /// Requests that were answered by an instance.
    public let answered: Int
    /// A digest of everything that happened: the same for the same seed.
    public let digest: UInt64
    /// The first thing that was wrong; nil when nothing was.
    public let failure: String?
    /// The last events before the end, in words; empty unless it was asked for.
    public let trace: [String]
}

/// Lets the world of a seed run to its end, or to the first thing that is wrong.
public func simulate(_ settings: SimulationSettings) -> SimulationReport {
    var world = World(settings)
    world.run()
    return SimulationReport(
        seed: settings.seed,
        steps: world.steps,
        plans: world.plans,
        requests: world.requests.count,
        answered: world.requests.count { request in
            if case .ended(.answered(status: _)) = request.state { true } else { false }
        },
        digest: world.trace.digest,
        failure: world.failure.map { "seed \(settings.seed), step \(world.steps): \($0)" },
        trace: world.trace.lines,
    )
}
