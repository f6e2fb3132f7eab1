public import NIOCore
import NIOPosix
public import OCI

/// An open blob, read in pieces; it stays readable even if it is removed meanwhile.
public final class BlobReader: Sendable {
    /// Which blob.
    public let digest: Digest
    /// How many bytes it has.
    public let size: Int64
    private let file: OpenFile
    private let path: String
    private let pool: NIOThreadPool

    init(digest: Digest, size: Int64, file: OpenFile, path: String, pool: NIOThreadPool) {
        self.digest = digest
        self.size = size
        self.file = file
        self.path = path
        self.pool = pool
    }

    /// Up to `count` bytes from an offset; fewer only at the blob's end.
    ///
    /// - Throws: `ContentStoreError.fileSystem` when the disk can't be read.
    public func read(at offset: Int64, count: Int) async throws -> ByteBuffer {
        let (file, path) = (file, path)
        return try await pool.runIfActive {
            var buffer = ByteBufferAllocator().buffer(capacity: count)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
                return try FileSystem.read(file, at: offset, into: room, path: path)
            }
            return buffer
        }
    }
}
