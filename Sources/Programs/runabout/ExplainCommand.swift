import ArgumentParser
import RunaboutClient

/// Why a service has the instances it has.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a service has the instances it has, what its waits were made of, and what failed.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Option(help: "How many decisions, waits and failures (default 20).")
    var limit = 20

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let explanation = try await connection.client().explain(service, limit: limit)
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(explanation) }
        terminal.lines(explanationText(explanation, now: currentTime(), style: terminal.style))
    }
}
