public import NIOPosix
public import OCI
import Synchronization

/// Blobs by digest in an OCI image layout on disk.
///
/// `oci-layout`, `index.json` and `blobs/ALGORITHM/DIGITS` are the layout; `uploads/` holds sessions that can be
/// resumed, also by the next process, and `temporary/` what can't and is removed at the next start. A blob appears
/// under its digest only once its bytes are verified and on the disk. `quarantine/` holds blobs that were found damaged.
/// What the index lists is the business of whoever keeps repositories.
/// Source: OCI image-spec 1.1, "Image Layout".
public final class ContentStore: Sendable {
    /// The bounds it keeps.
    public let limits: ImageLimits
    let layout: LayoutPaths
    let pool: NIOThreadPool
    let uploads: Mutex<UploadTable>
    let leases = ContentLeases()
    /// One writer of the index at a time.
    let indexLock = Mutex<Void>(())

    /// Opens the layout at a directory, or makes one.
    ///
    /// Removes what an earlier process left in `temporary/`, and uploads that were not touched for
    /// `limits.uploadIdleMax`; never a blob.
    ///
    /// - Throws: `ContentStoreError.layoutUnreadable` when something else is there, `.storageFull`, `.fileSystem`.
    public init(directory: String, limits: ImageLimits, pool: NIOThreadPool = .singleton) throws {
        self.limits = limits
        self.layout = LayoutPaths(directory: directory)
        self.pool = pool
        try layout.prepare()
        for name in try FileSystem.names(in: layout.temporary) {
            try FileSystem.remove("\(layout.temporary)/\(name)")
        }
        let left = try FileSystem.names(in: layout.uploads).compactMap { [layout] name in
            UploadID(name.prefix { $0 != "-" }).map { id in
                UploadSession(id: id, fileName: name, layout: layout, pool: pool)
            }
        }
        self.uploads = Mutex(UploadTable(sessions: left, limit: limits.uploadSessionsMax))
        _ = try collectIdleUploads(now: SystemTime.unixSeconds)
    }

    /// The path of a blob's file, whether it exists or not.
    public func path(of digest: Digest) -> String { layout.blob(digest) }

    /// The size of a blob in bytes; nil when there is none.
    public func size(of digest: Digest) async throws -> Int64? {
        let path = layout.blob(digest)
        return try await pool.runIfActive { try FileSystem.status(path).map { Int64($0.st_size) } }
    }

    /// A small blob whole; its bytes are checked against the digest again.
    ///
    /// - Throws: `ContentStoreError.blobUnknown`, `.blobTooLarge` beyond `limit` bytes, `.digestMismatch` when the
    ///   file was damaged.
    public func read(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        let path = layout.blob(digest)
        return try await pool.runIfActive {
            guard let file = try FileSystem.open(path) else { throw ContentStoreError.blobUnknown(digest) }
            let size = Int64(try FileSystem.status(file, path: path).st_size)
            guard size <= Int64(limit) else {
                throw ContentStoreError.blobTooLarge(digest, bytes: size, limit: limit)
            }
            var bytes = [UInt8](repeating: 0, count: Int(size))
            let count = try bytes.withUnsafeMutableBytes {
                try FileSystem.read(file, at: 0, into: $0, path: path)
            }
            bytes.removeLast(bytes.count - count)
            let actual = ContentHasher.digest(of: bytes, algorithm: digest.algorithm)
            guard actual == digest else {
                throw ContentStoreError.digestMismatch(expected: digest, actual: actual)
            }
            return bytes
        }
    }

    /// Opens a blob of any size; nil when there is none.
    public func open(_ digest: Digest) async throws -> BlobReader? {
        let path = layout.blob(digest)
        let pool = pool
        return try await pool.runIfActive {
            guard let file = try FileSystem.open(path) else { return nil }
            let size = Int64(try FileSystem.status(file, path: path).st_size)
            return BlobReader(digest: digest, size: size, file: file, path: path, pool: pool)
        }
    }

    /// Stores a small blob that is in memory, such as a manifest, and gives its digest.
    ///
    /// Storing the same bytes again changes nothing.
    ///
    /// - Throws: `ContentStoreError.storageFull`, `.fileSystem`; then nothing is left behind.
    @discardableResult
    public func put(_ bytes: [UInt8], algorithm: Digest.Algorithm = .sha256) async throws -> Digest {
        let layout = layout
        let temporary = "\(layout.temporary)/\(UploadID())"
        return try await pool.runIfActive {
            let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
            if let status = try FileSystem.status(layout.blob(digest)), status.st_size == bytes.count { return digest }
            do {
                let file = try FileSystem.create(temporary)
                try bytes.withUnsafeBytes { try FileSystem.writeAll($0, to: file, path: temporary) }
                try layout.publish(file, at: temporary, as: digest)
            } catch {
                // The first error is the one to report; a file that can't be removed goes at the next start.
                try? FileSystem.remove(temporary)
                throw error
            }
            return digest
        }
    }
}
