public import LinuxEvents

/// Where the machine's control groups are, in the old, the new or the mixed layout.
public struct CgroupHierarchy: Hashable, Sendable {
    /// How controllers are laid out.
    public enum Layout: String, Sendable {
        /// One tree with every controller (cgroup v2).
        case unified
        /// A tree for each controller (v1), with or without an empty v2 tree beside them.
        case legacy
    }

    /// How controllers are laid out.
    public let layout: Layout
    /// Where each v1 controller is mounted; named trees are in it as `name=systemd`.
    let controllers: [String: String]
    /// Where the v2 tree is mounted; empty when there is none.
    let unified: String

    /// Finds the machine's layout.
    ///
    /// - Throws: when the kernel's list of mounts can't be read, or holds no control groups.
    public static func detect() throws(LinuxError) -> CgroupHierarchy {
        let found = CgroupHierarchy(mountInfo: try SmallFile.read("/proc/self/mountinfo"))
        guard let found else { throw LinuxError("find control groups in /proc/self/mountinfo", number: 2) }
        return found
    }

    /// Takes the text of a `mountinfo` file; gives nil when it mounts no control groups.
    ///
    /// Shape: `36 35 98:0 /root /mount/point options... - type source superoptions`.
    /// Source: proc_pid_mountinfo(5).
    package init?(mountInfo: String) {
        var controllers: [String: String] = [:]
        var unified = ""
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count, fields.count > 5 else { continue }
            guard fields[3] == "/" else { continue }
            let mountPoint = String(fields[4])
            if fields[dash + 1] == "cgroup2", unified.isEmpty { unified = mountPoint }
            guard fields[dash + 1] == "cgroup" else { continue }
            for option in fields[dash + 3].split(separator: ",") where controllers[String(option)] == nil {
                controllers[String(option)] = mountPoint
            }
        }
        if controllers["memory"] == nil, controllers["pids"] == nil, controllers["freezer"] == nil {
            guard !unified.isEmpty else { return nil }
            self.layout = .unified
            self.controllers = [:]
        } else {
            self.layout = .legacy
            self.controllers = controllers
        }
        self.unified = unified
    }

    /// The directory of a group in the tree that has a controller; nil when no tree has it.
    package func directory(of path: String, controller: String) -> String? {
        if layout == .unified { return unified + path }
        return controllers[controller].map { $0 + path }
    }

    /// The group's directories in every tree.
    package func directories(of path: String) -> [String] {
        var roots = Set(controllers.values)
        if !unified.isEmpty { roots.insert(unified) }
        return roots.map { $0 + path }.sorted()
    }
}
