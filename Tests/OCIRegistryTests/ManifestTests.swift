import Foundation
import HTTPTypes
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import Testing

@Suite struct ManifestTests {
    /// The life of a document of every kind: put by digest and by tag, found, read, listed, removed.
    @Test(arguments: ManifestKind.allCases, Digest.Algorithm.allCases)
    func everyKindOfManifestIsKeptByteForByte(kind: ManifestKind, algorithm: Digest.Algorithm) async throws {
        try await withRegistry { registry in
            let (bytes, type) = try await kind.document(in: registry, "team/a", algorithm)
            let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
            let byDigest = "/v2/team/a/manifests/\(digest)"
            let put = try await registry.send(.put, byDigest, headers: ["Content-Type": type.rawValue], body: bytes)
            #expect(put.status == 201)
            #expect(put["Location"] == byDigest)
            #expect(put["Docker-Content-Digest"] == "\(digest)")
            try await expectServed(byDigest, bytes, type, digest, registry)

            let tagged = ContentHasher.digest(of: bytes)
            let byTag = "/v2/team/a/manifests/v1.0_x-\(kind)"
            let puts = try await registry.send(.put, byTag, headers: ["Content-Type": type.rawValue], body: bytes)
            #expect(puts.status == 201)
            #expect(puts["Docker-Content-Digest"] == "\(tagged)")
            try await expectServed(byTag, bytes, type, tagged, registry)
            let list = try await registry.send(.get, "/v2/team/a/tags/list")
            #expect(list.text == #"{"name":"team/a","tags":["v1.0_x-\#(kind)"]}"#)

            #expect(try await registry.send(.delete, byTag).status == 202)
            try await expectUnknown(byTag, registry)
            #expect(try await registry.send(.get, byDigest).status == 200)
            #expect(try await registry.send(.delete, byDigest).status == 202)
            try await expectUnknown(byDigest, registry)
        }
    }

    @Test func removingAManifestRemovesItsTags() async throws {
        try await withRegistry { registry in
            let (bytes, type) = try await ManifestKind.image.document(in: registry, "a", .sha256)
            for tag in ["one", "two"] {
                _ = try await registry.send(
                    .put, "/v2/a/manifests/\(tag)", headers: ["Content-Type": type.rawValue], body: bytes)
            }
            let digest = ContentHasher.digest(of: bytes)
            #expect(try await registry.send(.delete, "/v2/a/manifests/\(digest)").status == 202)
            #expect(try await registry.send(.get, "/v2/a/manifests/one").status == 404)
            #expect(try await registry.send(.get, "/v2/a/tags/list").text == #"{"name":"a","tags":[]}"#)
        }
    }

    @Test func aTagIsMovedToAnotherManifest() async throws {
        try await withRegistry { registry in
            for kind in [ManifestKind.image, .uncompressed] {
                let (bytes, type) = try await kind.document(in: registry, "a", .sha256)
                _ = try await registry.send(
                    .put, "/v2/a/manifests/t", headers: ["Content-Type": type.rawValue], body: bytes)
                #expect(try await registry.send(.get, "/v2/a/manifests/t").body == bytes)
            }
        }
    }

    @Test func whatAManifestRefersToMustBeThere() async throws {
        try await withRegistry { registry in
            let kinds: [ManifestKind] = [.image, .artifact, .index, .nestedIndex, .dockerManifest, .dockerList]
            for kind in kinds {
                // What it refers to is pushed to another repository than it is.
                let (bytes, type) = try await kind.document(in: registry, "elsewhere", .sha256)
                let answer = try await registry.send(
                    .put, "/v2/a/manifests/t", headers: ["Content-Type": type.rawValue], body: bytes)
                #expect(answer.status == 400)
                #expect(answer.codes == ["MANIFEST_BLOB_UNKNOWN"])
            }
            #expect(try await registry.send(.get, "/v2/a/tags/list").status == 404)
        }
    }

    @Test func aManifestUnderAnotherDigestIsRefused() async throws {
        try await withRegistry { registry in
            let (bytes, type) = try await ManifestKind.image.document(in: registry, "a", .sha256)
            for algorithm in Digest.Algorithm.allCases {
                let wrong = ContentHasher.digest(of: [1], algorithm: algorithm)
                let answer = try await registry.send(
                    .put, "/v2/a/manifests/\(wrong)", headers: ["Content-Type": type.rawValue], body: bytes)
                #expect(answer.status == 400)
                #expect(answer.codes == ["DIGEST_INVALID"])
                try await expectUnknown("/v2/a/manifests/\(wrong)", registry)
            }
        }
    }

    @Test(arguments: [
        "", "no json", "[]", "{}", #"{"schemaVersion":1}"#, #"{"schemaVersion":2}"#,
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
        #"{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:12","size":1},"layers":[]}"#,
        #"{"schemaVersion":2,"config":"x","layers":[]}"#, #"{"schemaVersion":"2"}"#, "\u{0}\u{1}",
    ])
    func whatIsNoManifestIsRefused(text: String) async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(
                .put, "/v2/a/manifests/t", headers: ["Content-Type": MediaType.imageManifest.rawValue],
                body: Array(text.utf8))
            #expect(answer.status == 400)
            #expect(answer.codes == ["MANIFEST_INVALID"])
        }
    }

    @Test(arguments: [
        "text/plain", "application/json", MediaType.dockerSchema1.rawValue, MediaType.dockerSchema1Signed.rawValue,
        MediaType.dockerManifest.rawValue,
    ])
    func aTypeThatIsNotTheDocumentsIsRefused(type: String) async throws {
        try await withRegistry { registry in
            let (bytes, _) = try await ManifestKind.image.document(in: registry, "a", .sha256)
            let answer = try await registry.send(
                .put, "/v2/a/manifests/t", headers: ["Content-Type": type], body: bytes)
            #expect(answer.status == 400)
            #expect(answer.codes == ["MANIFEST_INVALID"])
        }
    }

    @Test func aManifestBeyondTheLimitIsRefused() async throws {
        var limits = Limits.images
        limits.manifestBytesMax = 100
        try await withRegistry(limits: limits) { registry in
            let (bytes, type) = try await ManifestKind.image.document(in: registry, "a", .sha256)
            let answer = try await registry.send(
                .put, "/v2/a/manifests/t", headers: ["Content-Type": type.rawValue], body: bytes)
            #expect(answer.status == 413)
            #expect(answer.codes == ["SIZE_INVALID"])
        }
    }

    @Test(arguments: [
        ("*/*", 200), ("application/*", 200), ("application/json", 200),
        ("application/vnd.oci.image.manifest.v1+json;q=0.5, text/plain", 200),
        ("application/vnd.oci.image.index.v1+json", 404), ("text/plain", 404),
    ])
    func aManifestIsGivenToWhoAcceptsItsType(accept: String, status: Int) async throws {
        try await withRegistry { registry in
            let (bytes, type) = try await ManifestKind.image.document(in: registry, "a", .sha256)
            _ = try await registry.send(
                .put, "/v2/a/manifests/t", headers: ["Content-Type": type.rawValue], body: bytes)
            let answer = try await registry.send(.get, "/v2/a/manifests/t", headers: ["Accept": accept])
            #expect(answer.status == status)
            if status == 404 { #expect(answer.codes == ["MANIFEST_UNKNOWN"]) }
        }
    }

    @Test(arguments: ["absent", "-bad", "..", "sha256:12", "a%20b"])
    func aReferenceThatStandsForNothingIsAnError(reference: String) async throws {
        try await withRegistry { registry in
            let isDigest = reference.contains(":")
            for method: HTTPRequest.Method in [.get, .head, .delete] {
                let answer = try await registry.send(method, "/v2/a/manifests/\(reference)")
                #expect(answer.status == (isDigest ? 400 : 404))
                if method != .head { #expect(answer.codes == [isDigest ? "DIGEST_INVALID" : "MANIFEST_UNKNOWN"]) }
            }
            if reference != "absent" {
                let put = try await registry.send(.put, "/v2/a/manifests/\(reference)", body: Array("{}".utf8))
                #expect(put.status == 400)
            }
        }
    }

    private func expectServed(
        _ path: String, _ bytes: [UInt8], _ type: MediaType, _ digest: Digest, _ registry: RegistryFixture,
    ) async throws {
        let get = try await registry.send(.get, path, headers: ["Accept": type.rawValue])
        #expect(get.status == 200)
        #expect(get.body == bytes)
        let head = try await registry.send(.head, path)
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        for answer in [get, head] {
            #expect(answer["Content-Type"] == type.rawValue)
            #expect(answer["Docker-Content-Digest"] == "\(digest)")
            #expect(answer["Content-Length"] == "\(bytes.count)")
        }
    }

    private func expectUnknown(_ path: String, _ registry: RegistryFixture) async throws {
        for method: HTTPRequest.Method in [.get, .head, .delete] {
            let answer = try await registry.send(method, path)
            #expect(answer.status == 404)
            if method != .head { #expect(answer.codes == ["MANIFEST_UNKNOWN"]) }
        }
    }
}
