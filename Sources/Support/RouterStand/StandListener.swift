import CEpoll
import Glibc

/// A socket that a stand makes and passes to its router.
public struct StandListener: Hashable, Sendable {
    /// An IPv4 address of this machine.
    public let host: String
    /// A TCP port; 0 lets the kernel choose.
    public let port: Int
    /// Whether the router speaks TLS at it.
    public let isTLS: Bool

    /// Takes all values; without any, a plain port that the kernel chooses, on loopback.
    public init(host: String = "127.0.0.1", port: Int = 0, isTLS: Bool = false) {
        self.host = host
        self.port = port
        self.isTLS = isTLS
    }

    /// Its name in `LISTEN_FDNAMES`.
    var name: String { isTLS ? "https" : "http" }

    /// Makes the socket; gives its descriptor, which the caller closes, and the port it got.
    ///
    /// - Throws: when the address is not this machine's, or the port is taken.
    package func open() throws(StandError) -> (descriptor: Int32, port: Int) {
        let attempt = "Listening on \(host):\(port)"
        guard let number = UInt16(exactly: port) else { throw StandError(attempt, code: EINVAL) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw StandError(attempt, code: errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            close(descriptor)
            throw StandError("\(attempt): '\(host)' is no IPv4 address.")
        }
        let isOpen = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, Self.backlog) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isOpen else {
            let code = errno
            close(descriptor)
            throw StandError(attempt, code: code)
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A copy of a socket that listens already, and its port.
    static func share(_ socket: Int32) throws(StandError) -> (descriptor: Int32, port: Int) {
        let descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw StandError("Copying a listening socket", code: errno) }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Connections that wait to be accepted; what the router asks for too.
    private static let backlog: Int32 = 4_096
}
