import Dispatch
import Foundation
import Glibc

/// A socket on which a daemon says that it is ready, as systemd would give it one.
///
/// Source: sd_notify(3): a datagram of lines, one of them `READY=1`.
final class ReadySocket: Sendable {
    /// The socket's path, for `NOTIFY_SOCKET`.
    let path: String
    private let descriptor: Int32

    /// Makes the socket.
    init(in directory: URL) throws {
        path = directory.appending(path: "notify").path
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw POSIXError(.ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Ends the waiting: whoever should have said it is gone.
    func giveUp() { shutdown(descriptor, Int32(SHUT_RD)) }

    /// Waits for `READY=1`; false when it does not come in time, or was given up.
    func ready(within seconds: Int) async -> Bool {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                while true {
                    let message = [UInt8](unsafeUninitializedCapacity: 4_096) { space, count in
                        count = max(0, recv(descriptor, space.baseAddress, space.count, 0))
                    }
                    if message.isEmpty { return continuation.resume(returning: false) }
                    let lines = String(decoding: message, as: UTF8.self).split(separator: "\n")
                    if lines.contains("READY=1") { return continuation.resume(returning: true) }
                }
            }
        }
    }
}

/// A TCP port of the loopback address that nobody listens on at this moment.
///
/// From below the range from which the kernel takes ports for outgoing connections: one of those may hold a port while
/// the program that listens on it is restarted.
func freePort() throws -> Int {
    for _ in 0..<1_000 {
        let port = Int.random(in: 10_000..<32_000)
        if isFree(port) { return port }
    }
    throw POSIXError(.EADDRINUSE)
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
