import ArgumentParser
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// What was asked for.
struct OperationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operations", abstract: "List operations, newest first; or show one.")

    @Argument(help: "A service's name or id, or an operation's id; without it all operations.")
    var subject: String?

    @Option(help: "How many (default 20).")
    var limit = 20

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let terminal = Terminal.standard
        let operations: [OperationBody]
        // Ids of services and operations look alike; an operation is what is asked for here.
        if let subject, let id = OperationID(subject), let one = try? await client.operation(id) {
            guard !connection.json else { return try terminal.json(one) }
            operations = [one]
        } else {
            operations = try await client.operations(of: subject, limit: limit)
            guard !connection.json else { return try terminal.json(PageBody(items: operations)) }
        }
        let services = try await client.services()
        let names = Dictionary(services.map { ($0.id, $0.name) }) { first, _ in first }
        let now = currentTime()
        terminal.lines(operationTable(operations, names: names, now: now, style: terminal.style))
        if operations.count == 1, let failure = operations.first?.failure {
            terminal.lines([""] + failureText(failure, style: terminal.style))
        }
    }
}
