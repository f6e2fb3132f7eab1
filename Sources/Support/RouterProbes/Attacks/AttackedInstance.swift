import CEpoll
import Glibc
import Synchronization

/// An instance for a proxy under attack: one thread, thousands of connections, and a way to misbehave for each path.
///
/// - `/`: a short answer, once the whole request has come.
/// - `/large`: 64 MiB, as fast as they are taken.
/// - `/silent`: never an answer.
/// - `/reset`: the begin of a long answer, then a reset.
/// - `/short`: the begin of a long answer, then an orderly end.
/// - `/garbage`: bytes that are no answer.
package final class AttackedInstance: Sendable {
    /// The port that the kernel chose.
    package let port: Int
    private let listener: Int32
    private let wake: Int32
    private let sent = Atomic<Int>(0)
    private let open = Atomic<Int>(0)

    /// Bytes of a large answer's body.
    package static let largeBytes = 67_108_864
    /// What a short answer's body is.
    package static let body = "hello"

    /// Listens; nothing is answered before ``serve()``.
    package init() throws(ProbeFailure) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        listener = socket(AF_INET, type, 0)
        guard listener >= 0 else { throw ProbeFailure(errno: "Making a socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 4_096) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw ProbeFailure(errno: "Listening on loopback") }
        port = Int(UInt16(bigEndian: address.sin_port))
        wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        close(listener)
        close(wake)
    }

    /// Bytes of answers that sockets have taken.
    package var sentBytes: Int { sent.load(ordering: .relaxed) }

    /// Connections that are open.
    package var connections: Int { open.load(ordering: .relaxed) }

    /// Serves while the body runs.
    package func whileServing<Result>(_ body: () async throws -> Result) async throws -> Result {
        async let serving: Void = onThread(name: "instance") { [self] in serve() }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
        await serving
        return try result.get()
    }

    private struct Connection {
        let descriptor: Int32
        /// The head that is being read.
        var head: [UInt8] = []
        /// Bytes of the body that are still to come.
        var bodyLeft = 0
        /// What is still to be sent: first these, then so many that are all the same.
        var output: [UInt8] = []
        var fillLeft = 0
        var afterwards = Afterwards.nothing
        /// Whether it never answers again.
        var isSilent = false
    }

    private enum Afterwards {
        case nothing
        case close
        case reset
    }

    private func serve() {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        _ = cepoll_add(epoll, listener, EPOLLIN.rawValue, 0)
        _ = cepoll_add(epoll, wake, EPOLLIN.rawValue, 1)
        var connections: [UInt64: Connection] = [:]
        var number: UInt64 = 2
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        serving: while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            for index in 0..<max(0, Int(count)) {
                let key = withUnsafePointer(to: events[index]) { cepoll_number($0) }
                if key == 1 { break serving }
                if key == 0 {
                    while true {
                        let descriptor = cepoll_accept(listener, nil, nil)
                        guard descriptor >= 0 else { break }
                        connections[number] = Connection(descriptor: descriptor)
                        open.add(1, ordering: .relaxed)
                        let edges = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
                        _ = cepoll_add(epoll, descriptor, edges, number)
                        number += 1
                    }
                } else if var connection = connections.removeValue(forKey: key) {
                    if turn(&connection) {
                        connections[key] = connection
                    } else {
                        close(connection.descriptor)
                        open.subtract(1, ordering: .relaxed)
                    }
                }
            }
        }
        for connection in connections.values { close(connection.descriptor) }
        open.store(0, ordering: .relaxed)
        close(epoll)
    }

    /// False when the connection is over.
    private func turn(_ connection: inout Connection) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection.descriptor, &buffer, buffer.count, 0)
            if count == 0 { return false }
            if count < 0 {
                if errno == EAGAIN { break }
                return false
            }
            take(buffer[0..<count], &connection)
        }
        return push(&connection)
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ connection: inout Connection) {
        for byte in bytes {
            if connection.bodyLeft > 0 {
                connection.bodyLeft -= 1
                if connection.bodyLeft == 0 { answer(&connection) }
                continue
            }
            connection.head.append(byte)
            guard byte == 10, connection.head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
            let lines = String(decoding: connection.head, as: UTF8.self).split(separator: "\r\n")
            let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: ":")[1].drop { $0 == " " }) }
            connection.bodyLeft = length ?? 0
            if connection.bodyLeft == 0 { answer(&connection) }
        }
    }

    private func answer(_ connection: inout Connection) {
        let path = String(decoding: connection.head, as: UTF8.self).split(separator: " ").dropFirst().first ?? "/"
        connection.head = []
        func begin(_ length: Int) {
            connection.output += Array("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n".utf8)
        }
        switch path {
        case "/large":
            begin(Self.largeBytes)
            connection.fillLeft += Self.largeBytes
        case "/silent": connection.isSilent = true
        case "/reset", "/short":
            begin(1_000_000)
            connection.fillLeft += 100_000
            connection.afterwards = path == "/reset" ? .reset : .close
        case "/garbage":
            connection.output += (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 129) }
            connection.afterwards = .close
        default:
            begin(Self.body.utf8.count)
            connection.output += Array(Self.body.utf8)
        }
    }

    /// Sends what the socket takes; false when the connection is over.
    private func push(_ connection: inout Connection) -> Bool {
        while !connection.output.isEmpty || connection.fillLeft > 0 {
            if connection.output.isEmpty {
                let fill = min(connection.fillLeft, 65_536)
                connection.output = [UInt8](repeating: 120, count: fill)
                connection.fillLeft -= fill
            }
            let count = send(
                connection.descriptor, connection.output, connection.output.count, Int32(MSG_NOSIGNAL))
            if count < 0 { return errno == EAGAIN }
            sent.add(count, ordering: .relaxed)
            connection.output.removeFirst(count)
        }
        switch connection.afterwards {
        case .nothing: return true
        case .close: return false
        case .reset:
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            return false
        }
    }
}
