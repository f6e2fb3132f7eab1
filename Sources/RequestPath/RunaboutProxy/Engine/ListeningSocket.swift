import CEpoll
import Glibc

/// A socket that listens, made here or passed by the service manager.
///
/// Its owner closes it.
public struct ListeningSocket: Hashable, Sendable {
    /// The descriptor.
    public let descriptor: Int32
    /// The port it listens at; 0 for a Unix socket.
    public let port: Int
    /// Whether those who connect speak TLS.
    public let isTLS: Bool

    /// Takes a descriptor that listens already.
    ///
    /// - Throws: ``EngineError`` when it is no socket.
    public init(passed descriptor: Int32, isTLS: Bool = false) throws(EngineError) {
        self.descriptor = descriptor
        self.isTLS = isTLS
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw EngineError("Taking over descriptor \(descriptor)", code: errno)
        }
        SocketOptions.setForClients(descriptor)
        port = try Self.port(of: descriptor)
    }

    /// Makes a listening socket.
    ///
    /// - Parameters:
    ///   - host: an IPv4 or IPv6 address.
    ///   - port: 0 lets the kernel choose.
    ///   - isTLS: whether those who connect speak TLS.
    /// - Throws: ``EngineError``.
    public init(host: String, port: Int, isTLS: Bool = false) throws(EngineError) {
        let attempt = "Listening on \(host):\(port)"
        guard let port = UInt16(exactly: port) else { throw EngineError(attempt, code: EINVAL) }
        let isIPv6 = host.utf8.contains(58)
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw EngineError(attempt, code: errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        SocketOptions.setForClients(descriptor)
        let isBound = isIPv6 ? Self.bindIPv6(descriptor, host, port) : Self.bindIPv4(descriptor, host, port)
        guard isBound, listen(descriptor, 4_096) == 0 else {
            let code = errno
            close(descriptor)
            throw EngineError(attempt, code: code)
        }
        self.descriptor = descriptor
        self.isTLS = isTLS
        self.port = try Self.port(of: descriptor)
    }

    private static func bindIPv4(_ descriptor: Int32, _ host: String, _ port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            errno = EADDRNOTAVAIL
            return false
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func bindIPv6(_ descriptor: Int32, _ host: String, _ port: UInt16) -> Bool {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else {
            errno = EADDRNOTAVAIL
            return false
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }

    private static func port(of descriptor: Int32) throws(EngineError) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw EngineError("Asking descriptor \(descriptor) for its address", code: errno) }
        return withUnsafePointer(to: &storage) { storage in
            switch Int32(storage.pointee.ss_family) {
            case AF_INET:
                storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin_port))
                }
            case AF_INET6:
                storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    Int(UInt16(bigEndian: $0.pointee.sin6_port))
                }
            default: 0
            }
        }
    }
}
