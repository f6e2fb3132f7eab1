import Glibc
import RunaboutLink
import Synchronization

struct SocketFailure: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = "\(text): \(String(cString: strerror(errno)))" }
}

/// Runs blocking work on a thread of its own and awaits it, so that no test blocks the cooperative pool.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try NamedThread(name: "test") { continuation.resume(with: Swift.Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// A blocking socket for scripts; every read has a deadline.
final class Wire: Sendable {
    let descriptor: Int32
    private let buffered = Mutex<[UInt8]>([])

    init(descriptor: Int32, deadlineSeconds: Int = 20) {
        self.descriptor = descriptor
        var time = timeval(tv_sec: deadlineSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Connects to a port of this machine.
    convenience init(port: Int, receiveBuffer: Int32? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopback(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let failure = SocketFailure("connecting to port \(port)")
            Glibc.close(descriptor)
            throw failure
        }
        self.init(descriptor: descriptor)
    }

    deinit { Glibc.close(descriptor) }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SocketFailure("writing") }
            sent += count
        }
    }

    /// Some bytes; none at the end of the stream.
    func readSome() throws -> [UInt8] {
        let kept = buffered.withLock { kept in
            defer { kept = [] }
            return kept
        }
        if !kept.isEmpty { return kept }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SocketFailure("reading") }
        return Array(bytes[0..<count])
    }

    /// Reads up to and including a text; what came behind it is kept.
    func read(through end: String) throws -> String {
        var bytes: [UInt8] = []
        let mark = Array(end.utf8)
        while true {
            if let found = bytes.firstRange(of: mark) {
                let rest = Array(bytes[found.upperBound...])
                buffered.withLock { $0 = rest + $0 }
                return String(decoding: bytes[..<found.upperBound], as: UTF8.self)
            }
            let more = try readSome()
            guard !more.isEmpty else {
                throw SocketFailure("end of stream after '\(String(decoding: bytes, as: UTF8.self))'")
            }
            bytes += more
        }
    }

    func readHead() throws -> String { try read(through: "\r\n\r\n") }

    func read(count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try readSome()
            guard !more.isEmpty else { throw SocketFailure("end of stream after \(bytes.count) bytes") }
            bytes += more
        }
        buffered.withLock { $0 = Array(bytes[count...]) + $0 }
        return Array(bytes[..<count])
    }

    /// Everything until the peer ends its side; a reset counts as an end.
    func readToEnd() -> String {
        var bytes: [UInt8] = []
        while let more = try? readSome(), !more.isEmpty { bytes += more }  // An error ends it too.
        return String(decoding: bytes, as: UTF8.self)
    }

    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Ends both sides at once.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

extension [UInt8] {
    func firstRange(of mark: [UInt8]) -> Range<Int>? {
        guard count >= mark.count else { return nil }
        for start in 0...count - mark.count where self[start..<start + mark.count].elementsEqual(mark) {
            return start..<start + mark.count
        }
        return nil
    }
}
