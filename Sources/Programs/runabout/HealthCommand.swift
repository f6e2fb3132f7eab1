import ArgumentParser
import RunaboutClient

/// How the platform's parts are.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Say how the platform's parts are.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let health = try await connection.client().health()
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(health) }
        terminal.lines(healthText(health, style: terminal.style))
    }
}
