import ArgumentParser
import RunaboutClient
import RunaboutWire

/// A new configuration, or the next revision of one.
struct CreateAutoScaling: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an auto scaling configuration or, under a name that exists, its next revision.",
    )

    @Argument(help: "Its name: 4 to 32 letters, digits, '-' and '_'.")
    var name: String

    @Option(help: "Requests in flight at one instance, 1 to 200 (default 100).")
    var maxConcurrency: Int?

    @Option(help: "Instances kept even without requests, 0 to 25 (default 1); 0 scales to zero.")
    var minSize: Int?

    @Option(help: "Instances at the most (default 25).")
    var maxSize: Int?

    @Option(help: "Seconds for which the greatest want holds the number of instances up (default 60).")
    var stabilization: Int?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let made = try await connection.client().createAutoScalingConfiguration(
            CreateAutoScalingConfigurationBody(
                name: name,
                maxConcurrency: maxConcurrency,
                minSize: minSize,
                maxSize: maxSize,
                stabilizationSeconds: stabilization,
            ))
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(made) }
        terminal.lines(autoScalingTable([made], now: currentTime(), style: terminal.style))
    }
}
