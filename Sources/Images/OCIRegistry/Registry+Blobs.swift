import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import OCIContentStore

/// Blobs: read whole or in part, and taken away from a repository.
extension Registry {
    func handleBlob(_ repository: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        guard let digest = Digest(text) else { throw RegistryError.digestInvalid("'\(text)' is not a digest") }
        if request.method == .delete {
            guard try await catalog.unlinkBlob(repository: repository.description, digest: digest) else {
                throw RegistryError.blobUnknown(text)
            }
            return Response(status: .accepted)
        }
        // A client that asks whether a blob is there leaves it out of its push when it is.
        let isAsked = request.method == .head
        guard try await catalog.hasBlob(repository: repository.description, digest: digest, renewing: isAsked),
            let reader = try await store.open(digest)
        else { throw RegistryError.blobUnknown(text) }
        return try serve(reader, request)
    }

    private func serve(_ reader: BlobReader, _ request: Request) throws(RegistryError) -> Response {
        let tag = "\"\(reader.digest)\""
        var headers = digestHeaders(reader.digest)
        headers[.eTag] = tag
        headers[.acceptRanges] = "bytes"
        headers[.contentType] = "application/octet-stream"
        headers[.cacheControl] = "max-age=31536000, immutable"
        if let known = request.headers[.ifNoneMatch], matches(known, tag) {
            return Response(status: .notModified, headers: headers)
        }
        var asked = request.headers[.range]
        if let condition = request.headers[.ifRange], condition != tag { asked = nil }
        switch ByteRange(header: asked, size: reader.size) {
        case .unsatisfiable: throw .rangeInvalid(size: reader.size)
        case .whole:
            return Response(status: .ok, headers: headers, body: stream(reader, 0..<reader.size))
        case .part(let part):
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(reader.size)"
            return Response(status: .partialContent, headers: headers, body: stream(reader, part))
        }
    }

    /// A body that reads the file as the client takes it, one piece in memory at a time.
    private func stream(_ reader: BlobReader, _ part: Range<Int64>) -> ResponseBody {
        let pieceBytes = Int64(store.limits.chunkBytes)
        return ResponseBody(contentLength: Int(part.upperBound - part.lowerBound)) { writer in
            var offset = part.lowerBound
            while offset < part.upperBound {
                let piece = try await reader.read(at: offset, count: Int(min(pieceBytes, part.upperBound - offset)))
                guard piece.readableBytes > 0 else { throw ContentStoreError.blobUnknown(reader.digest) }
                offset += Int64(piece.readableBytes)
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }

    func matches(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { entry in
            let trimmed = entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            return String(trimmed) == tag || String(trimmed) == "*" || String(trimmed) == "W/\(tag)"
        }
    }

    func digestHeaders(_ digest: Digest) -> HTTPFields {
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("Docker-Content-Digest") { headers[name] = "\(digest)" }
        return headers
    }
}
