import ArgumentParser
import RunaboutClient
import RunaboutWire

/// All configurations.
struct ListAutoScaling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all revisions of all configurations.", aliases: ["ls"])

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let configurations = try await connection.client().autoScalingConfigurations()
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(PageBody(items: configurations)) }
        terminal.lines(autoScalingTable(configurations, now: currentTime(), style: terminal.style))
    }
}
