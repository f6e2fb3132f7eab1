import Glibc
import NIOPosix
public import OCI
import Synchronization

/// A blob as the disk has it.
public struct BlobFile: Hashable, Sendable {
    /// The digest it is named for.
    public let digest: Digest
    /// How many bytes it has.
    public let size: Int64
    /// When its last byte was written, in seconds since 1970.
    public let modifiedAt: Int64

    /// Takes all values.
    public init(digest: Digest, size: Int64, modifiedAt: Int64) {
        self.digest = digest
        self.size = size
        self.modifiedAt = modifiedAt
    }
}

/// Taking content away again, safe beside those who bring it.
extension ContentStore {
    /// Runs the body while the content of a digest can't be removed.
    ///
    /// Hold it from before a blob is published, or found, until what refers to it is written down. While somebody
    /// removes the content it waits, which takes one look at a database and one at a file.
    ///
    /// - Throws: `CancellationError`, and what the body throws.
    @discardableResult
    public func withLease<Result>(of digest: Digest, _ body: () async throws -> Result) async throws -> Result {
        while !leases.use(digest) {
            await leases.wait(for: digest)
            try Task.checkCancellation()
        }
        defer { leases.release(digest) }
        return try await body()
    }

    /// Every blob on the disk, in the order of their digests; what has no digest's name is passed over.
    ///
    /// - Throws: `ContentStoreError.fileSystem`.
    public func blobs() async throws -> [BlobFile] {
        let layout = layout
        return try await pool.runIfActive {
            var found: [BlobFile] = []
            for algorithm in Digest.Algorithm.allCases {
                for name in try FileSystem.names(in: layout.blobs(algorithm)).sorted() {
                    guard let digest = Digest(algorithm: algorithm, hex: name),
                        let status = try FileSystem.status(layout.blob(digest))
                    else { continue }
                    found.append(
                        BlobFile(
                            digest: digest, size: Int64(status.st_size), modifiedAt: Int64(status.st_mtim.tv_sec)))
                }
            }
            return found
        }
    }

    /// Removes a blob unless somebody holds it or it turns out to be needed; gives how many bytes became free, nil when
    /// it stayed.
    ///
    /// The question is asked while nobody else can take a lease, so its answer holds until the file is gone.
    ///
    /// - Throws: `ContentStoreError.fileSystem`, and what the question throws; then the blob stays.
    public func remove(_ digest: Digest, unless isNeeded: () async throws -> Bool) async throws -> Int64? {
        guard leases.beginRemoval(digest) else { return nil }
        defer { leases.endRemoval(digest) }
        guard try await !isNeeded() else { return nil }
        let layout = layout
        return try await pool.runIfActive {
            guard let status = try FileSystem.status(layout.blob(digest)) else { return nil }
            // Not synchronized: a file that comes back after a power cut is collected again.
            try FileSystem.remove(layout.blob(digest))
            return Int64(status.st_size)
        }
    }
}
