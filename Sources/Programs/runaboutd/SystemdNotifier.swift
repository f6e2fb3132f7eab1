import Glibc

/// Tells systemd how far the daemon is, where systemd asked for it.
///
/// Source: sd_notify(3): a datagram to the Unix socket that `$NOTIFY_SOCKET` names; `@` stands for an abstract one.
struct SystemdNotifier: Sendable {
    private let path: String?

    /// Takes the environment; without `NOTIFY_SOCKET` every message goes nowhere.
    init(environment: [String: String]) { path = environment["NOTIFY_SOCKET"] }

    /// Sends a message such as `READY=1`; false when nobody was told.
    @discardableResult
    func send(_ message: String) -> Bool {
        guard let path, !path.isEmpty else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(message.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                sendto(descriptor, text, text.count, 0, rebound, length)
            }
        }
        return sent == text.count
    }
}
