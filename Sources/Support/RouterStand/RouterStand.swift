import Glibc
public import RunaboutLink
public import RunaboutModel
public import RunaboutRouting

/// A real router as a process of its own, with this process as its control plane.
///
/// Everything outside of the router is the stand's: it makes the listeners and passes them, hands out the routes and
/// collects what the router says. Functions that wait exist twice: those named `...Blocking` for threads and programs,
/// those without for tasks.
public final class RouterStand: Sendable {
    /// How a stand is to be.
    public struct Configuration: Sendable {
        /// The router's program; nil is the one beside us (see ``RouterProgram``).
        public var program: String?
        /// The sockets to pass, in order; without any, the router must be told where to listen by ``arguments``.
        public var listeners: [StandListener]
        /// The routes of the first table.
        public var routes: [ServiceRoute]
        /// What the operator decided.
        public var settings: RouterSettings
        /// What the router shows to clients that speak TLS.
        public var certificates: [RouterCertificate]
        /// More arguments for the router, after `--link`.
        public var arguments: [String]
        /// More variables for the router's environment.
        public var environment: [String: String]
        /// Where the router writes what it says to people; nil is our own standard error, else a file.
        public var output: String?
        /// Listening sockets of the caller's, one for each of ``listeners``; empty lets the stand make them.
        ///
        /// Routers that are given the same sockets serve the same ports, one beside the other.
        public var sockets: [Int32]
        /// How long starting may take.
        public var startDeadline: Duration

        /// Takes all values; without any, an empty table and one plain listener.
        public init(
            program: String? = nil, listeners: [StandListener] = [StandListener()], routes: [ServiceRoute] = [],
            settings: RouterSettings = RouterSettings(), certificates: [RouterCertificate] = [],
            arguments: [String] = [], environment: [String: String] = [:], output: String? = nil,
            sockets: [Int32] = [], startDeadline: Duration = .seconds(20),
        ) {
            self.program = program
            self.listeners = listeners
            self.routes = routes
            self.settings = settings
            self.certificates = certificates
            self.arguments = arguments
            self.environment = environment
            self.output = output
            self.sockets = sockets
            self.startDeadline = startDeadline
        }
    }

    /// The configuration it was started with.
    public let configuration: Configuration
    /// Ports of the listeners, in the order of the configuration.
    public let ports: [Int]
    private let directory: String
    private let link: StandLink
    private let log: MessageLog
    private let process: RouterProcess

    private init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let program = try configuration.program ?? RouterProgram.besideUs()
        let directory = try Self.makeDirectory()
        let log = MessageLog()
        var descriptors: [Int32] = []
        var ports: [Int] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        var opened: StandLink?
        do {
            var variables = configuration.environment
            for (index, listener) in configuration.listeners.enumerated() {
                let shared = index < configuration.sockets.count ? configuration.sockets[index] : nil
                let socket = try shared.map { try StandListener.share($0) } ?? listener.open()
                descriptors.append(socket.descriptor)
                ports.append(socket.port)
            }
            if !descriptors.isEmpty {
                variables["LISTEN_FDS"] = String(descriptors.count)
                variables["LISTEN_FDNAMES"] = configuration.listeners.map(\.name).joined(separator: ":")
            }
            link = try StandLink(
                path: directory + "/link", settings: configuration.settings, certificates: configuration.certificates,
                routes: configuration.routes, log: log)
            opened = link
            try link.start()
            process = try RouterProcess(
                program: program, arguments: ["--link", link.path] + configuration.arguments, variables: variables,
                descriptors: descriptors, output: configuration.output,
            ) { log.end("the router ended with status \($0)") }
        } catch {
            opened?.stop()
            unlink(directory + "/link")
            rmdir(directory)
            throw error
        }
        self.directory = directory
        self.ports = ports
        self.log = log
    }

    deinit {
        process.signal(SIGKILL)
        cleanUp()
    }

    /// Ends the link as a control plane that is killed does; the router can't connect until ``restoreLinkBlocking()``.
    public func cutLink() { link.cut() }

    /// Lets the router connect again and waits until it has taken the table.
    ///
    /// Blocks.
    public func restoreLinkBlocking(within limit: Duration = .seconds(10)) throws(StandError) {
        link.restore()
        try settleBlocking(within: limit)
    }

    private func cleanUp() {
        link.stop()
        unlink(link.path)
        rmdir(directory)
    }

    /// Starts a router and waits until it has taken the routes.
    ///
    /// Blocks.
    /// - Throws: when it can't be started, ends, or does not take the routes in time.
    public static func startBlocking(_ configuration: Configuration) throws -> RouterStand {
        let stand = try RouterStand(configuration)
        try stand.settleBlocking(within: configuration.startDeadline)
        return stand
    }

    /// The port of the first plain listener; 0 when there is none.
    public var port: Int { port(isTLS: false) }

    /// The port of the first TLS listener; 0 when there is none.
    public var portTLS: Int { port(isTLS: true) }

    private func port(isTLS: Bool) -> Int {
        zip(configuration.listeners, ports).first { $0.0.isTLS == isTLS }?.1 ?? 0
    }

    /// The router's process id; after the end it may be another's.
    public var processID: Int32 { process.id }

    /// Sends the router a signal, unless it has ended.
    public func signal(_ number: Int32) { process.signal(number) }

    /// What the router has and has used.
    ///
    /// - Throws: when it has ended.
    public func figures() throws(StandError) -> ProcessFigures { try ProcessFigures(process: process.id) }

    /// Says something to the router, and keeps the table in step with it; does not wait.
    public func say(_ message: ControlMessage) { link.say(message) }

    /// The table as the router is to have it, by service.
    public var table: [ServiceID: ServiceRoute] { link.table }

    /// Publishes a route and waits until the router counts under its generation.
    ///
    /// Blocks.
    /// - Throws: when that does not happen in time; an older generation is refused by the router, so it never does.
    public func publishBlocking(_ route: ServiceRoute, within limit: Duration = .seconds(10)) throws(StandError) {
        link.say(.publish(route))
        try awaitGenerations([route.service: route.generation], within: limit)
    }

    /// Replaces the whole table and waits until the router has taken it.
    ///
    /// Blocks.
    public func replaceTableBlocking(_ routes: [ServiceRoute], within limit: Duration = .seconds(10)) throws(StandError)
    {
        link.say(.snapshot(routes))
        try settleBlocking(within: limit)
    }

    /// Waits until the router counts under the table's generations.
    ///
    /// Blocks.
    public func settleBlocking(within limit: Duration = .seconds(10)) throws(StandError) {
        _ = try log.wait(within: limit, for: "the router's hello") { $0.hello }
        try awaitGenerations(link.table.mapValues(\.generation), within: limit)
    }

    private func awaitGenerations(_ wanted: [ServiceID: Int64], within limit: Duration) throws(StandError) {
        try log.wait(within: limit, for: "the router to take \(wanted.count) routes") { state -> Void? in
            let isTaken = wanted.allSatisfy { service, generation in
                state.generations[service].map { $0 >= generation } ?? false
            }
            return isTaken ? () : nil
        }
    }

    /// What the router has said so far, oldest first; of very much, the newest.
    public var messages: [RouterMessage] { log.read { $0.messages } }

    /// The ledger entries among these.
    public var entries: [LedgerEntry] {
        messages.flatMap { message in
            if case .ledger(let report) = message { report.entries } else { [LedgerEntry]() }
        }
    }

    /// The newest totals that the router has told of a service; of requests without one for nil.
    public func totals(of service: ServiceID?) -> LedgerTotals? { log.read { $0.totals[service] } }

    /// The next message for which the closure gives a value; messages up to it are passed over for good.
    ///
    /// Blocks.
    /// - Throws: when none comes in time, or the router has ended.
    public func nextBlocking<Value: Sendable>(
        within limit: Duration = .seconds(10), _ what: String, _ match: (RouterMessage) -> Value?,
    ) throws(StandError) -> Value {
        try log.wait(within: limit, for: what) { state in
            while state.taken < state.messages.count {
                let message = state.messages[state.taken]
                state.taken += 1
                if let value = match(message) { return value }
            }
            return nil
        }
    }

    /// Waits for totals of a service that satisfy a condition.
    ///
    /// Blocks.
    public func totalsBlocking(
        of service: ServiceID?, within limit: Duration = .seconds(10), _ condition: (LedgerTotals) -> Bool,
    ) throws(StandError) -> LedgerTotals {
        try log.wait(within: limit, for: "totals of a service") { state in
            state.totals[service].flatMap { condition($0) ? $0 : nil }
        }
    }

    /// Tells the router to stop and waits for its end.
    ///
    /// Blocks. Gives its exit status, or 128 plus the signal that ended it. The link stands until then, so the last
    /// reports are collected.
    /// - Throws: when it goes on for longer; it is killed then.
    @discardableResult
    public func stopBlocking(within limit: Duration = .seconds(10)) throws(StandError) -> Int32 {
        process.signal(SIGTERM)
        do {
            return try awaitEnd(within: limit)
        } catch {
            killBlocking()
            throw error
        }
    }

    /// Kills the router and waits for its end.
    ///
    /// Blocks.
    public func killBlocking() {
        process.signal(SIGKILL)
        process.join()
        cleanUp()
    }

    private func awaitEnd(within limit: Duration) throws(StandError) -> Int32 {
        let status = try process.awaitEnd(within: limit)
        cleanUp()
        return status
    }

    static func makeDirectory() throws(StandError) -> String {
        // Not TMPDIR: a Unix socket's path has room for 107 bytes.
        var template = Array("/tmp/runabout-stand-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StandError("Making a directory below /tmp", code: errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
