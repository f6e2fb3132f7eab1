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
    /// The manifest it says something about; it need not exist.
    public let subject: Digest?
    /// What kind of artifact it is: its own word, or that of an image's configuration; nil where neither is said.
    public let artifactType: String?
    /// Its own annotations, which lists of referrers repeat.
    public let annotations: [String: String]

    /// Takes all values.
    public init(
        digest: Digest, mediaType: String, size: Int64, references: [Digest], subject: Digest? = nil,
        artifactType: String? = nil, annotations: [String: String] = [:],
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.references = references
        self.subject = subject
        self.artifactType = artifactType
        self.annotations = annotations
    }
}

/// A manifest on its way into a repository.
public struct ManifestPush: Hashable, Sendable {
    /// The manifest.
    public let record: ManifestRecord
    /// Tags that are to stand for it.
    public let tags: [String]
    /// Blobs that the repository must have at that moment.
    public let blobs: [Digest]
    /// Manifests that the repository must have at that moment.
    public let manifests: [Digest]

    /// Takes all values.
    public init(_ record: ManifestRecord, tags: [String], blobs: [Digest] = [], manifests: [Digest] = []) {
        self.record = record
        self.tags = tags
        self.blobs = blobs
        self.manifests = manifests
    }
}

/// Which referrers of a manifest are asked for.
public struct ReferrersQuery: Hashable, Sendable {
    /// The manifest they refer to.
    public let subject: Digest
    /// Only those of this type; all when nil.
    public let artifactType: String?
    /// Only those whose digest's text comes after this one.
    public let after: String?
    /// At most so many, 1 or more.
    public let limit: Int
    /// At most so many bytes of annotations, or one referrer.
    public let bytesMax: Int

    /// Takes all values.
    public init(subject: Digest, artifactType: String?, after: String?, limit: Int, bytesMax: Int) {
        self.subject = subject
        self.artifactType = artifactType
        self.after = after
        self.limit = limit
        self.bytesMax = bytesMax
    }
}

/// A part of a manifest's referrers, in the order of their digests.
public struct ReferrersPage: Hashable, Sendable {
    /// A descriptor of each.
    public let manifests: [Descriptor]
    /// Whether there are more after them.
    public let hasMore: Bool

    /// Takes both values.
    public init(manifests: [Descriptor], hasMore: Bool) {
        self.manifests = manifests
        self.hasMore = hasMore
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
    ///
    /// Renewing it keeps it from being collected for a while, since a push may count on having found it.
    func manifest(repository: String, digest: Digest, renewing: Bool) async throws -> ManifestRecord?
    /// Adds a manifest, and moves its tags to it. Creates the repository when it is new.
    ///
    /// - Throws: ``RegistryError/manifestBlobUnknown(_:)`` when the repository lacks what the push says it must have;
    ///   nothing is changed then.
    func put(_ push: ManifestPush, repository: String) async throws
    /// Removes a tag. Gives false when there was none.
    func deleteTag(repository: String, tag: String) async throws -> Bool
    /// Removes a manifest and the tags that stand for it. Gives false when there was none.
    func deleteManifest(repository: String, digest: Digest) async throws -> Bool
    /// Manifests of the repository that say they are about another.
    func referrers(repository: String, _ query: ReferrersQuery) async throws -> ReferrersPage
    /// Tags in order, those after `after`, at most `limit`; nil when there is no such repository.
    func tags(repository: String, after: String?, limit: Int) async throws -> [String]?
    /// Repositories in order, those after `after`, at most `limit`.
    func repositories(after: String?, limit: Int) async throws -> [String]
    /// Notes that a repository may serve a blob. Creates the repository when it is new.
    func linkBlob(repository: String, digest: Digest) async throws
    /// Whether a repository may serve a blob.
    ///
    /// Renewing it keeps it from being collected for a while, since a push may count on having found it.
    func hasBlob(repository: String, digest: Digest, renewing: Bool) async throws -> Bool
    /// Repositories that may serve a blob, in order, at most `limit`.
    func repositories(having digest: Digest, limit: Int) async throws -> [String]
    /// Takes a blob away from a repository. Gives false when it had none.
    func unlinkBlob(repository: String, digest: Digest) async throws -> Bool
}
