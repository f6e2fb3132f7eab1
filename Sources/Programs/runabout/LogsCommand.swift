import ArgumentParser
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// What instances wrote.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the instances of a service, or one instance, wrote.",
    )

    @Argument(help: "A service's name or id, or an instance's id or the beginning of one.")
    var subject: String

    @Flag(name: .shortAndLong, help: "Go on with each new line, those of new instances too.")
    var follow = false

    @Option(name: .shortAndLong, help: "How many lines of the past (default 100).")
    var tail: Int?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = connection.client()
        let terminal = Terminal.standard
        let (lines, isService) = try await open(client)
        for try await line in lines {
            if connection.json {
                try terminal.json(line, pretty: false)
            } else {
                terminal.line(logText(line, showsInstance: isService, style: terminal.style))
            }
        }
    }

    /// A service of that name, and if there is none an instance.
    private func open(_ client: ControlClient) async throws(ClientError) -> (LogStream, isService: Bool) {
        do {
            return (try await client.logs(ofService: subject, tail: tail, follow: follow), true)
        } catch ClientError.refused(let problem) where problem.status == 404 {
            do {
                return (try await client.logs(ofInstance: subject, tail: tail, follow: follow), false)
            } catch ClientError.refused(let second) where second.status == 404 || second.status == 400 {
                throw ClientError.refused(problem)
            }
        }
    }
}
