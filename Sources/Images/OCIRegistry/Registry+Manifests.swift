import HTTPTypes
import Hummingbird
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
            case .digest(let digest): try await catalog.manifest(repository: repository.description, digest: digest)
            }
        guard let record = found else { throw RegistryError.manifestUnknown(text) }
        guard isAcceptable(record.mediaType, request) else {
            throw RegistryError.manifestNotAcceptable(text, mediaType: record.mediaType)
        }
        var headers = digestHeaders(record.digest)
        headers[.contentType] = record.mediaType
        headers[.eTag] = "\"\(record.digest)\""
        let bytes = try await store.read(record.digest, limit: store.limits.manifestBytesMax)
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func putManifest(
        _ repository: RepositoryName, _ reference: Reference, _ request: Request,
    ) async throws -> Response {
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
        let digest = try await store.put(bytes, algorithm: algorithm)
        let record = ManifestRecord(
            digest: digest,
            mediaType: document.mediaType.rawValue,
            size: Int64(bytes.count),
            references: document.references,
        )
        var tag: String?
        if case .tag(let given) = reference { tag = given.description }
        try await catalog.put(record, repository: repository.description, tag: tag)
        var headers = digestHeaders(digest)
        headers[.location] = "/v2/\(repository)/manifests/\(digest)"
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

    /// Refuses a document that refers to what its repository does not have, so that what can be pulled is whole.
    private func checkReferences(of document: ManifestDocument, _ repository: RepositoryName) async throws {
        for digest in document.blobs {
            guard try await catalog.hasBlob(repository: repository.description, digest: digest) else {
                throw RegistryError.manifestBlobUnknown(digest)
            }
        }
        for digest in document.manifests {
            guard try await catalog.manifest(repository: repository.description, digest: digest) != nil else {
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
