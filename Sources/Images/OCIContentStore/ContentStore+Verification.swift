import NIOPosix
public import OCI
import Synchronization

/// What hashing a blob again found.
public enum BlobVerdict: Hashable, Sendable {
    /// The bytes are those of the digest.
    case intact(bytes: Int64)
    /// They are not.
    case damaged(bytes: Int64, actual: Digest)
    /// There is no such blob any more.
    case absent
}

/// Hashing what lies on the disk again, and setting aside what is not what its name says.
extension ContentStore {
    /// Hashes a blob again, a piece in memory at a time.
    ///
    /// - Throws: `ContentStoreError.fileSystem` when the disk can't be read, and `CancellationError`.
    public func verify(_ digest: Digest) async throws -> BlobVerdict {
        let path = layout.blob(digest)
        let pieceBytes = limits.chunkBytes
        return try await pool.runIfActive {
            guard let file = try FileSystem.open(path) else { return .absent }
            var hasher = ContentHasher(digest.algorithm)
            var offset: Int64 = 0
            var buffer = [UInt8](repeating: 0, count: pieceBytes)
            while true {
                let count = try buffer.withUnsafeMutableBytes { memory in
                    let count = try FileSystem.read(file, at: offset, into: memory, path: path)
                    hasher.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
                    return count
                }
                guard count > 0 else { break }
                offset += Int64(count)
            }
            let actual = hasher.finish()
            return actual == digest ? .intact(bytes: offset) : .damaged(bytes: offset, actual: actual)
        }
    }

    /// Moves a damaged blob to `quarantine/`, where it stays until an operator looks at it; gives its name there, nil
    /// when somebody holds it, or it is gone or sound by now.
    ///
    /// From then on the digest is unknown, and the next push of the same bytes puts them in its place.
    ///
    /// - Throws: `ContentStoreError.storageFull`, `.fileSystem`.
    public func quarantine(_ digest: Digest) async throws -> String? {
        guard leases.beginRemoval(digest) else { return nil }
        defer { leases.endRemoval(digest) }
        // It may have been pushed again since it was found damaged.
        guard case .damaged = try await verify(digest) else { return nil }
        let layout = layout
        let name = "\(digest.algorithm.rawValue)-\(digest.hex)-\(UploadID().description.prefix(8))"
        return try await pool.runIfActive {
            guard try FileSystem.status(layout.blob(digest)) != nil else { return nil }
            try FileSystem.makeDirectory(layout.quarantine)
            try FileSystem.rename(layout.blob(digest), to: "\(layout.quarantine)/\(name)")
            try FileSystem.synchronizeDirectory(layout.quarantine)
            try FileSystem.synchronizeDirectory(layout.blobs(digest.algorithm))
            return name
        }
    }

    /// Replaces `index.json`, which tells other tools what the layout holds; a crash leaves the old one or the new one.
    ///
    /// - Throws: `ContentStoreError.storageFull`, `.fileSystem`; then the old one stays.
    public func writeIndex(_ manifests: [Descriptor]) async throws {
        try await pool.runIfActive { [self] in
            try indexLock.withLock { _ in try layout.writeIndex(ImageIndex(manifests: manifests)) }
        }
    }
}
