import CLinux
import Glibc
import LinuxEvents

/// Connects instances: a bridge, and for each instance a namespace with a link to it, some of them kept ready.
public actor InstanceNetwork {
    private let settings: NetworkSettings
    private var ready: [NetworkNamespace] = []
    private var used: Set<Int> = []
    private var next: Int
    private var bridgeIndex: Int32 = 0
    private var refill: Task<Void, Never>?

    /// Takes settings; nothing is made before ``setUp(inUse:)``.
    public init(_ settings: NetworkSettings) {
        self.settings = settings
        self.next = settings.subnet.indices.lowerBound
    }

    /// Makes the bridge and the rules, removes namespaces of earlier runs that nobody uses, and fills the pool.
    ///
    /// Idempotent. Gives a sentence for each thing that instances lack on this host.
    /// - Throws: ``NetworkError`` when the host can't connect instances at all, or not keep them apart.
    public func setUp(inUse: Set<Int>) async throws(NetworkError) -> [String] {
        let settings = settings
        guard settings.bridge.utf8.count <= 10, !settings.bridge.isEmpty else {
            throw NetworkError(message: "The bridge's name '\(settings.bridge)' is not of 1 to 10 bytes.")
        }
        used.formUnion(inUse)
        do {
            bridgeIndex = try await blocking { try Self.makeBridge(settings) }
        } catch {
            throw NetworkError(message: "The bridge \(settings.bridge) could not be made: \(error).")
        }
        try await PacketRules.install(settings)
        _ = await removeUnused()
        let missing = settings.allowsEgress ? Self.allowForwarding(settings) : []
        startRefill()
        return missing
    }

    /// Gives a namespace; at once when the pool has one.
    ///
    /// - Throws: ``NetworkError`` when none can be made or every address is taken.
    public func take() async throws(NetworkError) -> NetworkNamespace {
        defer { startRefill() }
        while !ready.isEmpty {
            let namespace = ready.removeFirst()
            // Somebody may have tidied the host since it was made.
            if isWhole(namespace) { return namespace }
            await giveBack(namespace.index)
        }
        return try await make()
    }

    /// Says that a namespace with this number is an instance's: after a restart, before any is taken.
    public func adopt(_ index: Int) {
        used.insert(index)
    }

    /// Whether a namespace is whole: its file still keeps a namespace and its link is there.
    public nonisolated func isWhole(_ namespace: NetworkNamespace) -> Bool {
        clinux_file_system_kind(namespace.path) == clinux_nsfs && if_nametoindex(settings.link(namespace.index)) != 0
    }

    /// Removes a namespace that its instance no longer needs; one that is gone already is fine.
    public func giveBack(_ index: Int) async {
        let settings = settings
        // What could not be removed now is found by `removeUnused` later.
        try? await blocking { try Self.destroy(index, settings) }
        used.remove(index)
    }

    /// Removes namespaces and links that are neither in use nor in the pool; says, a line each, what it removed.
    public func removeUnused() async -> [String] {
        let settings = settings
        let kept = used.union(ready.map(\.index))
        // A directory that can't be read holds nothing of ours.
        let removed = try? await blocking {
            Self.present(settings).subtracting(kept).sorted().filter { index in
                (try? Self.destroy(index, settings)) != nil
            }
        }
        return (removed ?? []).map { "network namespace \(settings.namespaceDirectory)/\($0) and its link" }
    }

    /// Removes what is kept ready, and bridge and rules as well when no instance uses a namespace.
    public func tearDown() async {
        refill?.cancel()
        await refill?.value
        refill = nil
        for namespace in ready {
            await giveBack(namespace.index)
        }
        ready = []
        guard used.isEmpty else { return }
        let settings = settings
        // Tidying at the end of a run: what remains is replaced by the next one.
        try? await blocking {
            let socket = try NetlinkSocket()
            try socket.removeLink(settings.bridge)
        }
        // As above.
        try? await PacketRules.remove(settings)
    }

    private func startRefill() {
        guard refill == nil, ready.count < settings.poolSize else { return }
        // A bridge: whoever took a namespace must not wait for its successor. The actor owns the task, and `tearDown`
        // cancels and awaits it.
        refill = Task { await self.fill() }
    }

    private func fill() async {
        defer { refill = nil }
        while ready.count < settings.poolSize, !Task.isCancelled {
            // The next `take` makes one itself and reports why it can't.
            guard let namespace = try? await make() else { return }
            ready.append(namespace)
        }
    }

    private func make() async throws(NetworkError) -> NetworkNamespace {
        let index = try claimIndex()
        let (settings, bridgeIndex) = (settings, bridgeIndex)
        do {
            return try await blocking { try Self.create(index, settings, bridge: bridgeIndex) }
        } catch {
            // It is the making that failed; what it left is removed by `removeUnused`.
            try? await blocking { try Self.destroy(index, settings) }
            used.remove(index)
            throw NetworkError(message: "A network namespace could not be made: \(error).")
        }
    }

    /// Goes round, so that an address is not given again right after it was freed.
    private func claimIndex() throws(NetworkError) -> Int {
        let range = settings.subnet.indices
        for _ in range {
            let index = next
            next = index == range.upperBound ? range.lowerBound : index + 1
            if used.insert(index).inserted { return index }
        }
        throw NetworkError(message: "Every address of \(settings.subnet) is taken; configure a larger subnet.")
    }
}

extension InstanceNetwork {
    private static func makeBridge(_ settings: NetworkSettings) throws(LinuxError) -> Int32 {
        let socket = try NetlinkSocket()
        if if_nametoindex(settings.bridge) == 0 {
            // Locally administered, and the same each time for the same subnet.
            try socket.addBridge(settings.bridge, hardwareAddress: [0x02, 0x72] + settings.subnet.bytes(1))
        }
        let index = Int32(if_nametoindex(settings.bridge))
        // Some kernels have no IPv6; then there is nothing to switch off.
        try? SmallFile.set("/proc/sys/net/ipv6/conf/\(settings.bridge)/disable_ipv6", to: "1")
        try socket.addAddress(settings.subnet.bytes(1), prefixLength: settings.subnet.prefixLength, index: index)
        try socket.setUp(index)
        return index
    }

    private static func allowForwarding(_ settings: NetworkSettings) -> [String] {
        let path = "/proc/sys/net/ipv4/ip_forward"
        do throws(LinuxError) {
            if try SmallFile.read(path).hasPrefix("1") { return [] }
            try SmallFile.set(path, to: "1")
            return []
        } catch {
            return [
                "Instances can't open connections to the outside: the host forwards no packets and this could not be "
                    + "changed (\(error)). Set net.ipv4.ip_forward=1 on the host."
            ]
        }
    }

    private static func create(
        _ index: Int, _ settings: NetworkSettings, bridge: Int32,
    ) throws(LinuxError) -> NetworkNamespace {
        let path = "\(settings.namespaceDirectory)/\(index)"
        mkdir(settings.namespaceDirectory, 0o711)
        let file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LinuxError("create \(path)") }
        close(file)
        try makeNamespace(path)
        let namespace = open(path, O_RDONLY | O_CLOEXEC)
        guard namespace >= 0 else { throw LinuxError("open \(path)") }
        defer { close(namespace) }
        let host = try NetlinkSocket()
        let link = settings.link(index)
        // The hardware address follows from the IP address: whoever has an address after another answers for it at once,
        // where the host's memory of the earlier one's hardware address would lead astray for seconds.
        try host.addPair(
            link, master: bridge, namespace: namespace, hardwareAddress: [0x02, 0x72] + settings.subnet.bytes(index))
        let linkIndex = Int32(if_nametoindex(link))
        try host.isolate(linkIndex)
        try host.setUp(linkIndex)
        let inside = try NetlinkSocket(namespace: path)
        try inside.setUp(try inside.linkIndex("lo"))
        let inner = try inside.linkIndex("eth0")
        try inside.addAddress(
            settings.subnet.bytes(index), prefixLength: settings.subnet.prefixLength, index: inner)
        try inside.setUp(inner)
        try inside.addDefaultRoute(gateway: settings.subnet.bytes(1))
        return NetworkNamespace(index: index, path: path, address: settings.subnet.address(index))
    }

    /// The namespace belongs to the host's user namespace, so an instance's root can change nothing in it; therefore
    /// what ordinary programs need is set here: low ports without privileges, no IPv6.
    private static func makeNamespace(_ path: String) throws(LinuxError) {
        let settings: [(StaticString, StaticString)] = [
            ("ipv4/ip_unprivileged_port_start", "0"),
            ("ipv6/conf/all/disable_ipv6", "1"),
            ("ipv6/conf/default/disable_ipv6", "1"),
        ]
        let names = settings.map {
            UnsafeRawPointer($0.0.utf8Start).assumingMemoryBound(to: CChar.self) as UnsafePointer?
        }
        let values = settings.map {
            UnsafeRawPointer($0.1.utf8Start).assumingMemoryBound(to: CChar.self) as UnsafePointer?
        }
        let error = clinux_netns_create(path, names, values, Int32(settings.count))
        guard error == 0 else { throw LinuxError("make a network namespace at \(path)", number: error) }
    }

    private static func destroy(_ index: Int, _ settings: NetworkSettings) throws(LinuxError) {
        let path = "\(settings.namespaceDirectory)/\(index)"
        let socket = try NetlinkSocket()
        try socket.removeLink(settings.link(index))
        while umount2(path, Int32(MNT_DETACH)) == 0 {}
        guard unlink(path) == 0 || errno == ENOENT else { throw LinuxError("delete \(path)") }
    }

    /// The numbers of the namespaces and links that exist.
    private static func present(_ settings: NetworkSettings) -> Set<Int> {
        let files = names(in: settings.namespaceDirectory).compactMap { Int($0) }
        let links = names(in: "/sys/class/net").compactMap { settings.index(link: $0) }
        return Set(files).union(links)
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
