import ArgumentParser
import RunaboutClient

/// End a service's instances and keep its definition.
struct PauseService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "End a service's instances and keep its definition.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let operation = OperationWait(
            client: connection.client(), terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Pausing") { client throws(ClientError) in
            try await client.pauseService(service)
        }
    }
}
