import ArgumentParser
import RunaboutClient

/// Takes away one revision of a configuration.
struct DeleteAutoScaling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete one revision of a configuration that no service uses.")

    @Argument(help: "NAME (its newest revision), NAME/REVISION or id.")
    var reference: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.client().deleteAutoScalingConfiguration(reference)
        if !connection.json { Terminal.standard.line("\(reference) is deleted.") }
    }
}
