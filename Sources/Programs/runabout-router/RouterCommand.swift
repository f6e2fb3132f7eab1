import ArgumentParser
import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutProxy
import Synchronization

/// The data plane: serves requests by the routes that the control plane hands it, and goes on without it.
@main
struct RouterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runabout-router",
        abstract: "Serves the traffic of all services. Started by runaboutd or systemd.",
    )

    @Option(help: "The control plane's Unix socket.")
    var link: String

    @Option(help: "Where to listen, as ADDRESS:PORT; may be given several times. Without passed sockets only.")
    var listen: [ListenAddress] = []

    @Option(
        help: "Where to listen for HTTPS, as ADDRESS:PORT; may be given several times. Without passed sockets only.")
    var listenTls: [ListenAddress] = []

    @Option(help: "The user to become once everything that needs root is open.")
    var user: String?

    @Option(help: "Event loops, each on a thread of its own (default: one for each processor).")
    var loops: Int?

    @Flag(help: "Every connection begins with a PROXY protocol header, version 1 or 2; others are closed.")
    var proxyProtocol = false

    @Option(help: "Seconds that running requests may go on when told to stop.")
    var drainSeconds = Limits.routerDrainDeadline.components.seconds

    @Option(help: "A file that gets a line of JSON for each request; made anew when it was renamed, or on SIGHUP.")
    var accessLog: String?

    @OptionGroup var waits: WaitOptions

    func validate() throws {
        guard (0...86_400).contains(drainSeconds) else { throw ValidationError("--drain-seconds must be 0...86400.") }
        if let loops, !(1...Limits.proxyLoopsMax).contains(loops) {
            throw ValidationError("--loops must be 1...\(Limits.proxyLoopsMax).")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let signals = Process.blockStopSignals()
        let sockets = try listeners()
        Process.raiseDescriptorLimit()
        if let user { try Process.become(user) }

        let client = ClientHolder()
        var settings = ProxyEngine.Configuration(
            listeners: sockets, loops: min(loops ?? Int(cepoll_processors()), Limits.proxyLoopsMax),
            routesWait: Limits.firstRoutesWait, say: { client.send($0, on: $1) }, log: { Process.log($0) })
        settings.expectsProxyHeader = proxyProtocol
        settings.timeouts = waits.timeouts
        // As the account that has to make it again.
        let records = try accessLog.map { path in
            try AccessLog(path: path, loops: settings.loops) { Process.log($0) }
        }
        settings.accessLog = records
        let engine = try ProxyEngine(settings)
        try records?.start()
        let linkClient = LinkClient(path: link) { engine.handle($0) }
        client.set(linkClient)
        try engine.start()
        try linkClient.start()
        let ports = sockets.map { String($0.port) }.joined(separator: ", ")
        Process.log("serving on \(sockets.count == 1 ? "port" : "ports") \(ports) as user \(geteuid())")
        Process.notify("READY=1")

        Process.wait(for: signals) { records?.reopen() }
        Process.notify("STOPPING=1")
        Process.log("stopping: no new connections, running requests may take \(drainSeconds) s; again to stop at once")
        engine.beginStop(within: .seconds(drainSeconds))
        let impatience = try NamedThread(name: "signals") {
            Process.wait(for: signals) { records?.reopen() }
            engine.beginStop(within: .zero)
        }
        engine.waitUntilStopped()
        records?.stop()
        linkClient.stop()
        Process.log("stopped")
        withExtendedLifetime(impatience) {}
    }

    private func listeners() throws -> [ListeningSocket] {
        let passed = try Process.passedDescriptors()
        if !passed.isEmpty { return try passed.map { try ListeningSocket(passed: $0.descriptor, isTLS: $0.isHTTPS) } }
        guard !listen.isEmpty || !listenTls.isEmpty else {
            throw ValidationError("No sockets were passed (LISTEN_FDS), and no --listen or --listen-tls was given.")
        }
        return try listen.map { try ListeningSocket(host: $0.host, port: $0.port) }
            + listenTls.map { try ListeningSocket(host: $0.host, port: $0.port, isTLS: true) }
    }
}

/// An address and a port as given on the command line.
struct ListenAddress: ExpressibleByArgument {
    let host: String
    let port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else {
            return nil
        }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}

/// Lets the engine speak over a link that is made after it.
private final class ClientHolder: Sendable {
    private let client = Mutex<LinkClient?>(nil)

    func set(_ client: LinkClient) { self.client.withLock { $0 = client } }

    func send(_ message: RouterMessage, on connection: UInt64) {
        client.withLock { $0 }?.send(message, on: connection)
    }
}
