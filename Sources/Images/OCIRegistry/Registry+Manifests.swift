import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI
import OCIContentStore

/// Manifests: put, read and removed, by tag or by digest.
extension Registry {
    /// What the last component of a manifest's path is.
    private enum Reference {
        case tag(Tag)
        case digest(Digest)
    }

    func handleManifest(_ repository: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        switch request.method {
        case .put:
            guard let reference = try reference(text) else {
                throw RegistryError.manifestInvalid("'\(text)' is neither a tag nor a digest")
            }
            return try await putManifest(repository, reference, request)
        case .delete:
            return try await deleteManifest(repository, text)
        default:
            return try await readManifest(repository, text, request)
        }
    }

    private func readManifest(
        _ repository: RepositoryName, _ text: String, _ request: Request,
    ) async throws -> Response {
        let found: ManifestRecord? =
            switch try reference(text) {
            case nil: nil
            case .tag(let tag): try await catalog.resolve(repository: repository.description, tag: "\(tag)")
            case .digest(let digest):
                try await catalog.manifest(
                    repository: repository.description, digest: digest, renewing: request.method == .head)
            }
        guard let record = found else { throw RegistryError.manifestUnknown(text) }
        guard isAcceptable(record.mediaType, request) else {
            throw RegistryError.manifestNotAcceptable(text, mediaType: record.mediaType)
        }
        var headers = digestHeaders(record.digest)
        headers[.contentType] = record.mediaType
        headers[.eTag] = "\"\(record.digest)\""
        if let known = request.headers[.ifNoneMatch], matches(known, "\"\(record.digest)\"") {
            return Response(status: .notModified, headers: headers)
        }
        let bytes = try await manifestBytes(record.digest, text)
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func putManifest(
        _ repository: RepositoryName, _ reference: Reference, _ request: Request,
    ) async throws -> Response {
        let tags = try tags(reference, request)
        let bytes = try await collect(request)
        var algorithm = Digest.Algorithm.sha256
        if case .digest(let expected) = reference {
            algorithm = expected.algorithm
            let actual = ContentHasher.digest(of: bytes, algorithm: algorithm)
            guard actual == expected else {
                throw RegistryError.digestInvalid("the manifest has the digest \(actual), not \(expected)")
            }
        }
        let document = try ManifestDocument(bytes, contentType: request.headers[.contentType])
        try await checkReferences(of: document, repository)
        let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
        let record = ManifestRecord(
            digest: digest, mediaType: document.mediaType.rawValue, size: Int64(bytes.count),
            references: document.references, subject: document.subject, artifactType: document.artifactType,
            annotations: document.annotations)
        let push = ManifestPush(
            record, tags: tags.map(\.description), blobs: document.blobs, manifests: document.manifests)
        try await store.withLease(of: digest) {
            try await store.put(bytes, algorithm: algorithm)
            try await catalog.put(push, repository: repository.description)
        }
        var headers = digestHeaders(digest)
        headers[.location] = "/v2/\(repository)/manifests/\(digest)"
        if let subject = document.subject, let name = HTTPField.Name("OCI-Subject") { headers[name] = "\(subject)" }
        if case .digest = reference, !tags.isEmpty, let name = HTTPField.Name("OCI-Tag") {
            headers[name] = tags.map(\.description).joined(separator: ", ")
        }
        return Response(status: .created, headers: headers)
    }

    private func deleteManifest(_ repository: RepositoryName, _ text: String) async throws -> Response {
        let isDeleted =
            switch try reference(text) {
            case nil: false
            case .tag(let tag): try await catalog.deleteTag(repository: repository.description, tag: "\(tag)")
            case .digest(let digest):
                try await catalog.deleteManifest(repository: repository.description, digest: digest)
            }
        guard isDeleted else { throw RegistryError.manifestUnknown(text) }
        return Response(status: .accepted)
    }

    /// A manifest's bytes; those that are lost or damaged are as good as unknown, so that a client pushes them again.
    private func manifestBytes(_ digest: Digest, _ text: String) async throws -> [UInt8] {
        do {
            return try await store.read(digest, limit: store.limits.manifestBytesMax)
        } catch ContentStoreError.blobUnknown {
            throw RegistryError.manifestUnknown(text)
        } catch let error as ContentStoreError {
            guard case .digestMismatch = error else { throw error }
            logger.error("manifest is damaged; 'runabout registry verify' sets it aside", metadata: ["why": "\(error)"])
            throw RegistryError.manifestUnknown(text)
        }
    }

    /// The tags a manifest is to get: the path's, or with a digest in the path those of the query.
    ///
    /// Source: OCI distribution-spec, "Pushing Manifests", the parameter `tag`.
    private func tags(_ reference: Reference, _ request: Request) throws(RegistryError) -> [Tag] {
        if case .tag(let tag) = reference { return [tag] }
        let given = request.uri.queryParameters.getAll("tag")
        guard given.count <= store.limits.tagsPerPushMax else {
            throw .manifestInvalid("a push gives a manifest at most \(store.limits.tagsPerPushMax) tags")
        }
        var tags: [Tag] = []
        for text in given {
            guard let tag = Tag(text) else { throw .manifestInvalid("'\(text)' is not a tag") }
            tags.append(tag)
        }
        return tags
    }

    /// Refuses a document that refers to what its repository does not have, so that what can be pulled is whole.
    ///
    /// Whether the files are there is looked at here; whether the repository has them, once more when it is written.
    private func checkReferences(of document: ManifestDocument, _ repository: RepositoryName) async throws {
        for digest in document.blobs {
            let isLinked = try await catalog.hasBlob(
                repository: repository.description, digest: digest, renewing: false)
            guard isLinked, try await store.size(of: digest) != nil else {
                throw RegistryError.manifestBlobUnknown(digest)
            }
        }
        for digest in document.manifests {
            let record = try await catalog.manifest(
                repository: repository.description, digest: digest, renewing: false)
            guard record != nil, try await store.size(of: digest) != nil else {
                throw RegistryError.manifestBlobUnknown(digest)
            }
        }
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        let limit = store.limits.manifestBytesMax
        do {
            return Array(buffer: try await request.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw RegistryError.sizeInvalid("a manifest has at most \(limit) bytes", status: .contentTooLarge)
        }
    }

    /// A tag or a digest; nil for what is neither.
    ///
    /// - Throws: `RegistryError.digestInvalid` for what has a digest's colon and is none.
    private func reference(_ text: String) throws(RegistryError) -> Reference? {
        if let digest = Digest(text) { return .digest(digest) }
        guard !text.contains(":") else { throw .digestInvalid("'\(text)' is not a digest") }
        return Tag(text).map { .tag($0) }
    }

    /// Whether a request takes a type: it says so, or takes any, or says nothing.
    private func isAcceptable(_ mediaType: String, _ request: Request) -> Bool {
        let accepted = request.headers[values: .accept].flatMap { $0.split(separator: ",") }
        guard !accepted.isEmpty else { return true }
        let general: Set = ["*/*", "application/*", "application/json"]
        return accepted.contains { entry in
            let type = MediaType(contentType: String(entry)).rawValue
            return type == mediaType.lowercased() || general.contains(type)
        }
    }
}
