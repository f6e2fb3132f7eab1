import ArgumentParser
import RouterProbes

/// Instances that misbehave.
struct FaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "Play instances that misbehave and judge what their clients get.")

    @OptionGroup var options: ProbeOptions

    func run() async throws {
        try await options.with { lanes in
            let results = await FaultRun.all(lanes: lanes, deadline: .seconds(options.deadline))
            try ProbeReport("faults", results).write(options)
        }
    }
}
