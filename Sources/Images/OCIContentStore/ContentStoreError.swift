public import OCI

/// Why the content store could not do what was asked.
public enum ContentStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no blob of that digest.
    case blobUnknown(Digest)
    /// The blob is larger than the caller can hold.
    case blobTooLarge(Digest, bytes: Int64, limit: Int)
    /// The bytes are not those of the digest; nothing was published.
    case digestMismatch(expected: Digest, actual: Digest)
    /// There is no such upload, or it belongs elsewhere.
    case uploadUnknown(UploadID)
    /// Another request is writing to the upload.
    case uploadBusy(UploadID)
    /// As many uploads are open as the limits allow.
    case tooManyUploads(limit: Int)
    /// The disk, or the quota on it, is full. What was being written has been removed.
    case storageFull
    /// The directory holds something that is not a layout of a version that is understood; it was not touched.
    case layoutUnreadable(path: String)
    /// A system call failed otherwise.
    case fileSystem(operation: String, path: String, errno: Int32)

    /// A sentence for the operator; it may name paths of the host, so it is not for the registry's clients.
    public var description: String {
        switch self {
        case .blobUnknown(let digest): "there is no blob \(digest)"
        case .blobTooLarge(let digest, let bytes, let limit):
            "blob \(digest) has \(bytes) bytes; at most \(limit) can be read at once"
        case .digestMismatch(let expected, let actual): "the bytes have the digest \(actual), not \(expected)"
        case .uploadUnknown(let id): "there is no upload \(id)"
        case .uploadBusy(let id): "upload \(id) is being written by another request"
        case .tooManyUploads(let limit): "\(limit) uploads are open; no more are allowed at once"
        case .storageFull: "the disk is full"
        case .layoutUnreadable(let path):
            "\(path) is not an OCI image layout of version 1.0.0; move it away or repair it"
        case .fileSystem(let operation, let path, let errno): "\(operation) \(path): \(FileSystem.message(of: errno))"
        }
    }
}
