/// The file `config.json` of a bundle: what an OCI runtime is to run, and how.
///
/// Only the parts we set. Source: OCI runtime-spec 1.0.2, "Configuration".
public struct ContainerSpecification: Hashable, Sendable, Codable {
    /// The version of the specification.
    public var ociVersion = "1.0.2"
    /// What runs.
    public var process: ContainerProcess
    /// Its root file system.
    public var root: Root
    /// Its host name.
    public var hostname: String
    /// What is mounted below its root, in order.
    public var mounts: [Mount]
    /// What only Linux has.
    public var linux: Linux

    /// A root file system.
    public struct Root: Hashable, Sendable, Codable {
        /// Absolute path on the host.
        public var path: String
        /// Whether nothing in it can be changed.
        public var readonly: Bool
    }

    /// One mount.
    public struct Mount: Hashable, Sendable, Codable {
        /// Absolute path in the container.
        public var destination: String
        /// The kind of file system.
        public var type: String
        /// What is mounted.
        public var source: String
        /// Options as mount(8) has them.
        public var options: [String]
    }

    /// What only Linux has.
    public struct Linux: Hashable, Sendable, Codable {
        /// User ids inside and outside.
        public var uidMappings: [IDMapping]
        /// Group ids inside and outside.
        public var gidMappings: [IDMapping]
        /// Where its control groups are, below each tree's root.
        public var cgroupsPath: String
        /// Its limits.
        public var resources: Resources
        /// What is its own.
        public var namespaces: [Namespace]
        /// Which system calls it may make.
        public var seccomp: SeccompProfile?
        /// Paths that look empty.
        public var maskedPaths: [String]
        /// Paths that can't be changed.
        public var readonlyPaths: [String]
    }

    /// A range of ids: `size` of them from `containerID` inside are those from `hostID` outside.
    public struct IDMapping: Hashable, Sendable, Codable {
        /// The first id inside.
        public var containerID: Int
        /// The first id outside.
        public var hostID: Int
        /// How many.
        public var size: Int

        /// Takes all values.
        public init(containerID: Int, hostID: Int, size: Int) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }
    }

    /// One namespace: a new one, or the one kept at a path.
    public struct Namespace: Hashable, Sendable, Codable {
        /// `pid`, `mount`, `uts`, `ipc`, `network`, `cgroup` or `user`.
        public var type: String
        /// Where the namespace to join is kept; nil makes a new one.
        public var path: String?
    }

    /// Limits by control groups.
    public struct Resources: Hashable, Sendable, Codable {
        /// Rules for devices, in order.
        public var devices: [DeviceRule]
        /// Memory.
        public var memory: Memory
        /// Processor time.
        public var cpu: CPU
        /// Number of processes.
        public var pids: Pids
    }

    /// One rule for devices.
    public struct DeviceRule: Hashable, Sendable, Codable {
        /// Whether it allows or denies.
        public var allow: Bool
        /// Of `r`, `w` and `m` (make nodes).
        public var access: String
    }

    /// Limits of memory, in bytes.
    public struct Memory: Hashable, Sendable, Codable {
        /// Of memory.
        public var limit: Int64
        /// Of memory and swap together; equal to `limit` when there is to be no swapping.
        public var swap: Int64
    }

    /// Limits of processor time.
    public struct CPU: Hashable, Sendable, Codable {
        /// Weight against others when all want more than there is; 1024 is one part.
        public var shares: Int
        /// Microseconds of processor time in each period.
        public var quota: Int64
        /// Microseconds.
        public var period: Int64
    }

    /// A limit of processes and threads.
    public struct Pids: Hashable, Sendable, Codable {
        /// How many.
        public var limit: Int
    }
}

/// The first process of a container.
public struct ContainerProcess: Hashable, Sendable, Codable {
    /// Whether it has a terminal.
    public var terminal = false
    /// As whom it runs.
    public var user: User
    /// The program and its arguments.
    public var args: [String]
    /// `NAME=value` each.
    public var env: [String]
    /// Absolute path.
    public var cwd: String
    /// What of root's power it has.
    public var capabilities: Capabilities
    /// Its resource limits.
    public var rlimits: [ResourceLimit]
    /// Whether programs that set the user id gain nothing.
    public var noNewPrivileges = true
    /// How early the kernel kills it when the whole machine is out of memory: -1000...1000.
    public var oomScoreAdj: Int

    /// Numbers of users and groups inside.
    public struct User: Hashable, Sendable, Codable {
        /// The user.
        public var uid: Int
        /// The group.
        public var gid: Int
        /// Further groups.
        public var additionalGids: [Int]

        /// Takes all values.
        public init(uid: Int, gid: Int, additionalGids: [Int] = []) {
            self.uid = uid
            self.gid = gid
            self.additionalGids = additionalGids
        }
    }

    /// The same set thrice: what can be had, what can be used, what is used.
    public struct Capabilities: Hashable, Sendable, Codable {
        /// What can be gained by running programs.
        public var bounding: [String]
        /// What is used.
        public var effective: [String]
        /// What can be used.
        public var permitted: [String]
    }

    /// One resource limit.
    public struct ResourceLimit: Hashable, Sendable, Codable {
        /// `RLIMIT_NOFILE` and so on.
        public var type: String
        /// The most that may be set.
        public var hard: UInt64
        /// What is set.
        public var soft: UInt64
    }
}

extension ContainerSpecification {
    /// Shows a directory of the host in the container at the same place, unchangeable.
    package mutating func bind(_ directory: String) {
        mounts.append(
            Mount(
                destination: directory, type: "bind", source: directory, options: ["rbind", "ro", "nosuid", "nodev"]))
    }
}
