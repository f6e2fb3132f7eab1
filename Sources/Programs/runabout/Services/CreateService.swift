import ArgumentParser
import RunaboutClient
import RunaboutWire

/// A new service from an image.
struct CreateService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a service from an image in the embedded registry, and wait until it answers.",
    )

    @Argument(help: "Its name: 4 to 40 letters, digits, '-' and '_'.")
    var name: String

    @Option(help: "The image: REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST.")
    var image: String

    @Option(help: "How it scales: an auto scaling configuration, NAME or NAME/REVISION.")
    var autoScaling: String?

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let body = CreateServiceBody(
            name: name,
            image: image,
            configuration: options.applied(to: InstanceConfigurationBody()),
            autoScaling: autoScaling,
        )
        let operation = OperationWait(
            client: connection.client(), terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Creating") { client throws(ClientError) in try await client.createService(body) }
    }
}
