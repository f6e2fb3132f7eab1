import CEpoll
import Glibc

/// The address of a connection's other end, as text; one of IPv4 that came over IPv6 as IPv4.
struct PeerAddress {
    let text: [UInt8]
    let isIPv6: Bool

    init(text: [UInt8], isIPv6: Bool) {
        self.text = text
        self.isIPv6 = isIPv6
    }

    /// Of what the kernel gave; `unknown` for a Unix socket.
    init(_ address: sockaddr_storage) {
        var address = address
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(address.ss_family)
        withUnsafePointer(to: &address) { storage in
            switch family {
            case AF_INET:
                storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    var host = $0.pointee.sin_addr
                    inet_ntop(AF_INET, &host, &text, socklen_t(text.count))
                }
            case AF_INET6:
                storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    var host = $0.pointee.sin6_addr
                    inet_ntop(AF_INET6, &host, &text, socklen_t(text.count))
                }
            default: break
            }
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let mapped = Array("::ffff:".utf8)
        if bytes.isEmpty {
            self.init(text: Array("unknown".utf8), isIPv6: false)
        } else if bytes.starts(with: mapped), bytes.contains(46) {
            self.init(text: Array(bytes.dropFirst(mapped.count)), isIPv6: false)
        } else {
            self.init(text: bytes, isIPv6: family == AF_INET6)
        }
    }
}
