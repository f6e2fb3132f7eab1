public import OCI
import OCIContentStore
public import OCIRegistry
public import RunaboutModel
public import RunaboutStore

/// The registry's catalog in the platform's store, so that an image and what refers to it change together.
public struct StoreCatalog: RegistryCatalog {
    private let store: Store
    private let now: @Sendable () -> UnixTime
    private let tagsChanged: @Sendable () -> Void

    /// Takes the store, the clock that events are dated by, and what to tell when tags changed.
    public init(
        store: Store, now: @escaping @Sendable () -> UnixTime, tagsChanged: @escaping @Sendable () -> Void = {},
    ) {
        self.store = store
        self.now = now
        self.tagsChanged = tagsChanged
    }

    /// The manifest a tag stands for; nil when there is none.
    public func resolve(repository: String, tag: String) async throws -> ManifestRecord? {
        try await store.read { transaction in
            guard let digest = try transaction.taggedManifest(repository: repository, tag: tag) else { return nil }
            return try transaction.manifest(digest).map(ManifestRecord.init)
        }
    }

    /// A manifest of the repository by digest; nil when it has none.
    ///
    /// Renewing it dates it anew, at most twice within the time that what nothing refers to is kept.
    public func manifest(repository: String, digest: Digest, renewing: Bool) async throws -> ManifestRecord? {
        let found = try await store.read { transaction -> (record: ManifestRecord, date: UnixTime)? in
            guard let date = try transaction.manifestDate(digest, repository: repository) else { return nil }
            return try transaction.manifest(digest).map { (ManifestRecord($0), date) }
        }
        guard let found else { return nil }
        guard renewing, found.date < renewalAge() else { return found.record }
        let (oldest, now) = (renewalAge(), now())
        return try await write { transaction in
            // It may have been collected since it was read.
            guard try transaction.hasManifest(digest, repository: repository) else { return nil }
            try transaction.renewManifest(digest, repository: repository, ifBefore: oldest, now: now)
            return found.record
        }
    }

    /// Adds a manifest, and moves its tags to it.
    ///
    /// Creates the repository when it is new.
    public func put(_ push: ManifestPush, repository: String) async throws {
        let now = now()
        let manifest = push.record
        try await write { transaction in
            try transaction.insertRepository(repository)
            for digest in push.blobs where try !transaction.hasBlob(digest, repository: repository) {
                throw RegistryError.manifestBlobUnknown(digest)
            }
            for digest in push.manifests where try !transaction.hasManifest(digest, repository: repository) {
                throw RegistryError.manifestBlobUnknown(digest)
            }
            try transaction.insertManifest(StoredManifest(manifest))
            try transaction.linkManifest(manifest.digest, repository: repository, now: now)
            for tag in push.tags {
                try transaction.setTag(tag, repository: repository, manifest: manifest.digest)
            }
            let names = push.tags.map { "\(repository):\($0)" }
            let name = names.isEmpty ? "\(repository)@\(manifest.digest)" : names.joined(separator: ", ")
            try transaction.note(
                "image.pushed", "Image \(name) was pushed, \(manifest.digest.short).", now: now)
        }
        if !push.tags.isEmpty { tagsChanged() }
    }

    /// Manifests of the repository that say they are about another.
    public func referrers(repository: String, _ query: ReferrersQuery) async throws -> ReferrersPage {
        try await store.read { transaction in
            let found = try transaction.referrers(
                of: query.subject, repository: repository, artifactType: query.artifactType, after: query.after,
                limit: query.limit, bytesMax: query.bytesMax)
            guard let last = found.last else { return ReferrersPage(manifests: [], hasMore: false) }
            let next = try transaction.referrers(
                of: query.subject, repository: repository, artifactType: query.artifactType,
                after: last.digest.description, limit: 1, bytesMax: 1)
            return ReferrersPage(manifests: found, hasMore: !next.isEmpty)
        }
    }

    /// Removes a tag.
    ///
    /// Gives false when there was none.
    public func deleteTag(repository: String, tag: String) async throws -> Bool {
        let now = now()
        let isDeleted = try await write { transaction in
            guard try transaction.deleteTag(tag, repository: repository) else { return false }
            try transaction.note("image.untagged", "The tag \(repository):\(tag) was removed.", now: now)
            return true
        }
        if isDeleted { tagsChanged() }
        return isDeleted
    }

    /// Removes a manifest and the tags that stand for it.
    ///
    /// Gives false when there was none. What a revision runs stays in the content store.
    public func deleteManifest(repository: String, digest: Digest) async throws -> Bool {
        let now = now()
        let isDeleted = try await write { transaction in
            guard try transaction.unlinkManifest(digest, repository: repository) else { return false }
            try transaction.note(
                "image.deleted", "The manifest \(digest.short) of \(repository) was removed, with its tags.", now: now)
            return true
        }
        if isDeleted { tagsChanged() }
        return isDeleted
    }

    /// Tags in order, those after `after`, at most `limit`; nil when there is no such repository.
    public func tags(repository: String, after: String?, limit: Int) async throws -> [String]? {
        try await store.read { transaction in
            guard try transaction.hasRepository(repository) else { return nil }
            return try transaction.tags(repository: repository, after: after, limit: limit)
        }
    }

    /// Repositories in order, those after `after`, at most `limit`.
    public func repositories(after: String?, limit: Int) async throws -> [String] {
        try await store.read { try $0.repositories(after: after, limit: limit) }
    }

    /// Notes that a repository may serve a blob.
    ///
    /// Creates the repository when it is new.
    public func linkBlob(repository: String, digest: Digest) async throws {
        let now = now()
        try await write { transaction in
            try transaction.insertRepository(repository)
            try transaction.linkBlob(digest, repository: repository, now: now)
        }
    }

    /// Whether a repository may serve a blob.
    ///
    /// Renewing it dates it anew, at most twice within the time that what nothing refers to is kept.
    public func hasBlob(repository: String, digest: Digest, renewing: Bool) async throws -> Bool {
        let date = try await store.read { try $0.blobDate(digest, repository: repository) }
        guard let date else { return false }
        guard renewing, date < renewalAge() else { return true }
        let (oldest, now) = (renewalAge(), now())
        return try await write { transaction in
            // It may have been collected since it was read.
            guard try transaction.hasBlob(digest, repository: repository) else { return false }
            try transaction.renewBlob(digest, repository: repository, ifBefore: oldest, now: now)
            return true
        }
    }

    /// Repositories that may serve a blob, in order, at most `limit`.
    public func repositories(having digest: Digest, limit: Int) async throws -> [String] {
        try await store.read { try $0.repositories(having: digest, limit: limit) }
    }

    /// Takes a blob away from a repository.
    ///
    /// Gives false when it had none.
    public func unlinkBlob(repository: String, digest: Digest) async throws -> Bool {
        try await write { try $0.unlinkBlob(digest, repository: repository) }
    }

    /// What is dated before this is dated anew when a client counts on it.
    private func renewalAge() -> UnixTime { now() - Limits.images.unreferencedAgeMin / 2 }

    /// A full disk is told in the registry's words, whichever of its two stores met it.
    private func write<Value: Sendable>(
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws -> Value {
        do {
            return try await store.write(body)
        } catch let error as StoreError where error.code == .storageFull {
            throw ContentStoreError.storageFull
        }
    }
}

extension ManifestRecord {
    fileprivate init(_ manifest: StoredManifest) {
        self.init(
            digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.size,
            references: manifest.references, subject: manifest.subject, artifactType: manifest.artifactType,
            annotations: manifest.annotations)
    }
}

extension StoredManifest {
    fileprivate init(_ manifest: ManifestRecord) {
        self.init(
            digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.size,
            references: manifest.references, subject: manifest.subject, artifactType: manifest.artifactType,
            annotations: manifest.annotations)
    }
}

extension StoreTransaction {
    /// The registry knows who pushed only as far as it let them in.
    fileprivate func note(_ kind: String, _ message: String, now: UnixTime) throws {
        try appendEvent(
            kind: kind, principal: "registry", service: nil, instance: nil, operation: nil, message: message, now: now)
    }
}
