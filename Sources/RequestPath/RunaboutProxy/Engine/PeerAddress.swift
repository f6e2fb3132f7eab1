import Glibc
import RunaboutModel

/// The address of a connection's other end.
struct PeerAddress {
    /// As headers and records have it; `unknown` for a Unix socket.
    let text: [UInt8]
    /// Nil for a Unix socket.
    let address: IPAddress?

    /// Of an IPv4 or IPv6 host.
    init(_ address: IPAddress?) {
        self.address = address
        text = Array((address?.description ?? "unknown").utf8)
    }

    /// Of what the kernel gave.
    init(_ storage: sockaddr_storage) {
        self.init(
            withUnsafeBytes(of: storage) { bytes -> IPAddress? in
                switch Int32(storage.ss_family) {
                case AF_INET:
                    let host = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
                    return IPAddress(ipv4: UInt32(bigEndian: host.s_addr))
                case AF_INET6:
                    let host = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
                    let bits = withUnsafeBytes(of: host) { $0.loadUnaligned(as: UInt128.self) }
                    return IPAddress(bits: UInt128(bigEndian: bits))
                default: return nil
                }
            })
    }

    /// Whether it is written in brackets where a port may follow.
    var isIPv6: Bool { address.map { $0.ipv4 == nil } ?? false }
}
