import ArgumentParser
import Foundation
import Glibc
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// Runs a router with given routes and no platform around it, for benchmarks and for trying things out.
@main
struct StandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router-stand",
        abstract: "Runs a router with given routes, playing its control plane.",
        discussion: """
            Writes one line of JSON when the router has taken the routes: its process id and its ports. Then it reads \
            lines: a route as JSON is published, an array of routes replaces the table, and an empty line is answered \
            by a line of JSON once the router has taken everything before it. Ends with SIGTERM or SIGINT.
            """,
    )

    @Option(help: "The router's program; otherwise the one beside this.")
    var router: String?

    @Option(help: "A plain listener, as ADDRESS:PORT; port 0 lets the kernel choose. May be given several times.")
    var listen: [String] = []

    @Option(name: .customLong("listen-tls"), help: "A listener for TLS, as ADDRESS:PORT.")
    var listenTLS: [String] = []

    @Option(help: "A file with the routes: a JSON array of what the control plane publishes.")
    var routes: String

    @Option(help: "A file in PEM with the certificate for all hosts; needs --key.")
    var certificate: String?

    @Option(
        help: "A file in PEM with the certificate's key. Without both, TLS listeners get a self-signed certificate.")
    var key: String?

    @Argument(parsing: .postTerminator, help: "Arguments for the router, after --.")
    var arguments: [String] = []

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        // Before any thread starts, since threads inherit it.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        let table = try JSONDecoder().decode(
            [ServiceRoute].self, from: Data(contentsOf: URL(filePath: routes)))
        let listeners =
            try listen.map { try listener($0, isTLS: false) } + listenTLS.map { try listener($0, isTLS: true) }
        let stand = try RouterStand.startBlocking(
            RouterStand.Configuration(
                program: router, listeners: listeners, routes: table, certificates: try certificates(for: table),
                arguments: arguments))
        let plain = stand.ports.prefix(listen.count).map(String.init).joined(separator: ",")
        let secure = stand.ports.dropFirst(listen.count).map(String.init).joined(separator: ",")
        say("{\"process\":\(stand.processID),\"http\":[\(plain)],\"https\":[\(secure)]}")
        let input = try NamedThread(name: "input") { publishLines(to: stand) }
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
        let status = try stand.stopBlocking(within: .seconds(30))
        withExtendedLifetime(input) {}
        if status != 0 { throw ExitCode(status) }
    }

    private func certificates(for table: [ServiceRoute]) throws -> [RouterCertificate] {
        let hosts = table.flatMap(\.hosts)
        if let certificate, let key {
            return [
                RouterCertificate(
                    hosts: hosts, chain: try String(contentsOfFile: certificate, encoding: .utf8),
                    key: SecretText(try String(contentsOfFile: key, encoding: .utf8)))
            ]
        }
        // Of many hosts one certificate would be as large as no real one is.
        return listenTLS.isEmpty ? [] : [try RouterCertificate.selfSigned(for: Array(hosts.prefix(10)))]
    }

    private func listener(_ text: String, isTLS: Bool) throws -> StandListener {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ValidationError("'\(text)' is not ADDRESS:PORT.")
        }
        return StandListener(host: String(text[..<colon]), port: Int(port), isTLS: isTLS)
    }

    private func publishLines(to stand: RouterStand) {
        while let line = readLine() {
            do {
                if line.isEmpty {
                    try stand.settleBlocking()
                    say("{\"settled\":true}")
                } else if line.hasPrefix("[") {
                    stand.say(.snapshot(try JSONDecoder().decode([ServiceRoute].self, from: Data(line.utf8))))
                } else {
                    stand.say(.publish(try JSONDecoder().decode(ServiceRoute.self, from: Data(line.utf8))))
                }
            } catch {
                FileHandle.standardError.write(Data("router-stand: \(error)\n".utf8))
                if line.isEmpty { say("{\"settled\":false}") }
            }
        }
    }

    /// A line for the program that reads us, whole and at once.
    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
