/// The part of an image's configuration that running it needs.
///
/// Source: OCI image-spec 1.1, "config"; Docker's schema 2 has the same names.
public struct ImageConfiguration: Hashable, Sendable, Codable {
    /// What a container made from the image does by default.
    public struct Execution: Hashable, Sendable, Codable {
        /// `user`, `uid`, `user:group`, `uid:gid`; nil or empty is root.
        public var user: String?
        /// `NAME=value` each.
        public var environment: [String]?
        /// Words put before `command`.
        public var entrypoint: [String]?
        /// Default words of the command.
        public var command: [String]?
        /// Absolute path; nil or empty is `/`.
        public var workingDirectory: String?
        /// `port/protocol` keys; the values are empty objects.
        public var exposedPorts: [String: [String: String]]?
        /// Free labels.
        public var labels: [String: String]?
        /// The signal that asks it to end, `SIGTERM` when nil.
        public var stopSignal: String?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case workingDirectory = "WorkingDir"
            case exposedPorts = "ExposedPorts"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }

        /// Takes what is known.
        public init(
            user: String? = nil,
            environment: [String]? = nil,
            entrypoint: [String]? = nil,
            command: [String]? = nil,
            workingDirectory: String? = nil,
            exposedPorts: [String: [String: String]]? = nil,
            labels: [String: String]? = nil,
            stopSignal: String? = nil,
        ) {
            self.user = user
            self.environment = environment
            self.entrypoint = entrypoint
            self.command = command
            self.workingDirectory = workingDirectory
            self.exposedPorts = exposedPorts
            self.labels = labels
            self.stopSignal = stopSignal
        }
    }

    /// The layers as they are uncompressed.
    public struct RootFileSystem: Hashable, Sendable, Codable {
        /// Always `layers`.
        public var type: String
        /// Digests of the uncompressed layers, lowest first.
        public var diffIDs: [Digest]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        /// Takes both values.
        public init(type: String = "layers", diffIDs: [Digest]) {
            self.type = type
            self.diffIDs = diffIDs
        }
    }

    /// CPU architecture in Go's words: `amd64`, `arm64`.
    public var architecture: String
    /// Operating system in Go's words: `linux`.
    public var os: String
    /// What a container does by default.
    public var config: Execution?
    /// The layers.
    public var rootfs: RootFileSystem

    /// Takes all values.
    public init(architecture: String, os: String, config: Execution?, rootfs: RootFileSystem) {
        self.architecture = architecture
        self.os = os
        self.config = config
        self.rootfs = rootfs
    }
}
