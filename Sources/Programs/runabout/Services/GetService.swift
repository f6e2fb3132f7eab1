import ArgumentParser
import RunaboutClient

/// All of one service.
struct GetService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show all of one service.")

    @Argument(help: "The service's name or id.")
    var service: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let found = try await connection.client().service(service)
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(found) }
        terminal.lines(serviceText(found, now: currentTime(), style: terminal.style))
    }
}
