public import OCI
import OCIContentStore
public import OCIRegistry
public import RunaboutModel
public import RunaboutStore

/// The registry's catalog in the platform's store, so that an image and what refers to it change together.
public struct StoreCatalog: RegistryCatalog {
    private let store: Store
    private let now: @Sendable () -> UnixTime

    /// Takes the store and the clock that events are dated by.
    public init(store: Store, now: @escaping @Sendable () -> UnixTime) {
        self.store = store
        self.now = now
    }

    /// The manifest a tag stands for; nil when there is none.
    public func resolve(repository: String, tag: String) async throws -> ManifestRecord? {
        try await store.read { transaction in
            guard let digest = try transaction.taggedManifest(repository: repository, tag: tag) else { return nil }
            return try transaction.manifest(digest).map(ManifestRecord.init)
        }
    }

    /// A manifest of the repository by digest; nil when it has none.
    public func manifest(repository: String, digest: Digest) async throws -> ManifestRecord? {
        try await store.read { transaction in
            guard try transaction.hasManifest(digest, repository: repository) else { return nil }
            return try transaction.manifest(digest).map(ManifestRecord.init)
        }
    }

    /// Adds a manifest, and moves the tag to it when one is given.
    ///
    /// Creates the repository when it is new.
    public func put(_ manifest: ManifestRecord, repository: String, tag: String?) async throws {
        let now = now()
        try await write { transaction in
            try transaction.insertRepository(repository)
            try transaction.insertManifest(
                StoredManifest(
                    digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.size,
                    references: manifest.references))
            try transaction.linkManifest(manifest.digest, repository: repository)
            var name = "\(repository)@\(manifest.digest)"
            if let tag {
                try transaction.setTag(tag, repository: repository, manifest: manifest.digest)
                name = "\(repository):\(tag)"
            }
            try transaction.note(
                "image.pushed", "Image \(name) was pushed, \(manifest.digest.short).", now: now)
        }
    }

    /// Removes a tag.
    ///
    /// Gives false when there was none.
    public func deleteTag(repository: String, tag: String) async throws -> Bool {
        let now = now()
        return try await write { transaction in
            guard try transaction.deleteTag(tag, repository: repository) else { return false }
            try transaction.note("image.untagged", "The tag \(repository):\(tag) was removed.", now: now)
            return true
        }
    }

    /// Removes a manifest and the tags that stand for it.
    ///
    /// Gives false when there was none. What a revision runs stays in the content store.
    public func deleteManifest(repository: String, digest: Digest) async throws -> Bool {
        let now = now()
        return try await write { transaction in
            guard try transaction.unlinkManifest(digest, repository: repository) else { return false }
            try transaction.note(
                "image.deleted", "The manifest \(digest.short) of \(repository) was removed, with its tags.", now: now)
            return true
        }
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
        try await write { transaction in
            try transaction.insertRepository(repository)
            try transaction.linkBlob(digest, repository: repository)
        }
    }

    /// Whether a repository may serve a blob.
    public func hasBlob(repository: String, digest: Digest) async throws -> Bool {
        try await store.read { try $0.hasBlob(digest, repository: repository) }
    }

    /// Takes a blob away from a repository.
    ///
    /// Gives false when it had none.
    public func unlinkBlob(repository: String, digest: Digest) async throws -> Bool {
        try await write { try $0.unlinkBlob(digest, repository: repository) }
    }

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
            references: manifest.references)
    }
}

extension StoreTransaction {
    /// The registry knows who pushed only as far as it let them in.
    fileprivate func note(_ kind: String, _ message: String, now: UnixTime) throws {
        try appendEvent(
            kind: kind, principal: "registry", service: nil, instance: nil, operation: nil, message: message, now: now)
    }
}
