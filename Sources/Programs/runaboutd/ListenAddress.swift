import Glibc

/// An address and port to listen on: `127.0.0.1:8080`, `[::1]:8080`.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in text form, without brackets.
    let host: String
    /// 0...65535; 0 lets the kernel choose.
    let port: Int

    /// Takes values that are known to be right.
    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses the text form, or gives nil.
    ///
    /// Names are refused: what they stand for may change.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host, port: port)
        guard withSocketAddress({ _, _ in true }) != nil else { return nil }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The kernel's form; nil when the host is not an address.
    func withSocketAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value? {
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = UInt16(port).bigEndian
        if inet_pton(AF_INET, host, &four.sin_addr) == 1 { return Self.erased(&four, body) }
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = UInt16(port).bigEndian
        if inet_pton(AF_INET6, host, &six.sin6_addr) == 1 { return Self.erased(&six, body) }
        return nil
    }

    /// The address that a socket is bound to; nil when it is no socket, or one of another family.
    init?(boundSocket descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isSocket = Self.mutable(&storage) { getsockname(descriptor, $0, &length) == 0 }
        guard isSocket else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(storage.ss_family) {
        case AF_INET:
            let four = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            var address = four.sin_addr
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
            self.init(host: Self.string(text), port: Int(UInt16(bigEndian: four.sin_port)))
        case AF_INET6:
            let six = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            var address = six.sin6_addr
            inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
            self.init(host: Self.string(text), port: Int(UInt16(bigEndian: six.sin6_port)))
        default: return nil
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func erased<Address, Value>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value,
    ) -> Value {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                body(rebound, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func mutable<Value>(
        _ storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> Value,
    ) -> Value {
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
