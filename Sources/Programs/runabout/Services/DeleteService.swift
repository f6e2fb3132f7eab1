import ArgumentParser
import RunaboutClient

/// Delete a service: its instances end, its name and host are free again.
struct DeleteService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a service: its instances end, its name and host are free again.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let operation = OperationWait(
            client: connection.client(), terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Deleting") { client throws(ClientError) in
            try await client.deleteService(service)
        }
    }
}
