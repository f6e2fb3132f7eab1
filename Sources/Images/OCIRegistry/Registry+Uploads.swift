import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import OCIContentStore

/// Uploads: begun, written in one piece, in chunks or as a stream, asked after, finished, given up.
extension Registry {
    /// Begins an upload; with `digest` the body is the whole blob, with `mount` another repository may have it already.
    func beginUpload(_ repository: RepositoryName, _ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        if let text = parameters["mount"] {
            let digest = try digest(String(text))
            if let mounted = try await mount(digest, from: parameters["from"].map { String($0) }, repository, request) {
                return mounted
            }
        }
        guard let text = parameters["digest"] else {
            return try await store.withNewUpload(scope: repository.description) { session in
                Response(status: .accepted, headers: progressHeaders(repository, session.id, offset: 0))
            }
        }
        let digest = try digest(String(text))
        return try await store.withNewUpload(scope: repository.description) { session in
            do {
                session.expect(digest.algorithm)
                try await receive(request, into: session)
                return try await publish(session, digest, repository)
            } catch {
                // Nobody was told the session's name, so nobody can resume it.
                try await session.cancel()
                throw error
            }
        }
    }

    func handleUpload(_ repository: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        guard let id = UploadID(text) else { throw RegistryError.blobUploadUnknown(text) }
        return try await store.withUpload(id, scope: repository.description) { session in
            switch request.method {
            case .patch:
                try await checkOrder(session, repository, request)
                let offset = try await receive(request, into: session)
                return Response(status: .accepted, headers: progressHeaders(repository, id, offset: offset))
            case .put:
                return try await finish(session, repository, request)
            case .delete:
                try await session.cancel()
                return Response(status: .noContent)
            default:
                let offset = try await session.offset()
                return Response(status: .noContent, headers: progressHeaders(repository, id, offset: offset))
            }
        }
    }

    private func finish(
        _ session: UploadSession, _ repository: RepositoryName, _ request: Request,
    ) async throws -> Response {
        guard let text = request.uri.queryParameters["digest"] else {
            throw RegistryError.digestInvalid("the upload can't be finished without the parameter 'digest'")
        }
        let digest = try digest(String(text))
        session.expect(digest.algorithm)
        try await checkOrder(session, repository, request)
        try await receive(request, into: session)
        return try await publish(session, digest, repository)
    }

    private func publish(
        _ session: UploadSession, _ digest: Digest, _ repository: RepositoryName,
    ) async throws -> Response {
        try await store.withLease(of: digest) {
            _ = try await session.finish(digest)
            try await catalog.linkBlob(repository: repository.description, digest: digest)
        }
        return created(repository, digest)
    }

    /// Links a blob that another repository has; nil when none has it that the request may read.
    ///
    /// The repository is the one the client names, or the first of those that have the blob.
    private func mount(
        _ digest: Digest, from source: String?, _ repository: RepositoryName, _ request: Request,
    ) async throws -> Response? {
        var sources = [source].compactMap { $0 }
        if source == nil {
            sources = try await catalog.repositories(having: digest, limit: store.limits.mountSourcesMax)
        }
        for source in sources {
            guard let name = RepositoryName(source), await mayPull(from: name, request) else { continue }
            let isMounted = try await store.withLease(of: digest) {
                guard try await catalog.hasBlob(repository: name.description, digest: digest, renewing: false),
                    try await store.size(of: digest) != nil
                else { return false }
                try await catalog.linkBlob(repository: repository.description, digest: digest)
                return true
            }
            if isMounted { return created(repository, digest) }
        }
        return nil
    }

    private func created(_ repository: RepositoryName, _ digest: Digest) -> Response {
        var headers = digestHeaders(digest)
        headers[.location] = "/v2/\(repository)/blobs/\(digest)"
        return Response(status: .created, headers: headers)
    }

    /// Refuses a chunk that does not begin where the upload stands, or is not as long as it says.
    private func checkOrder(
        _ session: UploadSession, _ repository: RepositoryName, _ request: Request,
    ) async throws {
        guard let header = request.headers[.contentRange] else { return }
        let offset = try await session.offset()
        guard let range = ChunkRange(header: header) else {
            throw RegistryError.blobUploadInvalid("'\(header)' is not a chunk's range: 'first-last'")
        }
        guard range.first == offset else {
            var error = RegistryError.chunkOutOfOrder(at: offset)
            error.headers.append(contentsOf: progressHeaders(repository, session.id, offset: offset))
            throw error
        }
        if let length = request.headers[.contentLength].flatMap({ Int64($0) }), length != range.count {
            throw RegistryError.sizeInvalid("the chunk has \(length) bytes, its range \(range.count)")
        }
    }

    /// Writes a body to an upload in pieces of at least the limits' chunk size, the next read only once the last is
    /// written; gives the upload's new length.
    @discardableResult
    private func receive(_ request: Request, into session: UploadSession) async throws -> Int64 {
        var gathered = ByteBuffer()
        var received: Int64 = 0
        for try await piece in request.body {
            received += Int64(piece.readableBytes)
            gathered.writeImmutableBuffer(piece)
            if gathered.readableBytes >= store.limits.chunkBytes {
                try await session.write(gathered)
                gathered.clear()
            }
        }
        if gathered.readableBytes > 0 { try await session.write(gathered) }
        if let length = request.headers[.contentLength].flatMap({ Int64($0) }), length != received {
            throw RegistryError.sizeInvalid("\(received) of \(length) bytes came; ask where the upload stands")
        }
        return try await session.offset()
    }

    private func digest(_ text: String) throws(RegistryError) -> Digest {
        guard let digest = Digest(text) else { throw .digestInvalid("'\(text)' is not a digest") }
        return digest
    }

    private func progressHeaders(_ repository: RepositoryName, _ id: UploadID, offset: Int64) -> HTTPFields {
        var headers: HTTPFields = [
            .location: "/v2/\(repository)/blobs/uploads/\(id)",
            .range: "0-\(max(0, offset - 1))",
        ]
        if let name = HTTPField.Name("Docker-Upload-UUID") { headers[name] = "\(id)" }
        return headers
    }
}
