import Glibc

/// What differs from container to container; everything else of its specification is the same for all.
public struct ContainerBlueprint: Sendable {
    /// Absolute path of the mounted root file system.
    public var rootPath: String
    /// What runs.
    public var command: ImageCommand
    /// The host name it sees.
    public var hostname: String
    /// Where its network namespace is kept; nil gives it an empty one of its own.
    public var networkNamespace: String?
    /// Where its control groups are.
    public var cgroupsPath: String
    /// Bytes of memory, with nothing swapped.
    public var memoryBytes: Int64
    /// Thousandths of a processor.
    public var cpuMillis: Int
    /// Processes and threads.
    public var processesMax: Int
    /// Its user and group ids outside.
    public var identity: IdentityMapping

    /// Takes all values.
    public init(
        rootPath: String,
        command: ImageCommand,
        hostname: String,
        networkNamespace: String?,
        cgroupsPath: String,
        memoryBytes: Int64,
        cpuMillis: Int,
        processesMax: Int,
        identity: IdentityMapping,
    ) {
        self.rootPath = rootPath
        self.command = command
        self.hostname = hostname
        self.networkNamespace = networkNamespace
        self.cgroupsPath = cgroupsPath
        self.memoryBytes = memoryBytes
        self.cpuMillis = cpuMillis
        self.processesMax = processesMax
        self.identity = identity
    }
}

/// One range of ids outside for the ids 0 and up inside.
public struct IdentityMapping: Hashable, Sendable {
    /// The id outside that is 0 inside.
    public let first: Int
    /// How many ids there are.
    public let count: Int

    /// Takes both values.
    public init(first: Int, count: Int) {
        self.first = first
        self.count = count
    }
}

extension ContainerBlueprint {
    /// How often processor time is dealt out, in microseconds; the kernel's default.
    private static let cpuPeriodMicroseconds: Int64 = 100_000
    /// The kernel kills instances before anything else when the whole machine is out of memory.
    private static let oomScoreAdjustment = 500
    /// Open files of a process, unless the host allows fewer: what web servers are usually given.
    private static let openFilesWanted: UInt64 = 65_536

    /// The whole specification.
    ///
    /// 1,500 thousandths of a processor are 150,000 microseconds in each 100,000.
    public var specification: ContainerSpecification {
        ContainerSpecification(
            process: process,
            root: .init(path: rootPath, readonly: false),
            hostname: hostname,
            mounts: Self.mounts,
            linux: .init(
                uidMappings: [.init(containerID: 0, hostID: identity.first, size: identity.count)],
                gidMappings: [.init(containerID: 0, hostID: identity.first, size: identity.count)],
                cgroupsPath: cgroupsPath,
                resources: .init(
                    devices: [.init(allow: false, access: "rwm")],
                    memory: .init(limit: memoryBytes, swap: memoryBytes),
                    cpu: .init(
                        shares: max(2, cpuMillis * 1_024 / 1_000),
                        quota: Int64(cpuMillis) * Self.cpuPeriodMicroseconds / 1_000,
                        period: Self.cpuPeriodMicroseconds),
                    pids: .init(limit: processesMax)),
                namespaces: ["pid", "mount", "uts", "ipc", "cgroup", "user"].map { .init(type: $0, path: nil) }
                    + [.init(type: "network", path: networkNamespace)],
                seccomp: .ordinaryPrograms,
                maskedPaths: Self.maskedPaths,
                readonlyPaths: [
                    "/proc/bus", "/proc/driver", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
                ]))
    }

    private var process: ContainerProcess {
        ContainerProcess(
            user: command.user,
            args: command.arguments,
            env: command.environment,
            cwd: command.workingDirectory,
            capabilities: .init(
                bounding: Self.capabilities, effective: Self.capabilities, permitted: Self.capabilities),
            rlimits: [
                Self.limit("RLIMIT_NOFILE", RLIMIT_NOFILE, wanted: Self.openFilesWanted),
                Self.limit("RLIMIT_CORE", RLIMIT_CORE, wanted: 0),
            ],
            oomScoreAdj: Self.oomScoreAdjustment)
    }

    /// What images with several users need to change owner, group and user at their start.
    ///
    /// All of it holds only for ids and files of the container's own user namespace. Low ports need no capability: the
    /// network allows them.
    private static let capabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID",
        "CAP_SETUID",
    ]

    /// `/sys` is an empty file system with the control groups in it: the real one can't be mounted in a user namespace
    /// that does not own the network, and tells of the host's devices.
    private static let mounts: [ContainerSpecification.Mount] = [
        .init(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        .init(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "noexec", "strictatime", "mode=755", "size=64k"]),
        .init(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        .init(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        .init(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        .init(
            destination: "/sys", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "noexec", "nodev", "ro", "mode=755", "size=64k"]),
        .init(
            destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
            options: ["nosuid", "noexec", "nodev", "ro"]),
    ]

    /// What tells of the host or of other instances, or changes the kernel.
    private static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/buddyinfo", "/proc/cmdline", "/proc/config.gz", "/proc/diskstats",
        "/proc/interrupts", "/proc/iomem", "/proc/ioports", "/proc/kallsyms", "/proc/kcore", "/proc/key-users",
        "/proc/keys", "/proc/kmsg", "/proc/kpagecgroup", "/proc/kpagecount", "/proc/kpageflags", "/proc/latency_stats",
        "/proc/modules", "/proc/pagetypeinfo", "/proc/partitions", "/proc/sched_debug", "/proc/schedstat", "/proc/scsi",
        "/proc/slabinfo", "/proc/softirqs", "/proc/swaps", "/proc/sysrq-trigger", "/proc/timer_list",
        "/proc/timer_stats", "/proc/vmallocinfo", "/proc/zoneinfo", "/sys/firmware",
    ]

    /// A limit that asks for no more than this process may give: raising one needs a power that hosts may withhold.
    private static func limit(
        _ name: String, _ kind: __rlimit_resource, wanted: UInt64,
    ) -> ContainerProcess.ResourceLimit {
        var own = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(kind.rawValue), &own) == 0
        let most = isKnown ? min(wanted, UInt64(own.rlim_max)) : wanted
        return .init(type: name, hard: most, soft: most)
    }
}
