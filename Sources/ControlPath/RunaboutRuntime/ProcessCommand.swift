import Glibc
import OCI
import OCIRuntime
import RunaboutModel

/// What an instance of the process runtime starts: the image's command, out of the image's files where it is there.
struct ProcessCommand: Hashable {
    let program: String
    let arguments: [String]
    let environment: [String]
    let workingDirectory: String

    /// Finds the command.
    ///
    /// - Throws: `ImageCommand.Invalid` when there is none, or its program is neither in the image nor on this host.
    init(
        _ specification: InstanceSpecification, image: ImageConfiguration, root: String, port: Int,
    ) throws(ImageCommand.Invalid) {
        // Users of the image do not exist here: everything runs as whoever runs the daemon.
        var image = image
        image.config?.user = nil
        let command = try ImageCommand(
            image: image,
            startCommand: specification.configuration.startCommand,
            environment: specification.configuration.environment,
            platform: [
                "PORT": "\(port)",
                "RUNABOUT_SERVICE": specification.serviceName,
                "RUNABOUT_INSTANCE": specification.id.rawValue,
                "HOSTNAME": specification.id.short,
                "HOME": root,
            ],
            users: UserLookup(passwd: "", group: ""))
        let path = command.environment.first { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ""
        let directories = path.split(separator: ":").map { String($0) }
        guard let program = Self.locate(command.arguments[0], root: root, directories: directories) else {
            throw ImageCommand.Invalid(
                description: "The command '\(command.arguments[0])' is neither in the image nor on this host.")
        }
        self.program = program
        self.arguments = Array(command.arguments.dropFirst())
        let ownPath = (directories.map { root + $0 } + directories).joined(separator: ":")
        self.environment = command.environment.filter { !$0.hasPrefix("PATH=") } + ["PATH=\(ownPath)"]
        let directory = root + command.workingDirectory
        self.workingDirectory = access(directory, X_OK) == 0 ? directory : root
    }

    private static func locate(_ program: String, root: String, directories: [String]) -> String? {
        let candidates = program.contains("/") ? [program] : directories.map { "\($0)/\(program)" }
        // A root that can't be opened holds nothing.
        if let rooted = try? RootedDirectory(root) {
            for candidate in candidates {
                if let location = rooted.location(of: candidate) { return location }
            }
        }
        return candidates.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }
}
