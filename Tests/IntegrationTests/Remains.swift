import CLinux
import Foundation
import Glibc

/// What a platform has on the machine: processes, mounts, links, firewall tables, cgroups.
enum Remains {
    /// All of it, a line each; empty after a clean end.
    static func of(_ platform: Platform) async throws -> [String] {
        var found = processes(of: platform).map { "process \($0.pid): \($0.command)" }
        found += mounts(of: platform).map { "mount \($0)" }
        if FileManager.default.fileExists(atPath: roots(of: platform)) { found.append("folder \(roots(of: platform))") }
        found += links(of: platform).map { "link \($0)" }
        found += controlGroups(of: platform).map { "cgroup \($0)" }
        found += try await tables(of: platform).map { "nftables table \($0)" }
        return found
    }

    /// Takes away what is left, so that a failed test leaves nothing to the next one.
    static func sweep(_ platform: Platform) async {
        await killAll(of: platform)
        for mount in mounts(of: platform).reversed() { umount2(mount, Int32(MNT_DETACH)) }
        for link in links(of: platform) { _ = try? await runTool("ip", ["link", "delete", link]) }
        for table in (try? await tables(of: platform)) ?? [] {
            _ = try? await runTool("nft", ["delete", "table"] + table.split(separator: " ").map(String.init))
        }
        for group in controlGroups(of: platform).sorted(by: { $0.count > $1.count }) { rmdir(group) }
    }

    /// Ends every process of a platform, as a power cut would.
    static func killAll(of platform: Platform) async {
        // A parent may start another child while it is being ended: look until nobody is left.
        for _ in 0..<50 {
            let left = processes(of: platform)
            if left.isEmpty { return }
            for process in left { await end(process.pid) }
        }
    }

    /// Processes that name the platform's directory, or belong to one of its services.
    static func processes(of platform: Platform) -> [(pid: pid_t, command: String)] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { $0 != getpid() }.compactMap { pid in
            let command = words(of: "/proc/\(pid)/cmdline")
            let environment = words(of: "/proc/\(pid)/environ")
            let isOurs =
                command.contains { $0.contains(platform.directory.path) || $0.contains(platform.state.path) }
                || environment.contains { $0.hasPrefix("RUNABOUT_SERVICE=") && $0.hasSuffix(platform.mark) }
            return isOurs ? (pid, command.joined(separator: " ")) : nil
        }
    }

    private static func words(of path: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Kills a process and waits until it is gone.
    private static func end(_ pid: pid_t) async {
        let handle = clinux_pidfd_open(pid)
        guard handle >= 0 else { return }
        kill(pid, SIGKILL)
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var waiting = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, 5_000)
                close(handle)
                continuation.resume()
            }
        }
    }

    private static func mounts(of platform: Platform) -> [String] {
        let table = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            let isOurs = [platform.state.path, roots(of: platform)].contains { root in
                fields.count > 1 && fields[1].hasPrefix(root + "/")
            }
            return isOurs ? String(fields[1]) : nil
        }
    }

    /// Where the container runtime mounts root file systems for this state directory.
    private static func roots(of platform: Platform) -> String { "/run/runabout-roots-\(suffix(of: platform))" }

    /// The eight digits that stand for a state directory: FNV-1a of its path.
    private static func suffix(of platform: Platform) -> String {
        let mixed = platform.state.path.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return String(format: "%08x", mixed)
    }

    private static func links(of platform: Platform) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
        return all.filter { $0.contains(platform.mark) }
    }

    private static func controlGroups(of platform: Platform) -> [String] {
        guard let all = FileManager.default.enumerator(atPath: "/sys/fs/cgroup") else { return [] }
        let parent = "runabout-\(suffix(of: platform))"
        var found: [String] = []
        for case let path as String in all where path.hasSuffix(parent) || path.contains(parent + "/") {
            var isFolder: ObjCBool = false
            let full = "/sys/fs/cgroup/" + path
            if FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), isFolder.boolValue {
                found.append(full)
            }
        }
        return found
    }

    private static func tables(of platform: Platform) async throws -> [String] {
        try await runTool("nft", ["list", "tables"]).split(separator: "\n")
            .filter { $0.contains(platform.mark) }.map { String($0.dropFirst("table ".count)) }
    }
}
