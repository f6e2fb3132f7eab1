/// How instances are connected.
public struct NetworkSettings: Sendable {
    /// The bridge's name; at most 10 bytes, since links are called after it.
    public let bridge: String
    /// Where instances get their addresses from.
    public let subnet: IPv4Subnet
    /// The directory that keeps the namespaces, a file each.
    public let namespaceDirectory: String
    /// How many namespaces are kept ready.
    public let poolSize: Int
    /// Whether instances may open connections to the outside.
    public let allowsEgress: Bool
    /// TCP ports of the host that instances may reach; none by default.
    public let reachableHostPorts: [Int]

    /// Takes all values.
    public init(
        bridge: String,
        subnet: IPv4Subnet,
        namespaceDirectory: String,
        poolSize: Int,
        allowsEgress: Bool = true,
        reachableHostPorts: [Int] = [],
    ) {
        self.bridge = bridge
        self.subnet = subnet
        self.namespaceDirectory = namespaceDirectory
        self.poolSize = poolSize
        self.allowsEgress = allowsEgress
        self.reachableHostPorts = reachableHostPorts
    }

    /// The name of our own table of packet rules.
    package var table: String { "runabout_" + bridge.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() }

    /// The host's end of the link of the namespace with a number: `runabout0-1f`.
    package func link(_ index: Int) -> String { bridge + "-" + String(index, radix: 16) }

    /// The number of the namespace whose link has a name; nil when it is no link of ours.
    package func index(link name: String) -> Int? {
        guard name.hasPrefix(bridge + "-") else { return nil }
        return Int(name.dropFirst(bridge.count + 1), radix: 16)
    }
}

/// A network namespace with a link to the bridge, ready for an instance.
public struct NetworkNamespace: Hashable, Sendable, Codable {
    /// Its number, which its address is made of.
    public let index: Int
    /// The file that keeps it and is joined by.
    public let path: String
    /// Its IPv4 address.
    public let address: String
}

/// Why instances can't be connected.
public struct NetworkError: Error, CustomStringConvertible {
    /// What was attempted, what came of it and what to do.
    public let message: String

    /// The message.
    public var description: String { message }
}
