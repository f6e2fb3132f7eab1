import Cgroups
import Foundation
import Glibc
import LinuxEvents
import OCI
import OCIRuntime
import RunaboutModel

/// Finds out, once at the start, whether and with which program this host runs containers as we configure them.
enum HostInspection {
    /// The ids outside for those inside; one range for all instances, since they share unpacked layers.
    static let identity = IdentityMapping(first: 100_000, count: 65_536)

    /// Makes the directories, and says what keeps this host from running containers.
    static func prepare(_ settings: RuntimeSettings) throws(RuntimeError) {
        guard geteuid() == 0 else {
            throw host("Containers need root. Start the daemon as root, or use the process runtime.")
        }
        let missing = HostRequirements.missing()
        guard missing.isEmpty else { throw host(missing.map(\.absence).joined(separator: " ")) }
        for (directory, mode) in directories(settings) {
            do {
                try FileManager.default.createDirectory(
                    atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
            } catch {
                throw host("The directory \(directory) could not be made: \(error.localizedDescription).")
            }
        }
        if let obstacle = RootFileSystem.obstacle(settings.stateDirectory) { throw host(obstacle) }
    }

    /// The first wanted program that really runs a container of ours here.
    static func program(_ settings: RuntimeSettings) async throws(RuntimeError) -> Runc {
        let names = settings.program == .auto ? ["crun", "runc"] : [settings.program.rawValue]
        var complaints: [String] = []
        for name in names where HostRequirements.path(of: name) != nil {
            let runc = Runc(program: name, root: settings.runDirectory + "/runc")
            do {
                try await tryOut(runc, settings)
                return runc
            } catch {
                complaints.append("\(error)")
            }
        }
        let reasons =
            complaints.isEmpty
            ? "none of \(names.joined(separator: ", ")) is installed" : complaints.joined(separator: "; ")
        throw host("No OCI runtime works on this host: \(reasons).")
    }

    private static func directories(_ settings: RuntimeSettings) -> [(String, Int)] {
        [
            (settings.stateDirectory + "/instances", 0o700), (settings.stateDirectory + "/exits", 0o700),
            (settings.runDirectory + "/runc", 0o700), (settings.runDirectory + "/netns", 0o700),
            (settings.rootsDirectory, 0o711),
        ]
    }

    /// Runs the host's own `true` in a container with everything that instances get, and the host's programs in it.
    private static func tryOut(_ runc: Runc, _ settings: RuntimeSettings) async throws {
        let id = "probe-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let root = settings.rootsDirectory + "/" + id
        let bundle = ContainerBundle(settings.runDirectory + "/" + id)
        defer {
            removeTree(root)
            removeTree(bundle.path)
        }
        let image = ImageConfiguration(
            architecture: "", os: "linux", config: .init(command: ["true"]), rootfs: .init(diffIDs: []))
        let command = try ImageCommand(
            image: image, startCommand: nil, environment: [:], platform: [:], users: UserLookup(passwd: "", group: ""))
        var specification = ContainerBlueprint(
            rootPath: root, command: command, hostname: "probe", networkNamespace: nil,
            cgroupsPath: "\(settings.cgroupParent)/\(id)", memoryBytes: ByteCount.mebibytes(64).bytes, cpuMillis: 1_000,
            processesMax: 16, identity: identity
        ).specification
        for directory in ["bin", "lib", "lib64", "usr"] where access("/\(directory)", F_OK) == 0 {
            try FileManager.default.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
            specification.bind("/\(directory)")
        }
        guard chmod(root, 0o755) == 0, chown(root, uid_t(identity.first), gid_t(identity.first)) == 0 else {
            throw LinuxError("own \(root)")
        }
        try bundle.write(specification)
        do {
            try await runc.launch(id, bundle: bundle.path)
            try await runc.delete(id)
        } catch {
            // It is the launch that failed; what there is of the container goes all the same.
            try? await runc.delete(id)
            throw error
        }
    }

    static func host(_ message: String) -> RuntimeError {
        RuntimeError(step: .host, instance: nil, message: message)
    }
}
