public import Foundation
public import OCI
public import OCIContentStore

/// A small image made of files that a test gives, written straight into a content store: no tool, no network.
public struct OCITestImage: Sendable {
    /// A file of a layer.
    public struct File: Sendable {
        /// The path in the image, without a leading `/`.
        public var path: String
        /// What is in it.
        public var content: [UInt8]
        /// Permission bits.
        public var mode: UInt32

        /// Takes the content as bytes.
        public init(_ path: String, _ content: [UInt8], mode: UInt32 = 0o644) {
            self.path = path
            self.content = content
            self.mode = mode
        }

        /// Takes the content as text.
        public init(_ path: String, _ content: String, mode: UInt32 = 0o644) {
            self.init(path, Array(content.utf8), mode: mode)
        }

        /// Copies a file of the host, such as a statically linked program the test compiled.
        ///
        /// - Throws: when it can't be read.
        public init(_ path: String, copying host: URL, mode: UInt32 = 0o755) throws {
            self.init(path, Array(try Data(contentsOf: host)), mode: mode)
        }
    }

    /// What was written.
    public struct Written: Sendable {
        /// The manifest's digest, which is what the platform runs.
        public let manifest: Digest
        /// The manifest's type.
        public let mediaType: MediaType
        /// The manifest's size in bytes.
        public let size: Int64
        /// The blobs it refers to: its configuration, then its layers.
        public let references: [Digest]
    }

    /// The layers' archives, lowest first, not compressed.
    public var layers: [[UInt8]]
    /// What a container made from it does by default.
    public var execution: ImageConfiguration.Execution

    /// Takes layers as archives.
    public init(archives: [[UInt8]], execution: ImageConfiguration.Execution = .init()) {
        self.layers = archives
        self.execution = execution
    }

    /// Takes layers as lists of files; the directories they need are made.
    public init(layers: [[File]], execution: ImageConfiguration.Execution = .init()) {
        self.init(archives: layers.map(Self.archive), execution: execution)
    }

    /// Stores layers, configuration and manifest.
    ///
    /// - Throws: what the content store throws.
    public func write(into store: ContentStore) async throws -> Written {
        var descriptors: [Descriptor] = []
        for layer in layers {
            let digest = try await store.put(layer)
            descriptors.append(Descriptor(mediaType: .layerTar, digest: digest, size: Int64(layer.count)))
        }
        let platform = Platform.current
        let configuration = ImageConfiguration(
            architecture: platform.architecture,
            os: platform.os,
            config: execution,
            rootfs: .init(diffIDs: descriptors.map(\.digest)),
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let configurationBytes = Array(try encoder.encode(configuration))
        let config = Descriptor(
            mediaType: .imageConfiguration,
            digest: try await store.put(configurationBytes),
            size: Int64(configurationBytes.count),
        )
        let bytes = Array(try encoder.encode(Manifest(config: config, layers: descriptors)))
        return Written(
            manifest: try await store.put(bytes),
            mediaType: .imageManifest,
            size: Int64(bytes.count),
            references: [config.digest] + descriptors.map(\.digest),
        )
    }

    private static func archive(of files: [File]) -> [UInt8] {
        var archive = TarArchive()
        var made: Set<String> = []
        for file in files {
            var parent = ""
            for component in file.path.split(separator: "/").dropLast() {
                parent += "\(component)/"
                if made.insert(parent).inserted { archive.addDirectory(parent) }
            }
            archive.add(.init(file.path, mode: file.mode), content: file.content)
        }
        return archive.bytes
    }
}
