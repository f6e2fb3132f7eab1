import ArgumentParser
import RunaboutSimulation

/// Runs simulated worlds and says which of them went wrong.
@main
struct RunaboutSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runabout-sim",
        abstract: "Drive planner, autoscaler, health and routing on virtual time with seeded faults.")

    @Option(help: "The first seed. The same seed gives the same world.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds, counted up from the first.")
    var seeds: UInt64 = 1

    @Flag(help: "Print what happens in each world.")
    var verbose = false

    func validate() throws {
        guard seeds > 0, !seed.addingReportingOverflow(seeds).overflow else {
            throw ValidationError("--seeds has to be at least 1, and the last seed has to fit into 64 bits.")
        }
    }

    func run() throws {
        var (steps, plans, requests, answered, failures) = (0, 0, 0, 0, 0)
        for seed in seed..<seed + seeds {
            let report = simulate(SimulationSettings(seed: seed, keepsTrace: verbose))
            steps += report.steps
            plans += report.plans
            requests += report.requests
            answered += report.answered
            if verbose {
                for line in report.trace { print(line) }
            }
            guard let failure = report.failure else { continue }
            failures += 1
            print(failure)
            if verbose { continue }
            // The same world again, this time in words.
            let again = simulate(SimulationSettings(seed: seed, keepsTrace: true))
            for line in again.trace.suffix(60) { print("  \(line)") }
        }
        print(
            "\(seeds) worlds, \(steps) events, \(plans) plans, \(requests) requests (\(answered) answered): "
                + (failures == 0 ? "nothing wrong" : "\(failures) went wrong"))
        if failures > 0 { throw ExitCode.failure }
    }
}
