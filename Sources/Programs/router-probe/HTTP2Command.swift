import ArgumentParser
import RouterProbes

/// How the probed server is reached, for the subcommands about HTTP/2.
struct HTTP2Options: ParsableArguments {
    @Option(help: "The server's port on 127.0.0.1.")
    var port: Int

    @Flag(help: "Speak TLS with ALPN; without it HTTP/2 begins by prior knowledge.")
    var tls = false

    @Option(help: "The host whose service answers.")
    var authority = "app.localhost"

    @Option(help: "The port on 127.0.0.1 at which this program plays the instance that the server passes requests to.")
    var originPort: Int

    @Option(help: "Only what has this in its id.")
    var only = ""

    @Option(help: "Milliseconds that an event may take before it counts as missing.")
    var patience = 3_000

    /// The server as the probes take it.
    var target: HTTP2Target {
        HTTP2Target(port: port, isTLS: tls, authority: authority, patience: .milliseconds(patience))
    }
}

/// Runs the rules of HTTP/2 against a server.
struct HTTP2Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http2", abstract: "Hold a server against the rules of HTTP/2 (RFC 9113, 7541 and 8441).")

    @OptionGroup var options: HTTP2Options

    func run() async throws {
        let origin = try HTTP2Origin(port: options.originPort)
        let judge = HTTP2Judge(options.target, origin: origin)
        let rules = HTTP2Rule.all.filter { options.only.isEmpty || $0.id.contains(options.only) }
        let verdicts = await onThreads(rules.count, name: "probe", atOnce: 4) { judge.verdict(rules[$0]) }
        var counts = (kept: 0, quietly: 0, notApplicable: 0, broken: 0)
        for (rule, verdict) in zip(rules, verdicts) {
            switch verdict {
            case .kept: counts.kept += 1
            case .keptQuietly:
                counts.quietly += 1
                print("quiet   \(rule): closed without GOAWAY")
            case .notApplicable(let reason):
                counts.notApplicable += 1
                print("n/a     \(rule): \(reason)")
            case .broken(let reason):
                counts.broken += 1
                print("broken  \(rule): \(reason)")
            }
        }
        print(
            "\(rules.count) rules: \(counts.kept) kept, \(counts.quietly) kept without GOAWAY, "
                + "\(counts.notApplicable) not applicable, \(counts.broken) broken")
        origin.stop()
        if counts.broken > 0 { throw ExitCode.failure }
    }
}
