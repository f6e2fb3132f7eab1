public import OCI

/// Blobs by digest in an OCI image layout on disk.
public final class ContentStore: Sendable {
    /// Opens or makes the layout at a directory.
    public init(directory: String) throws { preconditionFailure("to be built") }

    /// The path of a blob's file, whether it exists or not.
    public func path(of digest: Digest) -> String { preconditionFailure("to be built") }

    /// The size of a blob in bytes; nil when there is none.
    public func size(of digest: Digest) async throws -> Int64? { preconditionFailure("to be built") }

    /// A small blob whole.
    ///
    /// - Throws: `ContentStoreError` when it is missing, or larger than `limit` bytes.
    public func read(_ digest: Digest, limit: Int) async throws -> [UInt8] { preconditionFailure("to be built") }
}
