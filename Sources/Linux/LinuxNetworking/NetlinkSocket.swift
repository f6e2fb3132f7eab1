import CLinux
import Glibc
import LinuxEvents

/// Speaks to the kernel about the links, addresses and routes of one network namespace.
///
/// Every call blocks for the microseconds to milliseconds that the kernel takes.
struct NetlinkSocket: ~Copyable {
    private let descriptor: Int32

    /// Opens a socket in this process's namespace, or in the one kept at a path.
    init(namespace path: String? = nil) throws(LinuxError) {
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        if let path {
            descriptor = clinux_netns_socket(path, AF_NETLINK, Int32(SOCK_RAW.rawValue), Int32(NETLINK_ROUTE))
        } else {
            descriptor = socket(AF_NETLINK, kind, Int32(NETLINK_ROUTE))
        }
        guard descriptor >= 0 else { throw LinuxError("open a netlink socket in \(path ?? "this namespace")") }
    }

    deinit { close(descriptor) }

    /// Sends a request and waits for the kernel's word on it.
    func request(_ message: NetlinkMessage, _ attempt: String) throws(LinuxError) {
        let sent = send(descriptor, message.bytes, message.bytes.count, 0)
        guard sent == message.bytes.count else { throw LinuxError(attempt) }
        var answer = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = recv(descriptor, &answer, answer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 20 else { throw LinuxError(attempt) }
            // An acknowledgement is an error message (type 2): the header, then an error number of 0 or below.
            let (type, number) = answer.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self),
                    $0.loadUnaligned(fromByteOffset: 16, as: Int32.self)
                )
            }
            guard type == UInt16(NLMSG_ERROR) else { continue }
            guard number == 0 else { throw LinuxError(attempt, number: -number) }
            return
        }
    }

    /// Makes a bridge with a hardware address of its own, so that it does not take one that leaves with a port.
    func addBridge(_ name: String, hardwareAddress: [UInt8]) throws(LinuxError) {
        var message = NetlinkMessage(
            type: Int(RTM_NEWLINK), flags: Int(NLM_F_CREATE | NLM_F_EXCL), fixed: NetlinkMessage.link())
        message.add(Int(IFLA_IFNAME), name)
        message.add(Int(IFLA_ADDRESS), hardwareAddress)
        message.nest(Int(IFLA_LINKINFO)) { $0.add(Int(IFLA_INFO_KIND), "bridge") }
        try request(message, "make bridge \(name)")
    }

    /// Makes a pair of links: one here, one called `eth0` with a given hardware address in the namespace behind a
    /// descriptor.
    func addPair(
        _ name: String, master: Int32, namespace: Int32, hardwareAddress: [UInt8],
    ) throws(LinuxError) {
        var message = NetlinkMessage(
            type: Int(RTM_NEWLINK), flags: Int(NLM_F_CREATE | NLM_F_EXCL),
            fixed: NetlinkMessage.link(flags: 1, change: 1))
        message.add(Int(IFLA_IFNAME), name)
        message.add(Int(IFLA_MASTER), UInt32(master))
        message.nest(Int(IFLA_LINKINFO)) { info in
            info.add(Int(IFLA_INFO_KIND), "veth")
            info.nest(Int(IFLA_INFO_DATA)) { pair in
                pair.nest(Int(VETH_INFO_PEER), fixed: NetlinkMessage.link()) { peer in
                    peer.add(Int(IFLA_IFNAME), "eth0")
                    peer.add(Int(IFLA_ADDRESS), hardwareAddress)
                    peer.add(Int(IFLA_NET_NS_FD), UInt32(namespace))
                }
            }
        }
        try request(message, "make link \(name)")
    }

    /// Keeps a bridge's port from the other ports of its kind: frames go between it and the bridge itself only.
    func isolate(_ index: Int32) throws(LinuxError) {
        var message = NetlinkMessage(
            type: Int(RTM_SETLINK), flags: 0, fixed: NetlinkMessage.link(family: AF_BRIDGE, index: index))
        message.nest(Int(IFLA_PROTINFO)) { $0.add(Int(IFLA_BRPORT_ISOLATED), [1]) }
        try request(message, "isolate link \(index)")
    }

    /// The number of the link with a name in this socket's namespace.
    func linkIndex(_ name: String) throws(LinuxError) -> Int32 {
        let index = clinux_link_index(descriptor, name)
        guard index != 0 else { throw LinuxError("find link \(name)") }
        return index
    }

    /// Takes a link into operation.
    func setUp(_ index: Int32) throws(LinuxError) {
        let message = NetlinkMessage(
            type: Int(RTM_NEWLINK), flags: 0,
            fixed: NetlinkMessage.link(index: index, flags: 1, change: 1))
        try request(message, "set link \(index) up")
    }

    /// Gives a link an address.
    func addAddress(_ address: [UInt8], prefixLength: Int, index: Int32) throws(LinuxError) {
        var message = NetlinkMessage(
            type: Int(RTM_NEWADDR), flags: Int(NLM_F_CREATE | NLM_F_REPLACE),
            fixed: NetlinkMessage.address(prefixLength: prefixLength, index: index))
        message.add(Int(IFA_LOCAL), address)
        message.add(Int(IFA_ADDRESS), address)
        try request(message, "give link \(index) an address")
    }

    /// Sends everything that has no closer route to a gateway.
    func addDefaultRoute(gateway: [UInt8]) throws(LinuxError) {
        var message = NetlinkMessage(
            type: Int(RTM_NEWROUTE), flags: Int(NLM_F_CREATE), fixed: NetlinkMessage.defaultRoute)
        message.add(Int(RTA_GATEWAY.rawValue), gateway)
        try request(message, "add a default route")
    }

    /// Removes a link, and with it the other end of a pair; one that does not exist is fine.
    func removeLink(_ name: String) throws(LinuxError) {
        var message = NetlinkMessage(type: Int(RTM_DELLINK), flags: 0, fixed: NetlinkMessage.link())
        message.add(Int(IFLA_IFNAME), name)
        do throws(LinuxError) {
            try request(message, "remove link \(name)")
        } catch {
            if error.number != ENODEV { throw error }
        }
    }
}
