import ArgumentParser
import RunaboutClient
import RunaboutWire

/// What the registry holds.
struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the registry's images and who runs them.")

    @Argument(help: "Only of this repository.")
    var repository: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let images = try await connection.client().images(of: repository)
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(PageBody(items: images)) }
        terminal.lines(imageTable(images, now: currentTime(), style: terminal.style))
    }
}
