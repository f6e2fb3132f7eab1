import Glibc

/// A system call on a socket failed.
struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    let attempt: String
    let code: Int32

    var description: String { "\(attempt): \(String(cString: strerror(code)))." }
}

enum UnixSocket {
    /// A non-blocking connection to a Unix socket.
    static func connect(_ path: String) throws(SocketError) -> Int32 {
        let attempt = "Connecting to \(path)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SocketError(attempt: attempt, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(AF_UNIX, type, 0)
        guard socket >= 0 else { throw SocketError(attempt: attempt, code: errno) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(socket)
            throw SocketError(attempt: attempt, code: code)
        }
        return socket
    }
}
