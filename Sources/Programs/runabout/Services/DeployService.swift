import ArgumentParser
import RunaboutClient

/// Deploy what the service's image name stands for now.
struct DeployService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploy what the service's image name stands for now.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let operation = OperationWait(
            client: connection.client(), terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Deploying") { client throws(ClientError) in
            try await client.startDeployment(service)
        }
    }
}
