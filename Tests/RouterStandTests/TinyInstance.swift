import CEpoll
import Glibc
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// An instance that answers every request of every connection with its name.
final class TinyInstance: Sendable {
    let port: Int
    let id: InstanceID
    private let descriptor: Int32
    private let thread = Mutex<NamedThread?>(nil)

    init(_ number: UInt64, answering name: String) throws {
        let opened = try StandListener().open()
        port = opened.port
        descriptor = opened.descriptor
        id = InstanceID(high: 2, low: number)
        _ = fcntl(descriptor, F_SETFL, 0)
        let started = try NamedThread(name: "instance") { [descriptor] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                // Without a thread the connection ends, which the test sees.
                _ = try? NamedThread(name: "connection") { Self.answer(connection, name) }
            }
            close(descriptor)
        }
        thread.withLock { $0 = started }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var routed: RouteInstance {
        RouteInstance(id: id, address: InstanceAddress(host: "127.0.0.1", port: port), state: .ready)
    }

    private static func answer(_ connection: Int32, _ name: String) {
        defer { close(connection) }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)"
        var head: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(connection, &bytes, bytes.count)
            guard count > 0 else { return }
            head += bytes[0..<count]
            guard head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
            head = []
            let text = Array(answer.utf8)
            guard send(connection, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else { return }
        }
    }
}

/// A GET on a connection of its own; the whole answer.
func answer(port: Int, host: String = "app.localhost") async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try NamedThread(name: "client") { continuation.resume(with: Result { try exchange(port, host) }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

private func exchange(_ port: Int, _ host: String) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    guard isConnected else { throw StandError("nothing listens at port \(port)") }
    let request = Array("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
        throw StandError("the request could not be sent")
    }
    var answer: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4_096)
    while true {
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw StandError("no answer in time") }
        if count == 0 { return String(decoding: answer, as: UTF8.self) }
        answer += bytes[0..<count]
    }
}

let testService = ServiceID(high: 1, low: 1)

func route(
    _ instances: [RouteInstance], service: ServiceID = testService, hosts: [String] = ["app.localhost"],
    generation: Int64 = 1,
) -> ServiceRoute {
    ServiceRoute(
        service: service, hosts: hosts, generation: generation, maxConcurrency: 100, queueLengthMax: 1_000,
        queueWaitMilliseconds: 10_000, timeouts: RouteTimeouts(), availability: .serving,
        instances: instances)
}
