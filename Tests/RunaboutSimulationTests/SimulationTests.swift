import RunaboutModel
import RunaboutPlanning
import RunaboutSimulation
import Testing

@Suite struct SimulationTests {
    static let seeds: UInt64 = 1_000

    @Test func nothingGoesWrongInAThousandWorlds() async {
        // As many lanes as a small machine has cores.
        let lanes: UInt64 = 4
        let failed = await withTaskGroup(of: [SimulationReport].self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    stride(from: 1 + lane, through: Self.seeds, by: Int(lanes))
                        .map { simulate(SimulationSettings(seed: $0)) }
                        .filter { $0.failure != nil }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for report in failed.sorted(by: { $0.seed < $1.seed }).prefix(3) {
            let trace = simulate(SimulationSettings(seed: report.seed, keepsTrace: true)).trace.suffix(40)
            Issue.record("\(report.failure ?? "")\n\(trace.joined(separator: "\n"))")
        }
        #expect(failed.isEmpty, "\(failed.count) of \(Self.seeds) seeds")
    }

    @Test(arguments: [1, 7, 42] as [UInt64]) func theSameSeedIsTheSameWorld(_ seed: UInt64) {
        let (one, two) = (simulate(SimulationSettings(seed: seed)), simulate(SimulationSettings(seed: seed, keepsTrace: true)))
        #expect(one.digest == two.digest)
        #expect(one.steps == two.steps)
        #expect(one.digest != simulate(SimulationSettings(seed: seed + 1)).digest)
    }

    /// Bugs as they are made: each is found within a few seeds.
    static let bugs: [(String, @Sendable (PlanInput) -> Plan)] = [
        (
            "stops without draining",
            { input in
                var plan = plan(input)
                plan.steps = plan.steps.map { step in
                    if case .setInstanceState(let id, .draining, _) = step { .stop(id, graceSeconds: 2) } else { step }
                }
                return plan
            }
        ),
        (
            "forgets to publish what became ready",
            { input in
                var plan = plan(input)
                if plan.steps.contains(where: { if case .setInstanceState(_, .ready, _) = $0 { true } else { false } }) {
                    plan.steps.removeAll { if case .publish = $0 { true } else { false } }
                }
                return plan
            }
        ),
        (
            "asks for no timer",
            { input in
                var plan = plan(input)
                plan.wakeAt = nil
                return plan
            }
        ),
        (
            "starts one too many",
            { input in
                var plan = plan(input)
                if let start = plan.steps.first(where: { if case .startInstance = $0 { true } else { false } }) {
                    plan.steps.append(start)
                }
                return plan
            }
        ),
        (
            "takes the first word of the router for a whole window",
            { input in
                var early = input
                early.now = input.now + .seconds(100)
                early.memory = plan(input).memory
                var plan = plan(early)
                plan.wakeAt = plan.wakeAt.map { max($0 - .seconds(100), input.now + .milliseconds(1)) }
                return plan
            }
        ),
    ]

    @Test(arguments: bugs.indices) func aPlantedBugIsFound(_ bug: Int) {
        let (name, planner) = Self.bugs[bug]
        let found = (1...40 as ClosedRange<UInt64>).first { seed in
            simulate(SimulationSettings(seed: seed, planner: planner)).failure != nil
        }
        #expect(found != nil, "no seed finds a planner that \(name)")
    }
}
