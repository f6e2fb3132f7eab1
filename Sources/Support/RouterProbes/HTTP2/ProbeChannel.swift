import CEpoll
import CTLSClient
import Glibc

/// Where a server listens, and how it is spoken to.
package struct HTTP2Target: Sendable {
    /// The port on 127.0.0.1.
    package let port: Int
    /// Whether TLS comes first; without it HTTP/2 begins by prior knowledge.
    package let isTLS: Bool
    /// The host whose service answers: `app.localhost`.
    package let authority: String
    /// How long an event may take before it counts as missing.
    package let patience: Duration

    /// Names a server.
    package init(port: Int, isTLS: Bool, authority: String, patience: Duration = .seconds(5)) {
        self.port = port
        self.isTLS = isTLS
        self.authority = authority
        self.patience = patience
    }
}

/// A connection could not be made.
package struct ProbeFailure: Error, CustomStringConvertible {
    /// What was attempted and how it failed.
    package let description: String

    /// Takes the sentence.
    package init(_ description: String) { self.description = description }
}

/// A connection to a server, with TLS or without; reads and writes wait at most until a deadline.
final class ProbeChannel {
    typealias Instant = ContinuousClock.Instant

    /// What a read found.
    enum Arrival {
        case bytes([UInt8])
        /// The server has ended the connection, orderly or by a reset.
        case end
        /// Nothing came in time.
        case silence
    }

    /// What became of a write.
    enum Departure {
        case all
        /// So many of the bytes were taken before the deadline.
        case part(Int)
        case end
    }

    let descriptor: Int32
    private let tls: OpaquePointer?
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Connects and shakes hands; offers these protocols over TLS.
    init(
        _ target: HTTP2Target, protocols: [String] = ["h2"], newestTLS: Int32 = 0x0304, receiveBuffer: Int32? = nil,
    ) throws(ProbeFailure) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw ProbeFailure("no socket: error \(errno)") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(target.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let offered = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        tls = target.isTLS ? ctlsclient_make(descriptor, target.authority, offered, offered.count, newestTLS) : nil
        guard result == 0 else { throw ProbeFailure("connecting to port \(target.port): error \(errno)") }
        if target.isTLS { try shakeHands(by: .now + target.patience) }
    }

    deinit {
        ctlsclient_free(tls)
        close(descriptor)
    }

    /// The protocol that ALPN has chosen.
    var negotiated: String? {
        guard let tls else { return nil }
        var name: UnsafePointer<UInt8>?
        let length = ctlsclient_protocol(tls, &name)
        return length == 0 ? nil : String(decoding: UnsafeBufferPointer(start: name, count: length), as: UTF8.self)
    }

    private func shakeHands(by deadline: Instant) throws(ProbeFailure) {
        guard let tls else { throw ProbeFailure("no memory for TLS") }
        while true {
            switch Int(ctlsclient_handshake(tls)) {
            case 1: return
            case CTLSCLIENT_WANTS_READ where isReady(POLLIN, by: deadline): continue
            case CTLSCLIENT_WANTS_WRITE where isReady(POLLOUT, by: deadline): continue
            default: throw ProbeFailure("no TLS handshake")
            }
        }
    }

    /// Waits for the socket; false when the deadline comes first.
    private func isReady(_ events: Int32, by deadline: Instant) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let (seconds, attoseconds) = max(.zero, deadline - .now).components
            let milliseconds = Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
            let result = poll(&watched, 1, milliseconds)
            if result > 0 { return true }
            if result == 0 { return false }
        }
    }

    /// What has come, at the latest at the deadline.
    func read(by deadline: Instant) -> Arrival {
        while true {
            let count: Int
            var awaited = POLLIN
            if let tls {
                count = ctlsclient_read(tls, &buffer, buffer.count)
                if count == CTLSCLIENT_WANTS_WRITE { awaited = POLLOUT }
                if count == CTLSCLIENT_CLOSED || count == CTLSCLIENT_FAILED { return .end }
            } else {
                count = recv(descriptor, &buffer, buffer.count, 0)
                if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return .end }
            }
            if count > 0 { return .bytes(Array(buffer[0..<count])) }
            if !isReady(awaited, by: deadline) { return .silence }
        }
    }

    /// Sends bytes until the deadline.
    func write(_ bytes: [UInt8], by deadline: Instant) -> Departure {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw -> Int in
                guard let start = raw.baseAddress else { return 0 }
                let left = raw.count - sent
                return tls.map { ctlsclient_write($0, start + sent, left) }
                    ?? send(descriptor, start + sent, left, Int32(MSG_NOSIGNAL))
            }
            var awaited = POLLOUT
            if count > 0 {
                sent += count
                continue
            } else if tls != nil {
                if count == CTLSCLIENT_WANTS_READ { awaited = POLLIN }
                if count == CTLSCLIENT_CLOSED || count == CTLSCLIENT_FAILED { return .end }
            } else if errno != EAGAIN, errno != EINTR {
                return .end
            }
            if !isReady(awaited, by: deadline) { return .part(sent) }
        }
        return .all
    }

    /// Waits, without reading, until the server has ended the connection; false when the deadline comes first.
    func isCut(by deadline: Instant) -> Bool {
        // POLLRDHUP, which only feature macros of C declare; a reset is told without being asked for.
        isReady(0x2000, by: deadline)
    }

    /// Ends both sides; what has not been read is lost.
    func abort() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends the own side; the server's may go on.
    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }
}
