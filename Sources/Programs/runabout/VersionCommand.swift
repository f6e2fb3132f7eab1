import ArgumentParser
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// Which versions talk to each other.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say which version this is, and which the daemon is.")

    private struct Versions: Encodable {
        let client: String
        let daemon: String?
    }

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        // Without a daemon this program still has a version.
        let daemon = try? await connection.client().health().version
        guard !connection.json else {
            return try Terminal.standard.json(Versions(client: platformVersion, daemon: daemon))
        }
        Terminal.standard.line("runabout  \(platformVersion)")
        Terminal.standard.line("daemon    \(daemon ?? "not reachable")")
    }
}
