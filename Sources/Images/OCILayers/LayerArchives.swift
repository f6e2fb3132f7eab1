import NIOPosix
public import OCI
public import OCIContentStore

/// An image's layers as they are stored, and its configuration.
public struct StoredImage: Hashable, Sendable {
    /// The layers' blobs, lowest first.
    public let layers: [Descriptor]
    /// The image's configuration, which says what each layer's uncompressed digest is.
    public let configuration: ImageConfiguration
}

/// Reads layers entry by entry as they are stored, without writing anything.
public final class LayerArchives: Sendable {
    private static let nestedIndexesMax = 4

    private let store: ContentStore
    private let pool: NIOThreadPool

    /// Takes the store that has the blobs; archives are read on threads of their own, as many as layers are unpacked
    /// on.
    public init(store: ContentStore) {
        self.store = store
        self.pool = NIOThreadPool(numberOfThreads: store.limits.unpacksMax)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// The layers of an image; of an index, of its manifest for this machine.
    ///
    /// - Throws: `LayerError`; `ContentStoreError` when a document is missing or damaged.
    public func image(_ manifest: Digest) async throws -> StoredImage {
        let found = try await ImageDocuments(store: store, limits: store.limits).resolve(
            manifest, nestedIndexesMax: Self.nestedIndexesMax)
        return StoredImage(layers: found.layers, configuration: found.configuration)
    }

    /// Gives the body a layer's entries; it blocks and runs on a thread of the pool.
    ///
    /// Once the body has returned, the rest is read, too: what it gives is about the very bytes that have this digest.
    ///
    /// - Throws: what the body throws; `LayerError` when the archive is malformed, exceeds the limits or has other
    ///   content than `diffID` says; `ContentStoreError.blobUnknown`.
    public func read<Result: Sendable>(
        _ layer: Descriptor, diffID: Digest, _ body: @escaping @Sendable (inout LayerEntries) throws -> Result,
    ) async throws -> Result {
        guard let size = try await store.size(of: layer.digest) else {
            throw ContentStoreError.blobUnknown(layer.digest)
        }
        let limits = store.limits
        let (product, isHuge) = size.multipliedReportingOverflow(by: limits.layerExpansionMax)
        let bytesMax = min(
            limits.layerBytesMax, isHuge ? Int64.max : max(limits.layerExpansionFloorBytes, product))
        return try await LayerDecompression.withStream(of: store.path(of: layer.digest), pool: pool) { descriptor in
            let stream = LayerStream(descriptor: descriptor, bytesMax: bytesMax, algorithm: diffID.algorithm)
            var entries = LayerEntries(archive: TarReader(stream, limits: limits), limits: limits)
            let result = try body(&entries)
            try entries.finish()
            let actual = stream.digest()
            guard actual == diffID else { throw LayerError.contentMismatch(expected: diffID, actual: actual) }
            return result
        }
    }
}

/// What an entry of a layer is, as far as a reader that unpacks nothing cares.
public enum LayerEntryKind: Hashable, Sendable {
    /// A regular file with content.
    case file
    /// A directory.
    case directory
    /// Another name of a file that the same archive has, by its components.
    case hardLink(target: [[UInt8]])
    /// A symbolic link, device, pipe or whatever else.
    case other
}

/// One entry of a layer.
public struct LayerEntry: Hashable, Sendable {
    /// The components of its path below the layer's root: none is empty, `.` or `..`.
    public let path: [[UInt8]]
    /// What it is.
    public let kind: LayerEntryKind
    /// Bytes of content; 0 but for files.
    public let size: Int64
}

/// The entries of a layer, one after the other.
public struct LayerEntries {
    private var archive: TarReader<LayerStream>
    private let limits: ImageLimits

    init(archive: TarReader<LayerStream>, limits: ImageLimits) {
        self.archive = archive
        self.limits = limits
    }

    /// The next entry, past what is left of the last one's content; nil at the end.
    ///
    /// - Throws: `LayerError`, also for a path that leads out of the layer: no such layer can be unpacked.
    public mutating func next() throws(LayerError) -> LayerEntry? {
        guard let entry = try archive.next() else { return nil }
        let path = try LayerPath(entry.path, limits: limits)
        let kind: LayerEntryKind =
            switch entry.kind {
            case .file: .file
            case .directory: .directory
            case .hardLink: .hardLink(target: try LayerPath(entry.target, limits: limits).components)
            case .symbolicLink, .pipe, .device, .other: .other
            }
        return LayerEntry(path: path.components, kind: kind, size: entry.size)
    }

    /// Reads content of the current entry; 0 at its end.
    ///
    /// - Throws: `LayerError`.
    public mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        try archive.readContent(into: buffer)
    }

    mutating func finish() throws(LayerError) {
        while try archive.next() != nil {}
        try archive.drain()
    }
}
