import Glibc
public import LinuxEvents

/// What a control group's processes use.
public struct CgroupUsage: Hashable, Sendable {
    /// CPU time since the group was made, in nanoseconds.
    public let cpuNanoseconds: Int64
    /// Memory that counts against the group's limit, in bytes.
    public let memoryBytes: Int64
    /// Processes and threads.
    public let processes: Int
}

/// One control group, in whatever layout the machine has.
public struct Cgroup: Hashable, Sendable {
    /// Where it is below each tree's root: `/runabout/ID`.
    public let path: String
    /// Where the trees are.
    public let hierarchy: CgroupHierarchy

    /// How often the old freezer's state is read while it freezes; each read makes the kernel try again.
    ///
    /// Measured: 1 to 3 reads; a process in an uninterruptible wait can take as long as its disk.
    private static let freezeReadsMax = 20_000

    /// Names a group; it need not exist.
    public init(_ path: String, in hierarchy: CgroupHierarchy) {
        self.path = path
        self.hierarchy = hierarchy
    }

    /// Whether any tree has it.
    public var exists: Bool {
        hierarchy.directories(of: path).contains { access($0, F_OK) == 0 }
    }

    /// What its processes use now; nil when the group is gone.
    public func usage() -> CgroupUsage? {
        switch hierarchy.layout {
        case .unified:
            guard let microseconds = keyedNumber("cpu.stat", key: "usage_usec", controller: "cpu") else { return nil }
            return CgroupUsage(
                cpuNanoseconds: microseconds * 1_000,
                memoryBytes: number("memory.current", controller: "memory") ?? 0,
                processes: Int(number("pids.current", controller: "pids") ?? 0))
        case .legacy:
            guard let nanoseconds = number("cpuacct.usage", controller: "cpuacct") else { return nil }
            return CgroupUsage(
                cpuNanoseconds: nanoseconds,
                memoryBytes: number("memory.usage_in_bytes", controller: "memory") ?? 0,
                processes: Int(number("pids.current", controller: "pids") ?? 0))
        }
    }

    /// How many of its processes the kernel killed for want of memory; nil when the group is gone.
    public var outOfMemoryKills: Int? {
        let file = hierarchy.layout == .unified ? "memory.events" : "memory.oom_control"
        return keyedNumber(file, key: "oom_kill", controller: "memory").map { Int($0) }
    }

    /// Whether its processes are frozen; nil when the group is gone.
    public var isFrozen: Bool? {
        switch hierarchy.layout {
        case .unified: keyedNumber("cgroup.events", key: "frozen", controller: "").map { $0 == 1 }
        case .legacy: text("freezer.state", controller: "freezer").map { $0 == "FROZEN" }
        }
    }

    /// Freezes every process and returns when they are.
    ///
    /// - Throws: when the group is gone, or a process could not be frozen; then all are thawed again.
    public func freeze(_ events: KernelEvents, within duration: Duration) async throws {
        switch hierarchy.layout {
        case .unified: try await freezeUnified(true, events, within: duration)
        case .legacy: try await freezeLegacy()
        }
    }

    /// Thaws every process and returns when they run; does nothing to a group that is not frozen.
    ///
    /// - Throws: when the group is gone.
    public func thaw(_ events: KernelEvents, within duration: Duration) async throws {
        switch hierarchy.layout {
        case .unified: try await freezeUnified(false, events, within: duration)
        case .legacy: try set("freezer.state", to: "THAWED", controller: "freezer")
        }
    }

    /// The numbers of its processes and of those in groups below it.
    public var processes: [Int32] {
        var found: Set<Int32> = []
        for directory in hierarchy.directories(of: path) {
            for group in Self.groups(at: directory) {
                // A group that went meanwhile has no processes.
                let list = (try? SmallFile.read(group + "/cgroup.procs")) ?? ""
                found.formUnion(list.split(separator: "\n").compactMap { Int32($0) })
            }
        }
        return found.filter { $0 > 0 }.sorted()
    }

    /// Ends every process and returns when none is left or the time is over; says which.
    public func killAll(_ events: KernelEvents, within duration: Duration) async -> Bool {
        await finishes(within: duration) {
            // New processes may have been made while the list was read: look again until there are none.
            while !Task.isCancelled {
                let handles = processes.compactMap { ProcessHandle(id: $0) }.filter { !$0.hasEnded }
                if handles.isEmpty { return }
                // What is frozen is killed only when it thaws; a group without a freezer needs none.
                try? await thaw(events, within: duration)
                for handle in handles {
                    handle.signal(SIGKILL)
                }
                for handle in handles {
                    await handle.ended(events)
                }
            }
        }
    }

    /// Removes the group and those below it, from every tree; what is gone already is fine.
    ///
    /// - Throws: when a group still has processes.
    public func remove() throws(LinuxError) {
        for directory in hierarchy.directories(of: path) {
            for group in Self.groups(at: directory).reversed() where rmdir(group) != 0 && errno != ENOENT {
                throw LinuxError("remove control group \(group)")
            }
        }
    }

    /// The names of the groups right below this one, in any tree.
    public var children: [String] {
        var names: Set<String> = []
        for directory in hierarchy.directories(of: path) {
            names.formUnion(Self.subdirectories(of: directory))
        }
        return names.sorted()
    }
}

extension Cgroup {
    private func freezeLegacy() async throws {
        try set("freezer.state", to: "FROZEN", controller: "freezer")
        for _ in 0..<Self.freezeReadsMax {
            guard let state = text("freezer.state", controller: "freezer") else { break }
            if state == "FROZEN" { return }
            await Task.yield()
        }
        // It is the freezing that failed; thawing a group that went meanwhile fails too and says nothing new.
        try? set("freezer.state", to: "THAWED", controller: "freezer")
        throw LinuxError("freeze \(path)", number: EBUSY)
    }

    private func freezeUnified(_ isFreezing: Bool, _ events: KernelEvents, within duration: Duration) async throws {
        let file = hierarchy.unified + path + "/cgroup.events"
        let changes = try events.changes(.written, in: file)
        try set("cgroup.freeze", to: isFreezing ? "1" : "0", controller: "")
        let isDone = await finishes(within: duration) {
            var iterator = changes.makeAsyncIterator()
            while let isFrozen, isFrozen != isFreezing {
                guard await iterator.next(isolation: nil) != nil else { return }
            }
        }
        if isDone, isFrozen == isFreezing { return }
        if isFreezing { try set("cgroup.freeze", to: "0", controller: "") }
        throw LinuxError("\(isFreezing ? "freeze" : "thaw") \(path)", number: EBUSY)
    }

    private func set(_ file: String, to value: String, controller: String) throws(LinuxError) {
        guard let directory = hierarchy.directory(of: path, controller: controller) else {
            throw LinuxError("find the controller of \(file)", number: ENOENT)
        }
        try SmallFile.set("\(directory)/\(file)", to: value)
    }

    private func text(_ file: String, controller: String) -> String? {
        guard let directory = hierarchy.directory(of: path, controller: controller) else { return nil }
        // Whatever keeps it from being read, it can't be told: the group is gone.
        guard let text = try? SmallFile.read("\(directory)/\(file)") else { return nil }
        return String(text.prefix { $0 != "\n" })
    }

    private func number(_ file: String, controller: String) -> Int64? {
        text(file, controller: controller).flatMap { Int64($0) }
    }

    private func keyedNumber(_ file: String, key: String, controller: String) -> Int64? {
        guard let directory = hierarchy.directory(of: path, controller: controller) else { return nil }
        // As in `text`.
        guard let text = try? SmallFile.read("\(directory)/\(file)") else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return Int64(words[1]) }
        }
        return nil
    }

    /// A group's directory and all below it, parents first; empty when it does not exist.
    private static func groups(at directory: String) -> [String] {
        guard access(directory, F_OK) == 0 else { return [] }
        return [directory] + subdirectories(of: directory).flatMap { groups(at: directory + "/" + $0) }
    }

    private static func subdirectories(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
