import ArgumentParser
import RunaboutClient

/// Start a paused service again.
struct ResumeService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Start a paused service again.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let operation = OperationWait(
            client: connection.client(), terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Resuming") { client throws(ClientError) in
            try await client.resumeService(service)
        }
    }
}
