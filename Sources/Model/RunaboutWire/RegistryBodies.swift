public import OCI

/// An image of the registry.
public struct ImageBody: Hashable, Sendable, Codable {
    /// The repository.
    public let repository: String
    /// Tags that stand for it, in order.
    public let tags: [String]
    /// The manifest's digest.
    public let digest: Digest
    /// The manifest's type.
    public let mediaType: String
    /// What kind of artifact it is; absent of an index that does not say.
    public let artifactType: String?
    /// The manifest that it says something about; absent when there is none.
    public let subject: Digest?
    /// How many layers an image has; absent of an index.
    public let layers: Int?
    /// How many manifests an index has; absent of an image.
    public let manifests: Int?
    /// Bytes of all that it consists of, each digest counted once.
    public let bytes: Int64
    /// When it was pushed last; absent of what was pushed before that was noted.
    public let pushedAt: Timestamp?
    /// Revisions that run it, or may run it again.
    public let uses: [ImageUseBody]

    /// Takes all values.
    public init(
        repository: String, tags: [String], digest: Digest, mediaType: String, artifactType: String?, subject: Digest?,
        layers: Int?, manifests: Int?, bytes: Int64, pushedAt: Timestamp?, uses: [ImageUseBody],
    ) {
        self.repository = repository
        self.tags = tags
        self.digest = digest
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.subject = subject
        self.layers = layers
        self.manifests = manifests
        self.bytes = bytes
        self.pushedAt = pushedAt
        self.uses = uses
    }
}

/// A revision that runs an image, or may run it again.
public struct ImageUseBody: Hashable, Sendable, Codable {
    /// The service's name.
    public let service: String
    /// The revision's number.
    public let revision: Int
    /// Whether it is the one that serves.
    public let isActive: Bool

    /// Takes all values.
    public init(service: String, revision: Int, isActive: Bool) {
        self.service = service
        self.revision = revision
        self.isActive = isActive
    }
}

/// What a collection took away, or would take away.
public struct CollectionBody: Hashable, Sendable, Codable {
    /// Content that a repository lost.
    public struct Entry: Hashable, Sendable, Codable {
        /// The repository.
        public let repository: String
        /// The content.
        public let digest: Digest

        /// Takes both values.
        public init(repository: String, digest: Digest) {
            self.repository = repository
            self.digest = digest
        }
    }

    /// Whether nothing was changed.
    public let dryRun: Bool
    /// Manifests that nothing led to.
    public let manifests: [Entry]
    /// Blobs that no manifest of their repository referred to.
    public let blobs: [Entry]
    /// Files that were removed.
    public let files: Int
    /// Bytes of these files.
    public let bytes: Int64
    /// Unpacked layers that were removed.
    public let layers: [Digest]
    /// Why no layer was removed; absent when they were looked at.
    public let layersKeptBecause: String?
    /// Whether another call would take away more.
    public let hasMore: Bool

    /// Takes all values.
    public init(
        dryRun: Bool, manifests: [Entry], blobs: [Entry], files: Int, bytes: Int64, layers: [Digest],
        layersKeptBecause: String?, hasMore: Bool,
    ) {
        self.dryRun = dryRun
        self.manifests = manifests
        self.blobs = blobs
        self.files = files
        self.bytes = bytes
        self.layers = layers
        self.layersKeptBecause = layersKeptBecause
        self.hasMore = hasMore
    }
}

/// What hashing a part of the registry again found.
public struct VerificationBody: Hashable, Sendable, Codable {
    /// A blob whose bytes are not those of its digest.
    public struct Damage: Hashable, Sendable, Codable {
        /// The digest it was kept under.
        public let digest: Digest
        /// The digest its bytes have.
        public let actual: Digest
        /// How many bytes it has.
        public let bytes: Int64
        /// Its name in the folder `quarantine` of the images; absent when it was in use and stayed.
        public let quarantinedAs: String?
        /// Repositories that served it.
        public let repositories: [String]

        /// Takes all values.
        public init(digest: Digest, actual: Digest, bytes: Int64, quarantinedAs: String?, repositories: [String]) {
            self.digest = digest
            self.actual = actual
            self.bytes = bytes
            self.quarantinedAs = quarantinedAs
            self.repositories = repositories
        }
    }

    /// How many blobs were hashed.
    public let blobs: Int
    /// How many bytes they have.
    public let bytes: Int64
    /// Those that were damaged.
    public let damaged: [Damage]
    /// Given back to go on; absent once everything was hashed.
    public let nextToken: String?

    /// Takes all values.
    public init(blobs: Int, bytes: Int64, damaged: [Damage], nextToken: String?) {
        self.blobs = blobs
        self.bytes = bytes
        self.damaged = damaged
        self.nextToken = nextToken
    }
}
