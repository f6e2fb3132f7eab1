import CLinux
import Foundation
import Glibc
import LinuxEvents
import OCIRuntime

/// The root file system of one instance: the image's layers, below a layer of its own that goes with it.
struct RootFileSystem: Hashable, Sendable {
    /// Where it is mounted.
    let path: String
    /// Holds the instance's own layer.
    let directory: String

    /// Mounts it.
    ///
    /// Layers are named by descriptor: their paths may be longer than the kernel's one page of mount options, may hold
    /// the letters that separate them, and would be shown to the instance.
    func mount(layers: [String], owner: IdentityMapping) throws {
        let upper = directory + "/upper"
        let work = directory + "/work"
        for (name, mode) in [(upper, mode_t(0o755)), (work, 0o700), (path, 0o755)] {
            guard mkdir(name, mode) == 0 || errno == EEXIST else { throw LinuxError("make \(name)") }
        }
        for name in [upper, work] {
            guard chown(name, uid_t(owner.first), gid_t(owner.first)) == 0 else { throw LinuxError("own \(name)") }
        }
        var descriptors: [Int32] = []
        defer {
            for descriptor in descriptors {
                close(descriptor)
            }
        }
        func hold(_ directory: String) throws(LinuxError) -> String {
            let descriptor = open(directory, clinux_open_path | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw LinuxError("open layer \(directory)") }
            descriptors.append(descriptor)
            return "/proc/self/fd/\(descriptor)"
        }
        // The kernel wants the topmost first. An image without layers has an empty one.
        let empty = directory + "/empty"
        if layers.isEmpty { mkdir(empty, 0o755) }
        let lower = try (layers.isEmpty ? [empty] : layers.reversed()).map { try hold($0) }.joined(separator: ":")
        // `volatile`: nothing of it is needed after a crash, so no write waits for the disk.
        let options = "lowerdir=\(lower),upperdir=\(try hold(upper)),workdir=\(try hold(work)),volatile"
        guard Glibc.mount("overlay", path, "overlay", UInt(MS_NODEV), options) == 0 else {
            throw LinuxError("mount the root file system at \(path)")
        }
    }

    /// Unmounts it and removes the instance's own layer; what is gone already is fine.
    func unmount() {
        while umount2(path, Int32(MNT_DETACH)) == 0 {}
        rmdir(path)
        for name in ["upper", "work", "empty"] {
            removeTree("\(directory)/\(name)")
        }
    }

    /// Why root file systems can't be made over a directory; nil when they can.
    static func obstacle(_ directory: String) -> String? {
        guard clinux_file_system_kind(directory) == clinux_overlayfs else { return nil }
        return
            "The state directory \(directory) is on overlayfs, which can't hold the upper layers of instances. Put it "
            + "on ext4, xfs or btrfs (in a container: on a volume)."
    }
}
