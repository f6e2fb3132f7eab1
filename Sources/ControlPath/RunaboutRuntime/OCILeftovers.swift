import Cgroups
import Glibc
import LinuxEvents
import LinuxNetworking
import OCIRuntime
public import RunaboutModel

extension OCIInstanceRuntime {
    /// Removes what belongs to instances that neither run nor are known.
    public func collectLeftovers(known: Set<InstanceID>) async -> [String] {
        var removed: [String] = []
        let (ids, strangers) = InstanceFiles.all(state: settings.stateDirectory)
        var kept: Set<String> = []
        for id in ids {
            if starting.contains(id) {
                kept.insert(id.rawValue)
                continue
            }
            guard let record = files(id).readRecord() else {
                if known.contains(id) { continue }
                files(id).removeAll()
                removed.append("files of instance \(id.short)")
                continue
            }
            adopt(record)
            if known.contains(id) || watch.exit(of: id) == nil {
                kept.insert(id.rawValue)
                continue
            }
            await undo(id)
            removed.append("ended instance \(id.short)")
        }
        removed += strangers.map { "left alone, not ours: \(settings.stateDirectory)/instances/\($0)" }
        removed += await collectContainers(kept)
        removed += await collectControlGroups(kept)
        removed += await collectMounts(kept)
        removed += await network.removeUnused()
        return removed
    }

    private func collectContainers(_ kept: Set<String>) async -> [String] {
        let root = settings.runDirectory + "/runc"
        var removed: [String] = []
        for name in InstanceFiles.names(in: root) where !kept.contains(name) {
            // State that the runtime itself can't read is removed as files.
            try? await runc.delete(name)
            removeTree("\(root)/\(name)")
            removed.append("container \(name.prefix(12)) of \(runc.program)")
        }
        return removed
    }

    private func collectControlGroups(_ kept: Set<String>) async -> [String] {
        var removed: [String] = []
        for name in Cgroup(settings.cgroupParent, in: hierarchy).children where !kept.contains(name) {
            let cgroup = Cgroup("\(settings.cgroupParent)/\(name)", in: hierarchy)
            _ = await cgroup.killAll(events, within: Limits.killDeadline)
            do {
                try cgroup.remove()
                removed.append("control group \(cgroup.path)")
            } catch {
                removed.append("could not be removed: control group \(cgroup.path): \(error)")
            }
        }
        return removed
    }

    private func collectMounts(_ kept: Set<String>) async -> [String] {
        var removed: [String] = []
        for name in InstanceFiles.names(in: settings.rootsDirectory) where !kept.contains(name) {
            let root = RootFileSystem(
                path: "\(settings.rootsDirectory)/\(name)", directory: "\(settings.stateDirectory)/instances/\(name)")
            // Unmounting has no outcome to report: what is still mounted is found the next time.
            try? await blocking { root.unmount() }
            removed.append("mount \(root.path)")
        }
        return removed
    }
}
