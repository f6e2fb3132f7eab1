import ArgumentParser
import RunaboutClient
import RunaboutWire

/// All services at a glance.
struct ListServices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all services.", aliases: ["ls"])

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let services = try await connection.client().services()
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(PageBody(items: services)) }
        terminal.lines(serviceTable(services, now: currentTime(), style: terminal.style))
    }
}
