import HTTPTypes
import OCI
import OCIContentStore
import Testing

@Suite struct BlobTests {
    private let hello = Array("hello".utf8)

    @Test(arguments: Digest.Algorithm.allCases)
    func aBlobPushedInOneRequestIsServed(algorithm: Digest.Algorithm) async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello, to: "team/web/x", algorithm: algorithm)
            let get = try await registry.send(.get, "/v2/team/web/x/blobs/\(digest)")
            #expect(get.status == 200)
            #expect(get.body == hello)
            #expect(get["Docker-Content-Digest"] == "\(digest)")
            #expect(get["ETag"] == "\"\(digest)\"")
            #expect(get["Content-Length"] == "5")
            let head = try await registry.send(.head, "/v2/team/web/x/blobs/\(digest)")
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "5")
            #expect(head["Docker-Content-Digest"] == "\(digest)")
            #expect(head.body.isEmpty)
        }
    }

    @Test func anEmptyBlobIsServed() async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob([])
            let get = try await registry.send(.get, "/v2/a/blobs/\(digest)")
            #expect(get.status == 200)
            #expect(get["Content-Length"] == "0")
        }
    }

    @Test(arguments: [
        ("bytes=0-4", 206, "hello", "bytes 0-4/5"), ("bytes=1-", 206, "ello", "bytes 1-4/5"),
        ("bytes=1-2", 206, "el", "bytes 1-2/5"), ("bytes=3-900", 206, "lo", "bytes 3-4/5"),
        ("bytes=-2", 206, "lo", "bytes 3-4/5"), ("bytes=-900", 206, "hello", "bytes 0-4/5"),
        ("bytes=0-0", 206, "h", "bytes 0-0/5"), ("bytes=5-", 416, "", "bytes */5"),
        ("bytes=4-1", 416, "", "bytes */5"), ("bytes=-0", 416, "", "bytes */5"), ("bytes=a-b", 416, "", "bytes */5"),
        ("bytes=", 416, "", "bytes */5"), ("bytes=1", 416, "", "bytes */5"),
        ("bytes=99999999999999999999-", 416, "", "bytes */5"), ("lines=1-2", 200, "hello", ""),
        ("bytes=0-1,3-4", 200, "hello", ""),
    ])
    func rangesOfABlob(range: String, status: Int, content: String, contentRange: String) async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello)
            let answer = try await registry.send(.get, "/v2/a/blobs/\(digest)", headers: ["Range": range])
            #expect(answer.status == status)
            if status < 400 { #expect(answer.text == content) }
            #expect(answer["Content-Range"] ?? "" == contentRange)
            // The connection is still good.
            #expect(try await registry.send(.get, "/v2/a/blobs/\(digest)").body == hello)
        }
    }

    @Test func aKnownEntityTagSavesTheBody() async throws {
        try await withRegistry { registry in
            let path = "/v2/a/blobs/\(try await registry.pushBlob(hello))"
            let tag = try #require(try await registry.send(.get, path)["ETag"])
            #expect(try await registry.send(.get, path, headers: ["If-None-Match": "\"x\", \(tag)"]).status == 304)
            #expect(try await registry.send(.get, path, headers: ["If-None-Match": "\"x\""]).status == 200)
            let part = ["Range": "bytes=0-1", "If-Range": tag]
            #expect(try await registry.send(.get, path, headers: part).text == "he")
            let other = ["Range": "bytes=0-1", "If-Range": "\"x\""]
            #expect(try await registry.send(.get, path, headers: other).text == "hello")
        }
    }

    @Test func aLargeBlobComesBackWhole() async throws {
        try await withRegistry { registry in
            let content = [UInt8]((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let digest = try await registry.pushBlob(content)
            #expect(try await registry.send(.get, "/v2/a/blobs/\(digest)").body == content)
            let part = try await registry.send(
                .get, "/v2/a/blobs/\(digest)", headers: ["Range": "bytes=262100-2000000"])
            #expect(part.body == Array(content[262_100...2_000_000]))
        }
    }

    @Test func missingAndMalformedBlobsAreErrors() async throws {
        try await withRegistry { registry in
            let absent = ContentHasher.digest(of: [1])
            for method: HTTPRequest.Method in [.get, .head, .delete] {
                let answer = try await registry.send(method, "/v2/a/blobs/\(absent)")
                #expect(answer.status == 404)
                if method != .head { #expect(answer.codes == ["BLOB_UNKNOWN"]) }
            }
            for text in ["sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e", "nonsense", "sha256:..%2f..%2fetc"] {
                let answer = try await registry.send(.get, "/v2/a/blobs/\(text)")
                #expect(answer.status == 400)
                #expect(answer.codes == ["DIGEST_INVALID"])
            }
        }
    }

    @Test func aBlobIsServedByItsOwnRepositoriesOnly() async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello, to: "a")
            #expect(try await registry.send(.get, "/v2/b/blobs/\(digest)").status == 404)
        }
    }

    @Test func aDeletedBlobIsGoneFromItsRepositoryOnly() async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello, to: "a")
            try await registry.pushBlob(hello, to: "b")
            #expect(try await registry.send(.delete, "/v2/a/blobs/\(digest)").status == 202)
            #expect(try await registry.send(.get, "/v2/a/blobs/\(digest)").status == 404)
            #expect(try await registry.send(.get, "/v2/b/blobs/\(digest)").status == 200)
        }
    }
}
