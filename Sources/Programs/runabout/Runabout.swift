import ArgumentParser
import Foundation
import RunaboutClient
import RunaboutModel
import RunaboutWire

/// The command-line interface of the platform.
@main
struct Runabout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runabout",
        abstract: "Hand it an image, get a balanced, autoscaled, self-healing service.",
        discussion: """
            The daemon is found by --url, RUNABOUT_URL, --socket or RUNABOUT_SOCKET, else at ./.runabout/run/api.sock
            or /run/runabout/api.sock. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 daemon not reachable
            or credential not accepted.
            """,
        version: platformVersion,
        subcommands: [
            ServicesCommand.self, StatusCommand.self, LogsCommand.self, InstancesCommand.self, OperationsCommand.self,
            EventsCommand.self, ExplainCommand.self, AutoScalingCommand.self, HealthCommand.self,
            ImagesCommand.self, RegistryCommand.self, AuthorityCommand.self, VersionCommand.self,
        ],
    )

    /// Runs the command and turns how it ended into an exit status.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ClientError {
            Terminal.standard.fail("\(error)")
            Foundation.exit(ExitStatus.of(error).rawValue)
        } catch let error as CommandFailure {
            Terminal.standard.fail(error.message)
            Foundation.exit(ExitStatus.failed.rawValue)
        } catch {
            guard exitCode(for: error) == .success else {
                Terminal.standard.fail(fullMessage(for: error))
                Foundation.exit(ExitStatus.usage.rawValue)
            }
            exit(withError: error)
        }
    }
}

/// How the program ends.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 2
    case unreachable = 3

    /// The status that fits an error of the client.
    static func of(_ error: ClientError) -> ExitStatus {
        switch error {
        case .unreachable, .notPermitted, .timedOut, .malformedAnswer: .unreachable
        case .refused(let problem): problem.status == 401 || problem.status == 403 ? .unreachable : .failed
        }
    }
}

/// What was asked for was done by the daemon, and failed.
struct CommandFailure: Error {
    let message: String
}
