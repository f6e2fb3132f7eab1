import ArgumentParser
import RunaboutClient
import RunaboutWire

/// Another image, configuration or scaling for a service.
struct UpdateService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a service. What no flag names stays as it is.",
    )

    @Argument(help: "The service's name or id.")
    var service: String

    @Option(help: "Another image; the same tag again deploys what it stands for now.")
    var image: String?

    @Option(help: "How it scales: an auto scaling configuration, NAME or NAME/REVISION.")
    var autoScaling: String?

    @Option(name: .customLong("unset-env"), help: "An environment variable to take away; may be given many times.")
    var unsetEnvironment: [String] = []

    @Flag(inversion: .prefixedNo, help: "Wait until the operation has ended.")
    var wait = true

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        guard image == nil, autoScaling == nil, unsetEnvironment.isEmpty, options.isEmpty else { return }
        throw ValidationError("Nothing to change: give --image, --auto-scaling or another flag.")
    }

    func run() async throws {
        let client = connection.client()
        var body = UpdateServiceBody(image: image, autoScaling: autoScaling)
        var generation: Int64?
        if !options.isEmpty || !unsetEnvironment.isEmpty {
            // A configuration is replaced whole, so it starts from what is there now, and only if that is still there.
            let current = try await client.service(service)
            generation = current.generation
            var configuration = options.applied(to: current.revision?.configuration ?? InstanceConfigurationBody())
            for name in unsetEnvironment { configuration.environment[name] = nil }
            body.configuration = configuration
        }
        let operation = OperationWait(client: client, terminal: .standard, json: connection.json, waits: wait)
        try await operation.run("Updating") { client throws(ClientError) in
            try await client.updateService(service, body, ifMatch: generation)
        }
    }
}
