import HTTPTypes
import OCI
import OCIContentStore

/// The ways in which a client may bring a blob.
enum BlobPush: String, CaseIterable, Sendable {
    case postOnly = "POST alone"
    case postAndPut = "POST and PUT"
    case stream = "POST, one PATCH as a stream, PUT"
    case chunk = "POST, one chunk, PUT"
    case chunks = "POST, three chunks, PUT"
    case lastChunkInPut = "POST, two chunks, the third in the PUT"

    /// Pushes bytes under a digest, which need not be theirs, and gives the last answer.
    func push(
        _ bytes: [UInt8], as digest: Digest, to peer: Peer, _ repository: String = Peer.repository,
    ) async throws -> Peer.Answer {
        if self == .postOnly {
            return try await peer.send(.post, "/v2/\(repository)/blobs/uploads/?digest=\(digest)", body: bytes)
        }
        var location = try await peer.beginUpload(repository)
        var pieces = pieces(of: bytes)
        let last = self == .postAndPut || self == .lastChunkInPut ? pieces.popLast() : nil
        for piece in pieces {
            let headers = self == .stream ? [:] : ["Content-Range": range(piece)]
            let answer = try await peer.send(.patch, location, headers: headers, body: Array(piece)).mustBe(202)
            try answer.mustHave("Range", "0-\(max(0, piece.endIndex - 1))")
            location = try answer.required("Location")
        }
        let headers = self == .lastChunkInPut ? last.map { ["Content-Range": range($0)] } : nil
        return try await peer.send(
            .put, Self.finishing(location, digest), headers: headers ?? [:], body: last.map { Array($0) } ?? [])
    }

    /// An upload's location with the digest that ends it.
    static func finishing(_ location: String, _ digest: Digest) -> String {
        location + (location.contains("?") ? "&" : "?") + "digest=\(digest)"
    }

    private func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        guard self == .chunks || self == .lastChunkInPut else { return [bytes[...]] }
        let third = (bytes.count + 2) / 3
        return stride(from: 0, to: bytes.count, by: third).map { bytes[$0..<min($0 + third, bytes.count)] }
    }

    private func range(_ piece: ArraySlice<UInt8>) -> String { "\(piece.startIndex)-\(piece.endIndex - 1)" }
}

/// Bytes that look like nothing in particular, the same for the same number.
func sampleBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

extension Digest.Algorithm {
    /// The digest of bytes.
    func digest(_ bytes: [UInt8]) -> Digest { ContentHasher.digest(of: bytes, algorithm: self) }
}
