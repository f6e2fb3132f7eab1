import HTTPTypes
import OCI

/// What a registry does with blobs.
enum BlobGroups {
    static func blobs(_ algorithm: Digest.Algorithm) -> ConformanceGroup {
        var cases = [
            ConformanceCase(.pull, "GET of a blob that was never pushed is 404") { peer in
                try await peer.send(.get, path(algorithm.digest([9]))).mustBe(404, code: "BLOB_UNKNOWN")
            },
            ConformanceCase(.pull, "HEAD of a blob that was never pushed is 404") { peer in
                try await peer.send(.head, path(algorithm.digest([9]))).mustBe(404)
            },
        ]
        for (ordinal, push) in BlobPush.allCases.enumerated() {
            cases += life(of: sampleBytes(2_047, seed: UInt64(ordinal)), push.rawValue, push, algorithm)
        }
        cases += life(of: [], "an empty blob", .postAndPut, algorithm)
        cases += life(of: [], "an empty blob in one request", .postOnly, algorithm)
        cases += life(of: Array("{}".utf8), "the empty JSON object", .stream, algorithm)
        return ConformanceGroup(
            name: "\(algorithm) blobs", cases: cases + mounts(algorithm) + outOfOrder(algorithm) + cancelled(algorithm))
    }

    /// Pushed, found, read, removed.
    private static func life(
        of bytes: [UInt8], _ title: String, _ push: BlobPush, _ algorithm: Digest.Algorithm,
    ) -> [ConformanceCase] {
        let digest = algorithm.digest(bytes)
        return [
            ConformanceCase(.push, "\(title): push") { peer in
                let answer = try await push.push(bytes, as: digest, to: peer).mustBe(201)
                try answer.mustHave("Location", path(digest)).mustHave("Docker-Content-Digest", "\(digest)")
            }
        ] + found(bytes, digest, title, Peer.repository) + removed(digest, title, Peer.repository)
    }

    static func found(
        _ bytes: [UInt8], _ digest: Digest, _ title: String, _ repository: String,
    ) -> [ConformanceCase] {
        [
            ConformanceCase(.pull, "\(title): HEAD") { peer in
                try await peer.send(.head, path(digest, repository)).mustBe(200).mustCarry([])
                    .mustHave("Content-Length", "\(bytes.count)").mustHave("Docker-Content-Digest", "\(digest)")
            },
            ConformanceCase(.pull, "\(title): GET") { peer in
                try await peer.send(.get, path(digest, repository)).mustBe(200).mustCarry(bytes)
                    .mustHave("Content-Length", "\(bytes.count)").mustHave("Docker-Content-Digest", "\(digest)")
            },
        ]
    }

    static func removed(_ digest: Digest, _ title: String, _ repository: String) -> [ConformanceCase] {
        [
            ConformanceCase(.contentManagement, "\(title): DELETE") { peer in
                try await peer.send(.delete, path(digest, repository)).mustBe(202)
            },
            ConformanceCase(.contentManagement, "\(title): unknown after DELETE") { peer in
                try await peer.send(.head, path(digest, repository)).mustBe(404)
                try await peer.send(.get, path(digest, repository)).mustBe(404, code: "BLOB_UNKNOWN")
                try await peer.send(.delete, path(digest, repository)).mustBe(404, code: "BLOB_UNKNOWN")
            },
        ]
    }

    private static func mounts(_ algorithm: Digest.Algorithm) -> [ConformanceCase] {
        var cases: [ConformanceCase] = []
        for (ordinal, source) in ["&from=\(Peer.other)", ""].enumerated() {
            let bytes = sampleBytes(512, seed: 50 + UInt64(ordinal))
            let digest = algorithm.digest(bytes)
            let title = source.isEmpty ? "mount from anywhere" : "mount from a repository"
            cases.append(
                ConformanceCase(.push, "\(title): push elsewhere") { peer in
                    try await BlobPush.postAndPut.push(bytes, as: digest, to: peer, Peer.other).mustBe(201)
                })
            cases.append(
                ConformanceCase(.push, "\(title): POST") { peer in
                    try await peer.send(.post, "/v2/\(Peer.repository)/blobs/uploads/?mount=\(digest)\(source)")
                        .mustBe(201).mustHave("Location", path(digest))
                })
            cases += found(bytes, digest, title, Peer.repository)
            cases += removed(digest, title, Peer.repository) + removed(digest, "\(title), at its source", Peer.other)
        }
        let absent = algorithm.digest(sampleBytes(512, seed: 60))
        cases.append(
            ConformanceCase(.push, "mount of what is not there begins an upload") { peer in
                let answer = try await peer.send(
                    .post, "/v2/\(Peer.repository)/blobs/uploads/?mount=\(absent)&from=\(Peer.other)"
                ).mustBe(202)
                let location = try answer.required("Location")
                try await peer.send(
                    .put, BlobPush.finishing(location, absent), body: sampleBytes(512, seed: 60)
                ).mustBe(201)
            })
        return cases
    }

    private static func outOfOrder(_ algorithm: Digest.Algorithm) -> [ConformanceCase] {
        let bytes = sampleBytes(900, seed: 70)
        let digest = algorithm.digest(bytes)
        return [HTTPRequest.Method.patch, .put].map { method in
            ConformanceCase(.push, "a chunk out of order in a \(method.rawValue) is 416, and the upload goes on") {
                peer in
                let location = try await peer.beginUpload()
                try await peer.send(
                    .patch, location, headers: ["Content-Range": "0-299"], body: Array(bytes[..<300])
                ).mustBe(202)
                let path = method == .put ? BlobPush.finishing(location, digest) : location
                try await peer.send(
                    method, path, headers: ["Content-Range": "600-899"], body: Array(bytes[600...])
                ).mustBe(416, code: "BLOB_UPLOAD_INVALID").mustHave("Range", "0-299").mustHave("Location", location)
                try await peer.send(.get, location).mustBe(204).mustHave("Range", "0-299")
                try await peer.send(
                    .put, BlobPush.finishing(location, digest), headers: ["Content-Range": "300-899"],
                    body: Array(bytes[300...])
                ).mustBe(201)
            }
        }
    }

    private static func cancelled(_ algorithm: Digest.Algorithm) -> [ConformanceCase] {
        [
            ConformanceCase(.push, "an upload tells where it stands") { peer in
                let location = try await peer.beginUpload()
                try await peer.send(.patch, location, body: sampleBytes(100, seed: 80)).mustBe(202)
                try await peer.send(.get, location).mustBe(204).mustHave("Range", "0-99")
                    .mustHave("Location", location)
            },
            ConformanceCase(.push, "a cancelled upload is unknown") { peer in
                let location = try await peer.beginUpload()
                try await peer.send(.delete, location).mustBe(204)
                try await peer.send(.get, location).mustBe(404, code: "BLOB_UPLOAD_UNKNOWN")
                let digest = algorithm.digest([1])
                try await peer.send(.put, BlobPush.finishing(location, digest), body: [1])
                    .mustBe(404, code: "BLOB_UPLOAD_UNKNOWN")
            },
        ]
    }

    static func path(_ digest: Digest, _ repository: String = Peer.repository) -> String {
        "/v2/\(repository)/blobs/\(digest)"
    }
}
