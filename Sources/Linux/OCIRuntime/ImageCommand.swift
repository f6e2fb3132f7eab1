public import OCI

/// What a container made from an image runs.
public struct ImageCommand: Hashable, Sendable {
    /// The program and its arguments.
    public let arguments: [String]
    /// `NAME=value` each, every name once.
    public let environment: [String]
    /// Absolute path.
    public let workingDirectory: String
    /// As whom.
    public let user: ContainerProcess.User

    /// Why an image can't be run as asked.
    public struct Invalid: Error, Hashable, CustomStringConvertible {
        /// What is wrong and what to do.
        public let description: String

        /// Takes what is wrong.
        package init(description: String) { self.description = description }
    }

    /// Where programs are looked for when neither the image nor the user says.
    package static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Joins what the image says with what the service's owner says and what the platform sets.
    ///
    /// - Parameters:
    ///   - image: The image's configuration.
    ///   - startCommand: Words instead of the image's entrypoint and command; nil keeps those.
    ///   - environment: Variables of the service's owner; they win over the image's.
    ///   - platform: Variables of the platform; they win over all.
    ///   - users: The image's users.
    /// - Throws: ``Invalid`` when there is no command, the user is unknown, or a word holds a NUL.
    public init(
        image: ImageConfiguration,
        startCommand: [String]?,
        environment: [String: String],
        platform: [String: String],
        users: UserLookup,
    ) throws(Invalid) {
        let execution = image.config
        let arguments = startCommand ?? (execution?.entrypoint ?? []) + (execution?.command ?? [])
        guard let program = arguments.first, !program.isEmpty else {
            throw Invalid(
                description: "The image has neither an entrypoint nor a command: give the service a start command.")
        }
        let found: UserLookup.Found
        do {
            found = try users.find(execution?.user)
        } catch {
            throw Invalid(description: "The image can't be run: \(error).")
        }
        var variables = ["PATH": Self.defaultPath, "HOME": found.home]
        for entry in execution?.environment ?? [] {
            let halves = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2, !halves[0].isEmpty { variables[String(halves[0])] = String(halves[1]) }
        }
        variables.merge(environment) { $1 }
        variables.merge(platform) { $1 }
        let directory = execution?.workingDirectory ?? ""
        self.arguments = arguments
        self.environment = variables.map { "\($0.key)=\($0.value)" }.sorted()
        self.workingDirectory = directory.hasPrefix("/") ? directory : "/" + directory
        self.user = found.user
        guard !(self.arguments + self.environment).contains(where: { $0.utf8.contains(0) }) else {
            throw Invalid(description: "A word of the command or the environment holds a NUL byte.")
        }
    }
}
