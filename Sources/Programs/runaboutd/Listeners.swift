import Glibc
import RunaboutModel

/// The listening sockets of the front proxy, kept open while routers come and go, so that no connection is refused.
final class Listeners: Sendable {
    /// The sockets, in the order of the settings.
    let descriptors: [Int32]

    /// Takes ownership of sockets.
    init(owning descriptors: [Int32]) { self.descriptors = descriptors }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// Where they listen; the port is the real one.
    var addresses: [ListenAddress] { descriptors.compactMap(ListenAddress.init(boundSocket:)) }

    /// Binds and listens.
    ///
    /// - Throws: ``StartError`` that says which address, why and what to do.
    static func bind(_ addresses: [ListenAddress]) throws(StartError) -> Listeners {
        var descriptors: [Int32] = []
        for address in addresses {
            do {
                descriptors.append(try bind(address, setting: "proxy.listen or proxy.httpsListen"))
            } catch {
                for descriptor in descriptors { close(descriptor) }
                throw error
            }
        }
        return Listeners(owning: descriptors)
    }

    /// Checks that an address is free, by taking it for a moment.
    static func check(_ address: ListenAddress, setting: String) throws(StartError) {
        close(try bind(address, setting: setting))
    }

    private static func bind(_ address: ListenAddress, setting: String) throws(StartError) -> Int32 {
        let family = address.host.contains(":") ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(address, setting) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if family == AF_INET6 {
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        let bound = address.withSocketAddress { Glibc.bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, Limits.listenBacklog) == 0 else {
            defer { close(descriptor) }
            throw failure(address, setting)
        }
        return descriptor
    }

    private static func failure(_ address: ListenAddress, _ setting: String) -> StartError {
        let advice =
            switch errno {
            case EADDRINUSE:
                "another program listens there. Stop it ('ss -ltnp' shows it), or set \(setting) to a free address."
            case EACCES: "ports below 1024 need root. Set \(setting) to a higher port, or start as root."
            case EADDRNOTAVAIL: "this machine has no such address. Set \(setting) to one it has."
            default: String(cString: strerror(errno))
            }
        return StartError("\(address) can't be listened on: \(advice)")
    }
}
