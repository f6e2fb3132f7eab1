import Glibc
import LinuxEvents

/// Finds ports for processes that share the host's network.
enum LoopbackPort {
    /// A TCP port of 127.0.0.1 that nobody listens on now; the kernel goes through many before it gives one again.
    static func free(besides taken: Set<Int>) throws(LinuxError) -> Int {
        while true {
            let port = try free()
            if !taken.contains(port) { return port }
        }
    }

    private static func free() throws(LinuxError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LinuxError("open a socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw LinuxError("find a free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
