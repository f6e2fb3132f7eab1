import ArgumentParser
import RunaboutClient
import RunaboutWire

/// What runs for a service.
struct InstancesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "instances", abstract: "List a service's instances.")

    @Argument(help: "The service's name or id.")
    var service: String

    @Flag(name: .shortAndLong, help: "Those that have ended, too.")
    var all = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let instances = try await client.instances(of: service, includesEnded: all)
        let terminal = Terminal.standard
        guard !connection.json else { return try terminal.json(PageBody(items: instances)) }
        let demand = try await client.explain(service, limit: 1).demand
        terminal.lines(instanceTable(instances, demand: demand, now: currentTime(), style: terminal.style))
    }
}
