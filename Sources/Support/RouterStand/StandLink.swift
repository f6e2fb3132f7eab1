import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// The control plane's side of the link for one router at a time, on a thread of its own.
///
/// Each connection gets a hello, settings, certificates and the whole table first, then what is said.
final class StandLink: Sendable {
    private struct State {
        var settings: RouterSettings
        var certificates: [RouterCertificate]
        var table: [ServiceID: ServiceRoute]
        var outgoing: [ControlMessage] = []
        var isConnected = false
        var isStopping = false
        var isCut = false
    }

    /// Where the router finds it.
    let path: String
    private let log: MessageLog
    private let listener: Int32
    private let wake: Int32
    private let state: Mutex<State>
    private let thread = Mutex<NamedThread?>(nil)

    /// Listens; nobody is answered before ``start()``.
    init(
        path: String, settings: RouterSettings, certificates: [RouterCertificate], routes: [ServiceRoute],
        log: MessageLog,
    ) throws(StandError) {
        self.path = path
        let table = Dictionary(routes.map { ($0.service, $0) }) { _, last in last }
        state = Mutex(State(settings: settings, certificates: certificates, table: table))
        self.log = log
        listener = try Self.listen(path)
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    /// Ends the connection and takes the socket's name away.
    func cut() {
        // Nothing is said of the old connection from now on, and a look at the hello waits for the next.
        state.withLock { $0.isCut = true }
        rename(path, path + ".cut")
        log.restart()
        signal()
    }

    /// Gives the socket its name again.
    func restore() {
        state.withLock { $0.isCut = false }
        rename(path + ".cut", path)
    }

    deinit {
        close(listener)
        close(wake)
        unlink(path)
        unlink(path + ".cut")
    }

    func start() throws {
        let started = try NamedThread(name: "stand-link") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Ends the connection and the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        signal()
        thread.withLock { $0.take() }?.join()
    }

    /// The routes as the router is to have them.
    var table: [ServiceID: ServiceRoute] { state.withLock { $0.table } }

    /// Changes the table and says so.
    func say(_ message: ControlMessage) {
        state.withLock { state in
            switch message {
            case .publish(let route): state.table[route.service] = route
            case .withdraw(let service, generation: _): state.table[service] = nil
            case .snapshot(let routes):
                state.table = Dictionary(routes.map { ($0.service, $0) }) { _, last in last }
            case .settings(let settings): state.settings = settings
            case .certificates(let certificates): state.certificates = certificates
            case .hello: break
            }
            // Without a connection nothing is lost: the next one begins with the table.
            if state.isConnected { state.outgoing.append(message) }
        }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        while !isStopping {
            guard awaitInput(of: listener) else { continue }
            let connection = cepoll_accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            log.restart()
            state.withLock { state in
                state.isConnected = true
                let routes = state.table.values.sorted { $0.service < $1.service }
                state.outgoing = [
                    .hello(version: linkVersion), .settings(state.settings), .certificates(state.certificates),
                    .snapshot(routes),
                ]
            }
            var session = StandSession(socket: connection, wake: wake)
            do {
                try session.run(take: takeOutgoing, deliver: log.append)
            } catch {
                log.end("\(error)")
            }
            state.withLock { $0.isConnected = false }
            close(connection)
        }
    }

    /// Waits; false when something else than the socket woke us.
    private func awaitInput(of socket: Int32) -> Bool {
        var events = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&events, 2, -1) > 0 else { return false }
        if events[1].revents != 0 {
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
        }
        return events[0].revents != 0
    }

    /// What to say next; nil when the link ends.
    private func takeOutgoing() -> [ControlMessage]? {
        state.withLock { state in
            guard !state.isStopping, !state.isCut else { return nil }
            defer { state.outgoing = [] }
            return state.outgoing
        }
    }

    private static func listen(_ path: String) throws(StandError) -> Int32 {
        let attempt = "Listening on \(path)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw StandError(attempt, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw StandError(attempt, code: errno) }
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isListening, Glibc.listen(descriptor, 8) == 0 else {
            let code = errno
            close(descriptor)
            throw StandError(attempt, code: code)
        }
        return descriptor
    }
}
