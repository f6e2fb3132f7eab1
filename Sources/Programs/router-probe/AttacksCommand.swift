import ArgumentParser
import Glibc
import RouterProbes

/// Runs the floods of HTTP/2 against a server and measures what they cost it.
struct AttacksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacks", abstract: "Attack a server over HTTP/2 and measure what it costs.")

    @OptionGroup var options: HTTP2Options

    @Option(help: "The id of the server's process on this machine.")
    var process: Int32

    @Option(help: "Seconds a server may take to end the connection of an attacker that falls silent.")
    var closingSeconds = 20

    func run() async throws {
        let origin = try HTTP2Origin(port: options.originPort)
        let attacker = HTTP2Attacker(
            options.target, process: ServerProcess(id: process), patience: .seconds(closingSeconds))
        var failed = 0
        let attacks = HTTP2Attack.all.filter { options.only.isEmpty || $0.id.contains(options.only) }
        for attack in attacks {
            let result = await onThread(name: "attack") { Result { try attacker.report(attack) } }
            let report = try result.get()
            let failures = report.failures
            if !failures.isEmpty { failed += 1 }
            print(failures.isEmpty ? "stood   \(report)" : "broken  \(report): \(failures.joined(separator: ", "))")
            // Shown at once, to a file too: an attack may take long.
            fflush(nil)
        }
        origin.stop()
        print("\(attacks.count) attacks: \(attacks.count - failed) stood, \(failed) not")
        if failed > 0 { throw ExitCode.failure }
    }
}
