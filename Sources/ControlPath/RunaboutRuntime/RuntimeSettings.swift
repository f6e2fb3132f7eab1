public import LinuxNetworking

/// Where a runtime keeps things and how it connects instances.
public struct RuntimeSettings: Sendable {
    /// Which OCI runtime is used.
    public enum Program: String, Sendable, CaseIterable {
        /// The first of crun and runc that works on this host.
        case auto
        case runc
        case crun
    }

    /// Absolute path of what is kept for good: `instances/` and `exits/` are in it.
    public let stateDirectory: String
    /// Absolute path of what need not survive a reboot: the OCI runtime's state and the network namespaces.
    public let runDirectory: String
    /// Which OCI runtime is used.
    public let program: Program
    /// The name of the bridge; two daemons on one machine need two.
    public let bridge: String
    /// Where instances get their addresses from; two daemons on one machine need two.
    public let subnet: IPv4Subnet
    /// How many network namespaces are kept ready.
    public let poolSize: Int
    /// Whether instances may open connections to the outside.
    public let allowsEgress: Bool
    /// TCP ports of the host that instances may reach, such as the front proxy's.
    public let reachableHostPorts: [Int]
    /// Absolute path of `runabout-supervisor`, which the process runtime needs.
    public let supervisor: String

    /// Where instances live when the operator says nothing.
    public static let standardStateDirectory = "/var/lib/runabout"

    /// Takes values; each default is what an operator gets who says nothing.
    public init(
        stateDirectory: String,
        runDirectory: String,
        program: Program = .auto,
        bridge: String = "runabout0",
        subnet: IPv4Subnet = .standard,
        poolSize: Int = 4,
        allowsEgress: Bool = true,
        reachableHostPorts: [Int] = [],
        supervisor: String = "/usr/libexec/runabout/runabout-supervisor",
    ) {
        self.stateDirectory = stateDirectory
        self.runDirectory = runDirectory
        self.program = program
        self.bridge = bridge
        self.subnet = subnet
        self.poolSize = poolSize
        self.allowsEgress = allowsEgress
        self.reachableHostPorts = reachableHostPorts
        self.supervisor = supervisor
    }

    /// Empty for the standard state directory, otherwise `-` and eight digits that stand for it: daemons over different
    /// directories never touch each other's control groups and mounts.
    var suffix: String {
        if stateDirectory == Self.standardStateDirectory { return "" }
        // FNV-1a of 32 bits. Source: Fowler, Noll, Vo.
        let mixed = stateDirectory.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(mixed, radix: 16)
        return "-" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// The control group that holds those of all instances.
    ///
    /// A plain path below each tree's root, made by the OCI runtime itself in every layout. Under systemd it lies beside
    /// systemd's own slices, which leaves it alone; the daemon's unit needs `Delegate=yes` only for its own group.
    package var cgroupParent: String { "/runabout" + suffix }

    /// Where root file systems are mounted.
    ///
    /// Not below the state directory: that may lie in somebody's home, where the
    /// ids of instances may not even look.
    package var rootsDirectory: String { "/run/runabout-roots" + suffix }

    /// The connection settings.
    var network: NetworkSettings {
        NetworkSettings(
            bridge: bridge, subnet: subnet, namespaceDirectory: runDirectory + "/netns", poolSize: poolSize,
            allowsEgress: allowsEgress, reachableHostPorts: reachableHostPorts)
    }
}
