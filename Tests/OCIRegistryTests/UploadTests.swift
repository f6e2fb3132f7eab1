import Foundation
import HTTPTypes
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct UploadTests {
    private let hello = Array("hello".utf8)

    @Test(arguments: Digest.Algorithm.allCases)
    func beginThenPutTheWholeBlob(algorithm: Digest.Algorithm) async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload("team/a")
            let digest = ContentHasher.digest(of: hello, algorithm: algorithm)
            let put = try await registry.send(.put, "\(location)?digest=\(digest)", body: hello)
            #expect(put.status == 201)
            #expect(put["Location"] == "/v2/team/a/blobs/\(digest)")
            #expect(put["Docker-Content-Digest"] == "\(digest)")
            #expect(try await registry.send(.get, "/v2/team/a/blobs/\(digest)").body == hello)
        }
    }

    @Test func aNewUploadSaysWhereItStands() async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(.post, "/v2/a/blobs/uploads/")
            #expect(answer.status == 202)
            #expect(answer["Range"] == "0-0")
            #expect(answer["Docker-Upload-UUID"] != nil)
            #expect(answer["Location"]?.hasPrefix("/v2/a/blobs/uploads/") == true)
            #expect(try await registry.send(.post, "/v2/a/blobs/uploads").status == 202)
        }
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func aStreamIsWrittenByOnePatch(algorithm: Digest.Algorithm) async throws {
        try await withRegistry { registry in
            let content = [UInt8](repeating: 3, count: 700_001)
            let location = try await registry.beginUpload()
            let patch = try await registry.send(.patch, location, body: content)
            #expect(patch.status == 202)
            #expect(patch["Range"] == "0-700000")
            let digest = ContentHasher.digest(of: content, algorithm: algorithm)
            let next = try #require(patch["Location"])
            #expect(try await registry.send(.put, "\(next)?digest=\(digest)").status == 201)
            #expect(try await registry.send(.get, "/v2/a/blobs/\(digest)").body == content)
        }
    }

    @Test(arguments: Digest.Algorithm.allCases, [false, true])
    func chunksAreWrittenInOrder(algorithm: Digest.Algorithm, isLastInPut: Bool) async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            let first = try await registry.send(
                .patch, location, headers: ["Content-Range": "0-2"], body: Array("hel".utf8))
            #expect(first.status == 202)
            #expect(first["Range"] == "0-2")
            let digest = ContentHasher.digest(of: hello, algorithm: algorithm)
            let last = Array("lo".utf8)
            if isLastInPut {
                let put = try await registry.send(
                    .put, "\(location)?digest=\(digest)", headers: ["Content-Range": "3-4"], body: last)
                #expect(put.status == 201)
            } else {
                let second = try await registry.send(.patch, location, headers: ["Content-Range": "3-4"], body: last)
                #expect(second["Range"] == "0-4")
                #expect(try await registry.send(.put, "\(location)?digest=\(digest)").status == 201)
            }
            #expect(try await registry.send(.get, "/v2/a/blobs/\(digest)").body == hello)
        }
    }

    @Test(arguments: ["1-2", "3-5", "0-1", "4-5"], [HTTPRequest.Method.patch, .put])
    func aChunkOutOfOrderIsRefusedAndTheUploadGoesOn(range: String, method: HTTPRequest.Method) async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            _ = try await registry.send(.patch, location, headers: ["Content-Range": "0-1"], body: Array("he".utf8))
            let digest = ContentHasher.digest(of: hello)
            let path = method == .put ? "\(location)?digest=\(digest)" : location
            let answer = try await registry.send(
                method, path, headers: ["Content-Range": range], body: Array("xx".utf8))
            #expect(answer.status == 416)
            #expect(answer.codes == ["BLOB_UPLOAD_INVALID"])
            #expect(answer["Range"] == "0-1")
            #expect(answer["Location"] == location)
            let rest = try await registry.send(
                .put, "\(location)?digest=\(digest)", headers: ["Content-Range": "2-4"], body: Array("llo".utf8))
            #expect(rest.status == 201)
        }
    }

    @Test(arguments: [
        ("nonsense", 400, "BLOB_UPLOAD_INVALID"), ("2-1", 400, "BLOB_UPLOAD_INVALID"),
        ("-1", 400, "BLOB_UPLOAD_INVALID"), ("0-", 400, "BLOB_UPLOAD_INVALID"),
        ("0-9223372036854775807", 400, "BLOB_UPLOAD_INVALID"), ("0-9", 400, "SIZE_INVALID"),
        ("bytes 0-4/5", 202, ""),
    ])
    func aChunksRangeMustBeOne(range: String, status: Int, code: String) async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            let answer = try await registry.send(.patch, location, headers: ["Content-Range": range], body: hello)
            #expect(answer.status == status)
            if status >= 400 { #expect(answer.codes == [code]) }
            let expected = status == 202 ? "0-4" : "0-0"
            #expect(try await registry.send(.get, location)["Range"] == expected)
        }
    }

    @Test func anUploadTellsItsProgress() async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            _ = try await registry.send(.patch, location, body: hello)
            let answer = try await registry.send(.get, location)
            #expect(answer.status == 204)
            #expect(answer["Range"] == "0-4")
            #expect(answer["Location"] == location)
        }
    }

    @Test func aCancelledUploadIsUnknown() async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            #expect(try await registry.send(.delete, location).status == 204)
            for method: HTTPRequest.Method in [.get, .patch, .delete] {
                let answer = try await registry.send(method, location, body: method == .patch ? hello : nil)
                #expect(answer.status == 404)
                #expect(answer.codes == ["BLOB_UPLOAD_UNKNOWN"])
            }
        }
    }

    @Test(arguments: ["00000000000000000000000000000000", "nonsense", "..%2f..%2fblobs"])
    func anUnknownUploadIsAnError(id: String) async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(.get, "/v2/a/blobs/uploads/\(id)")
            #expect(answer.status == 404)
            #expect(answer.codes == ["BLOB_UPLOAD_UNKNOWN"])
        }
    }

    @Test func anUploadBelongsToItsRepository() async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload("a")
            let elsewhere = location.replacingOccurrences(of: "/v2/a/", with: "/v2/b/")
            #expect(try await registry.send(.patch, elsewhere, body: hello).status == 404)
        }
    }

    @Test func aWrongDigestStoresNothing() async throws {
        try await withRegistry { registry in
            let wrong = ContentHasher.digest(of: [1])
            let location = try await registry.beginUpload()
            let uploads = [
                try await registry.send(.post, "/v2/a/blobs/uploads/?digest=\(wrong)", body: hello),
                try await registry.send(.put, "\(location)?digest=\(wrong)", body: hello),
            ]
            for answer in uploads {
                #expect(answer.status == 400)
                #expect(answer.codes == ["DIGEST_INVALID"])
            }
            #expect(try await registry.send(.head, "/v2/a/blobs/\(wrong)").status == 404)
            #expect(try await registry.send(.head, "/v2/a/blobs/\(ContentHasher.digest(of: hello))").status == 404)
            let left = registry.directory.appending(path: "images/uploads").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: left).isEmpty)
        }
    }

    @Test(arguments: ["", "?digest=", "?digest=sha256:12", "?digest=md5:d41d8cd98f00b204e9800998ecf8427e", "?digest=x"])
    func aMalformedDigestIsAnErrorAndTheUploadGoesOn(query: String) async throws {
        try await withRegistry { registry in
            let location = try await registry.beginUpload()
            let answer = try await registry.send(.put, location + query, body: hello)
            #expect(answer.status == 400)
            #expect(answer.codes == ["DIGEST_INVALID"])
            let digest = ContentHasher.digest(of: hello)
            #expect(try await registry.send(.put, "\(location)?digest=\(digest)", body: hello).status == 201)
        }
    }

    @Test func aBlobIsMountedFromAnotherRepository() async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello, to: "source/x")
            let answer = try await registry.send(.post, "/v2/b/blobs/uploads/?mount=\(digest)&from=source/x")
            #expect(answer.status == 201)
            #expect(answer["Location"] == "/v2/b/blobs/\(digest)")
            #expect(try await registry.send(.get, "/v2/b/blobs/\(digest)").body == hello)
        }
    }

    @Test func aBlobIsMountedFromWhereverItMayBeRead() async throws {
        let authorize: RegistryAuthorization = { _, action, repository in
            repository == "a-secret" && action == .pull ? .denied : .allowed
        }
        try await withRegistry(authorize: authorize) { registry in
            let digest = try await registry.pushBlob(hello, to: "a-secret")
            let denied = try await registry.send(.post, "/v2/b/blobs/uploads/?mount=\(digest)")
            #expect(denied.status == 202)
            try await registry.pushBlob(hello, to: "source")
            let answer = try await registry.send(.post, "/v2/b/blobs/uploads/?mount=\(digest)")
            #expect(answer.status == 201)
            #expect(answer["Location"] == "/v2/b/blobs/\(digest)")
            #expect(try await registry.send(.get, "/v2/b/blobs/\(digest)").body == hello)
        }
    }

    @Test(arguments: ["&from=absent", "&from=", "&from=NOT%20A%20NAME"])
    func whatCanNotBeMountedIsUploaded(source: String) async throws {
        try await withRegistry { registry in
            let digest = try await registry.pushBlob(hello, to: "source")
            let answer = try await registry.send(.post, "/v2/b/blobs/uploads/?mount=\(digest)\(source)")
            #expect(answer.status == 202)
            let location = try #require(answer["Location"])
            #expect(try await registry.send(.put, "\(location)?digest=\(digest)", body: hello).status == 201)
        }
    }

    @Test func mountingNeedsTheRightToPullThere() async throws {
        let authorize: RegistryAuthorization = { _, action, repository in
            repository == "secret" && action == .pull ? .denied : .allowed
        }
        try await withRegistry(authorize: authorize) { registry in
            let digest = try await registry.pushBlob(hello, to: "secret")
            let answer = try await registry.send(.post, "/v2/b/blobs/uploads/?mount=\(digest)&from=secret")
            #expect(answer.status == 202)
        }
    }

    @Test func aRestartedRegistryGoesOnWithAnUpload() async throws {
        try await withTemporaryDirectory { directory in
            let started = Once<String>()
            try await withRegistry(in: directory) { registry in
                let location = try await registry.beginUpload()
                let first = ["Content-Range": "0-2"]
                _ = try await registry.send(.patch, location, headers: first, body: Array("hel".utf8))
                started.set(location)
            }
            let location = try #require(started.value)
            try await withRegistry(in: directory) { registry in
                #expect(try await registry.send(.get, location)["Range"] == "0-2")
                let digest = ContentHasher.digest(of: hello)
                let put = try await registry.send(
                    .put, "\(location)?digest=\(digest)", headers: ["Content-Range": "3-4"], body: Array("lo".utf8))
                #expect(put.status == 201)
            }
        }
    }

    @Test func tooManyUploadsAreToldToWait() async throws {
        var limits = Limits.images
        limits.uploadSessionsMax = 1
        try await withRegistry(limits: limits) { registry in
            let location = try await registry.beginUpload()
            let answer = try await registry.send(.post, "/v2/a/blobs/uploads/")
            #expect(answer.status == 429)
            #expect(answer.codes == ["TOOMANYREQUESTS"])
            #expect(answer["Retry-After"] == "30")
            _ = try await registry.send(.delete, location)
            #expect(try await registry.send(.post, "/v2/a/blobs/uploads/").status == 202)
        }
    }

    @Test(.enabled(if: Host.isRoot, "mounting a small file system needs root"))
    func aFullDiskIsSaidWithoutPathsAndPassesOnceThereIsSpace() async throws {
        try await withSmallDisk(mebibytes: 2) { disk in
            try await withRegistry(in: disk) { registry in
                let kept = try await registry.pushBlob(hello)
                let large = [UInt8](repeating: 1, count: 3_000_000)
                let digest = ContentHasher.digest(of: large)
                let location = try await registry.beginUpload()
                let refusals = [
                    try await registry.send(.post, "/v2/a/blobs/uploads/?digest=\(digest)", body: large),
                    try await registry.send(.patch, location, body: large),
                ]
                for answer in refusals {
                    #expect(answer.status == 507)
                    #expect(answer.codes == ["STORAGE_FULL"])
                    #expect(!answer.text.contains(disk.path))
                }
                #expect(try await registry.send(.get, "/v2/a/blobs/\(kept)").body == hello)
                let left = disk.appending(path: "images/uploads").path
                #expect(try FileManager.default.contentsOfDirectory(atPath: left).isEmpty)
                try await registry.pushBlob([UInt8](repeating: 2, count: 1_000_000))
            }
        }
    }
}
