import ArgumentParser
import RunaboutClient

/// One configuration.
struct GetAutoScaling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one configuration.")

    @Argument(help: "NAME (its newest revision), NAME/REVISION or id.")
    var reference: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().autoScalingConfiguration(reference)
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(found) }
        terminal.lines(autoScalingTable([found], now: currentTime(), style: terminal.style))
    }
}
