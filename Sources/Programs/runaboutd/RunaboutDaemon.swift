import ArgumentParser
import Glibc
import RunaboutModel

/// The control plane of Runabout.
@main
struct RunaboutDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runaboutd",
        abstract: "Runs services from container images: builds routes, starts, watches and scales instances.",
        version: platformVersion,
        subcommands: [Run.self, Serve.self, CheckConfig.self],
    )
}

/// `runaboutd run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs everything in the foreground, the front proxy too; Ctrl-C stops it and keeps what is defined.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        await exitOnFailure { try await Daemon.run(.development, options.settings(over: Settings())) }
    }
}

/// `runaboutd serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the control plane under systemd; instances and the front proxy go on while it is restarted.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        await exitOnFailure { try await Daemon.run(.system, options.settings(over: .system)) }
    }
}

/// `runaboutd check-config`.
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Says whether a configuration can be used, and what is wrong where not.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        await exitOnFailure {
            _ = try options.settings(over: .system)
            print("The configuration can be used.")
        }
    }
}

/// Says why the program can't go on in one line, without a backtrace, and ends it with status 1.
private func exitOnFailure(_ body: () async throws -> Void) async {
    do {
        try await body()
    } catch {
        let line = Array("runaboutd: \(error)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        exit(1)
    }
}
