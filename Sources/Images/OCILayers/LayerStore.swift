import Glibc
import NIOPosix
public import OCI
public import OCIContentStore

/// Layers unpacked once, each in a directory of its own named for its uncompressed digest, shared by all who need it.
///
/// A layer is unpacked into `temporary/`, written to the disk and renamed to `ALGORITHM/DIGITS`; so what is there is
/// whole. Whoever asks for a layer that somebody is unpacking waits for that one.
public final class LayerStore: ImageProvider {
    static let nestedIndexesMax = 4

    let directory: String
    let store: ContentStore
    private let form: LayerForm
    let limits: ImageLimits
    let claims = DigestClaims()
    let recent = RecentLayers()
    let pool: NIOThreadPool

    /// Opens the directory, or makes it, and removes what an interrupted unpacking left.
    ///
    /// Layers that are there in another form, such as with other owners, are removed: they can be unpacked again.
    ///
    /// - Throws: `LayerError.fileSystem`, `.storageFull`.
    public init(directory: String, store: ContentStore, form: LayerForm) throws {
        self.directory = directory
        self.store = store
        self.form = form
        self.limits = store.limits
        try Self.prepare(directory, form: form)
        self.pool = NIOThreadPool(numberOfThreads: store.limits.unpacksMax)
        pool.start()
    }

    deinit { pool.shutdownGracefully { _ in } }

    /// The path of a layer, whether it is unpacked or not.
    public func path(of diffID: Digest) -> String { "\(directory)/\(diffID.algorithm.rawValue)/\(diffID.hex)" }

    /// Unpacks what is not unpacked yet and gives the image; of an index, its manifest for this machine.
    ///
    /// A layer that occurs twice is listed once, where it is uppermost: what it says there holds anyway, and overlayfs
    /// refuses a directory that is named twice.
    ///
    /// - Throws: `LayerError`; `ContentStoreError` when a blob is missing or damaged.
    public func prepare(_ manifest: Digest) async throws -> PreparedImage {
        let image = try await ImageDocuments(store: store, limits: limits).resolve(
            manifest, nestedIndexesMax: Self.nestedIndexesMax)
        for (layer, diffID) in zip(image.layers, image.configuration.rootfs.diffIDs) {
            try await unpack(layer, diffID)
        }
        var seen: Set<Digest> = []
        let distinct = image.configuration.rootfs.diffIDs.reversed().filter { seen.insert($0).inserted }.reversed()
        return PreparedImage(
            manifest: manifest, layers: distinct.map { path(of: $0) }, configuration: image.configuration)
    }

    /// Writes an image's files into an empty directory, layer upon layer, as plain copies with removals applied.
    ///
    /// For machines where nothing can be mounted. Copies, not links: an instance that writes to its files must not
    /// write to everybody's.
    ///
    /// - Throws: `LayerError`.
    public func flatten(_ image: PreparedImage, into target: String) async throws {
        try await pool.runIfActive {
            try Directory.make(target)
            let destination = try Directory.open(target)
            for layer in image.layers { try LayerCopier.copy(try Directory.open(layer), into: destination) }
        }
    }

    private func unpack(_ layer: Descriptor, _ diffID: Digest) async throws {
        // A collection that does not see this note has the claim until the layer is gone.
        recent.noteUse(of: diffID)
        while true {
            try Task.checkCancellation()
            guard claims.claim(diffID) else {
                await claims.wait(for: diffID)
                continue
            }
            defer { claims.release(diffID) }
            if try await isPresent(diffID) { return }
            return try await unpackClaimed(layer, diffID)
        }
    }

    private func isPresent(_ diffID: Digest) async throws -> Bool {
        let path = path(of: diffID)
        return try await pool.runIfActive { access(path, F_OK) == 0 }
    }

    private func unpackClaimed(_ layer: Descriptor, _ diffID: Digest) async throws {
        guard let size = try await store.size(of: layer.digest) else {
            throw ContentStoreError.blobUnknown(layer.digest)
        }
        let (product, isHuge) = size.multipliedReportingOverflow(by: limits.layerExpansionMax)
        let expanded = isHuge ? Int64.max : max(limits.layerExpansionFloorBytes, product)
        let job = UnpackJob(
            temporary: "\(directory)/temporary",
            name: "\(diffID.algorithm.rawValue)-\(diffID.hex)",
            target: path(of: diffID),
            diffID: diffID,
            form: form,
            limits: limits,
            bytesMax: min(limits.layerBytesMax, expanded),
        )
        try await LayerDecompression.withStream(of: store.path(of: layer.digest), pool: pool) { try job.run(from: $0) }
    }

    private static func prepare(_ directory: String, form: LayerForm) throws(LayerError) {
        try Directory.make(directory)
        let root = try Directory.open(directory)
        let marker = Array("form".utf8)
        let known = try FormFile.read(in: directory)
        if known != form.description {
            try root.removeTree(marker)
            for algorithm in Digest.Algorithm.allCases { try root.removeTree(Array(algorithm.rawValue.utf8)) }
        }
        try root.removeTree(Array("temporary".utf8))
        for algorithm in Digest.Algorithm.allCases { try Directory.make("\(directory)/\(algorithm.rawValue)") }
        try Directory.make("\(directory)/temporary")
        if known != form.description { try FormFile.write(form.description, in: directory) }
    }
}

/// One layer on its way from a stream to its directory; all of it blocks.
struct UnpackJob: Sendable {
    let temporary: String
    let name: String
    let target: String
    let diffID: Digest
    let form: LayerForm
    let limits: ImageLimits
    let bytesMax: Int64

    func run(from descriptor: Int32) throws(LayerError) {
        let holder = try Directory.open(temporary)
        let name = Array(name.utf8)
        do throws(LayerError) {
            try holder.removeTree(name)
            try holder.makeDirectory(name, mode: 0o755)
            guard let root = try holder.child(name) else { throw LayerError.last("open", temporary) }
            try unpack(descriptor, into: root)
            try publish(root)
        } catch {
            // The first error is the one to report; what can't be removed now goes at the next start.
            try? holder.removeTree(name)
            throw error
        }
    }

    private func unpack(_ descriptor: Int32, into root: Directory) throws(LayerError) {
        if let shift = form.ownershipShift {
            try root.check(fchown(root.descriptor, shift, shift), "set owner of", Array(temporary.utf8))
        }
        let stream = LayerStream(descriptor: descriptor, bytesMax: bytesMax, algorithm: diffID.algorithm)
        var archive = TarReader(stream, limits: limits)
        var writer = LayerWriter(root: root, form: form, limits: limits)
        while let entry = try archive.next() { try writer.write(entry, from: &archive) }
        try writer.finish()
        try archive.drain()
        let actual = stream.digest()
        guard actual == diffID else { throw .contentMismatch(expected: diffID, actual: actual) }
    }

    private func publish(_ root: Directory) throws(LayerError) {
        try root.synchronizeFileSystem()
        guard rename("\(temporary)/\(name)", target) == 0 else { throw .last("rename", target) }
        try root.synchronizeFileSystem()
    }
}

/// The file beside the layers that says in which form they are.
enum FormFile {
    static func read(in directory: String) throws(LayerError) -> String? {
        let path = "\(directory)/form"
        let file = OpenDescriptor(open(path, O_RDONLY | O_CLOEXEC))
        guard file.number >= 0 else {
            if errno == ENOENT { return nil }
            throw .last("open", path)
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(file.number, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .last("read", path) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    static func write(_ text: String, in directory: String) throws(LayerError) {
        let path = "\(directory)/form"
        let file = OpenDescriptor(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
        guard file.number >= 0 else { throw .last("create", path) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file.number, bytes, bytes.count) == bytes.count, fsync(file.number) == 0 else {
            throw .last("write", path)
        }
    }
}
