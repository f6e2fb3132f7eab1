import RunaboutAutoscaling
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
        let one = simulate(SimulationSettings(seed: seed))
        let two = simulate(SimulationSettings(seed: seed, keepsTrace: true))
        #expect(one.digest == two.digest)
        #expect(one.steps == two.steps)
        #expect(one.digest != simulate(SimulationSettings(seed: seed + 1)).digest)
    }

    /// A bug as it is made, and what the world says of it.
    struct Bug: Sendable {
        let name: String
        let sign: String
        let planner: @Sendable (PlanInput) -> Plan
    }

    static let bugs = [
        Bug(name: "stops without draining", sign: "notDrained") { input in
            var plan = plan(input)
            plan.steps = plan.steps.map { step in
                if case .setInstanceState(let id, .draining, _) = step { .stop(id, graceSeconds: 2) } else { step }
            }
            plan.steps.removeAll { if case .publish = $0 { true } else { false } }
            return plan
        },
        Bug(name: "takes the router's first word for a whole window", sign: "before a whole window") { input in
            var plan = plan(input)
            guard let decision = plan.decision, decision.rule == .watching, decision.windowMax < decision.current else {
                return plan
            }
            var later = input
            later.now = input.now + .seconds(100)
            later.memory = plan.memory
            plan = RunaboutPlanning.plan(later)
            plan.wakeAt = plan.wakeAt.map { max($0 - .seconds(100), input.now + .milliseconds(1)) }
            return plan
        },
        Bug(name: "forgets to publish what became ready", sign: "") { input in
            var plan = plan(input)
            if plan.steps.contains(where: { if case .setInstanceState(_, .ready, _) = $0 { true } else { false } }) {
                plan.steps.removeAll { if case .publish = $0 { true } else { false } }
            }
            return plan
        },
        Bug(name: "asks for no timer", sign: "") { input in
            var plan = plan(input)
            plan.wakeAt = nil
            return plan
        },
        Bug(name: "starts one too many", sign: "tooMany") { input in
            var plan = plan(input)
            let start = plan.steps.first { if case .startInstance = $0 { true } else { false } }
            if let start { plan.steps.append(start) }
            return plan
        },
        Bug(name: "leaves what has ended lying about", sign: "instances are wanted") { input in
            var plan = plan(input)
            plan.steps.removeAll { if case .release = $0 { true } else { false } }
            return plan
        },
    ]

    @Test(arguments: bugs.indices) func aPlantedBugIsFound(_ index: Int) {
        let bug = Self.bugs[index]
        let found = (1...60 as ClosedRange<UInt64>).contains { seed in
            simulate(SimulationSettings(seed: seed, planner: bug.planner)).failure.map { failure in
                bug.sign.isEmpty || failure.contains(bug.sign)
            } ?? false
        }
        #expect(found, "no seed finds a planner that \(bug.name)")
    }
}
