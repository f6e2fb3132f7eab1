public import OCI

/// A manifest as a repository holds it.
public struct ManifestRecord: Hashable, Sendable {
    /// The digest of its bytes, under which the content store has them.
    public let digest: Digest
    /// Its media type, as the client gave it.
    public let mediaType: String
    /// How many bytes it has.
    public let size: Int64
    /// Blobs and manifests it refers to: config, layers, an index's manifests.
    public let references: [Digest]

    /// Takes all values.
    public init(digest: Digest, mediaType: String, size: Int64, references: [Digest]) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.references = references
    }
}

/// What repositories hold: which tag stands for which manifest, and which blobs a repository may serve.
///
/// The bytes are in the content store; this is kept where the rest of the platform's state is, so that an image and
/// what refers to it change together.
public protocol RegistryCatalog: Sendable {
    /// The manifest a tag stands for; nil when there is none.
    func resolve(repository: String, tag: String) async throws -> ManifestRecord?
    /// A manifest of the repository by digest; nil when it has none.
    func manifest(repository: String, digest: Digest) async throws -> ManifestRecord?
    /// Adds a manifest, and moves the tag to it when one is given. Creates the repository when it is new.
    func put(_ manifest: ManifestRecord, repository: String, tag: String?) async throws
    /// Removes a tag. Gives false when there was none.
    func deleteTag(repository: String, tag: String) async throws -> Bool
    /// Removes a manifest and the tags that stand for it. Gives false when there was none.
    func deleteManifest(repository: String, digest: Digest) async throws -> Bool
    /// Tags in order, those after `after`, at most `limit`; nil when there is no such repository.
    func tags(repository: String, after: String?, limit: Int) async throws -> [String]?
    /// Repositories in order, those after `after`, at most `limit`.
    func repositories(after: String?, limit: Int) async throws -> [String]
    /// Notes that a repository may serve a blob. Creates the repository when it is new.
    func linkBlob(repository: String, digest: Digest) async throws
    /// Whether a repository may serve a blob.
    func hasBlob(repository: String, digest: Digest) async throws -> Bool
    /// Takes a blob away from a repository. Gives false when it had none.
    func unlinkBlob(repository: String, digest: Digest) async throws -> Bool
}
