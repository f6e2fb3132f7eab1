import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import Synchronization

/// Stands for an instance: each connection runs a script on a thread of its own.
final class ScriptedInstance: Sendable {
    typealias Script = @Sendable (Wire, InstanceCounters) throws -> Void

    let port: Int
    let id: InstanceID
    private let descriptor: Int32
    private let counters = InstanceCounters()

    init(_ number: UInt64 = 1, script: @escaping Script) throws {
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        port = listener.port
        descriptor = listener.descriptor
        id = InstanceID(high: 2, low: number)
        // The script's thread waits for connections itself.
        _ = fcntl(listener.descriptor, F_SETFL, 0)
        _ = try NamedThread(name: "instance") { [counters] in
            Self.serve(listener.descriptor, counters, script)
            // Closed by whom it serves, so that its number can't become another socket's meanwhile.
            close(listener.descriptor)
        }
    }

    /// Answers every request of every connection with one text.
    convenience init(_ number: UInt64 = 1, answering body: String) throws {
        try self.init(number) { wire, _ in
            while true {
                _ = try wire.readHead()
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
        }
    }

    deinit { stop() }

    /// Refuses connections from now on.
    func stop() {
        if counters.stopOnce() { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    var connections: Int { counters.connections }
    var runningMax: Int { counters.runningMax }

    private static func serve(_ listener: Int32, _ counters: InstanceCounters, _ script: @escaping Script) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            counters.countConnection()
            // Without a thread the connection ends, which the test sees.
            _ = try? NamedThread(name: "connection") {
                let wire = Wire(descriptor: connection)
                // A script ends by an error when its peer goes, which is what many tests do.
                try? script(wire, counters)
            }
        }
    }

    func routed(_ state: RouteInstanceState = .ready) -> RouteInstance {
        RouteInstance(id: id, address: InstanceAddress(host: "127.0.0.1", port: port), state: state)
    }
}

/// Stands for an instance that takes no connection: its port is held, so that nobody else in this process gets it.
final class RefusingInstance: Sendable {
    let port: Int
    let id: InstanceID
    private let descriptor: Int32

    init(_ number: UInt64 = 1) throws {
        let held = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        descriptor = held
        var address = loopback(0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(held, $0, size) == 0 }
        }
        guard isBound else { throw SocketFailure("binding") }
        port = try ListeningSocket(passed: descriptor).port
        id = InstanceID(high: 2, low: number)
    }

    deinit { close(descriptor) }

    func routed(_ state: RouteInstanceState = .ready) -> RouteInstance {
        RouteInstance(id: id, address: InstanceAddress(host: "127.0.0.1", port: port), state: state)
    }
}

/// What an instance has seen.
final class InstanceCounters: Sendable {
    private struct State {
        var connections = 0
        var running = 0
        var runningMax = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    var connections: Int { state.withLock { $0.connections } }
    var runningMax: Int { state.withLock { $0.runningMax } }

    func countConnection() { state.withLock { $0.connections += 1 } }

    func stopOnce() -> Bool {
        state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
    }

    /// Counts a request as running while the body runs.
    func running(_ body: () throws -> Void) rethrows {
        state.withLock { state in
            state.running += 1
            state.runningMax = max(state.runningMax, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        try body()
    }
}

let testService = ServiceID(high: 1, low: 1)

func route(
    _ instances: [RouteInstance],
    service: ServiceID = testService,
    hosts: [String] = ["app.localhost"],
    generation: Int64 = 1,
    maxConcurrency: Int = 100,
    queueLengthMax: Int = 1_000,
    queueWaitMilliseconds: Int64 = 10_000,
    requestTimeoutMilliseconds: Int64 = 30_000,
    availability: RouteAvailability = .serving,
    instanceProtocol: InstanceProtocol = .http1,
) -> ServiceRoute {
    ServiceRoute(
        service: service, hosts: hosts, generation: generation, maxConcurrency: maxConcurrency,
        queueLengthMax: queueLengthMax, queueWaitMilliseconds: queueWaitMilliseconds,
        timeouts: RouteTimeouts(totalMilliseconds: requestTimeoutMilliseconds), instanceProtocol: instanceProtocol,
        availability: availability,
        instances: instances,
    )
}
