import HTTPTypes
import OCI
import OCIRegistry
import RunaboutModel
import Testing

@Suite struct ListTests {
    @Test func theRegistryAnswers() async throws {
        try await withRegistry { registry in
            for path in ["/v2/", "/v2"] {
                let answer = try await registry.send(.get, path)
                #expect(answer.status == 200)
                #expect(answer["Docker-Distribution-API-Version"] == "registry/2.0")
            }
        }
    }

    @Test func anUnknownRepositoryHasNoTags() async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(.get, "/v2/absent/tags/list")
            #expect(answer.status == 404)
            #expect(answer.codes == ["NAME_UNKNOWN"])
        }
    }

    @Test(
        arguments: [
            ("", ["a", "b", "c", "d", "e"], nil), ("?n=2", ["a", "b"], "n=2&last=b"),
            ("?n=2&last=b", ["c", "d"], "n=2&last=d"), ("?n=2&last=d", ["e"], nil),
            ("?n=5", ["a", "b", "c", "d", "e"], nil),
            ("?n=0", [], nil), ("?last=c", ["d", "e"], nil), ("?last=zz", [], nil),
            ("?n=9999999", ["a", "b", "c", "d", "e"], nil),
        ] as [(String, [String], String?)])
    func tagsComeInPages(query: String, tags: [String], next: String?) async throws {
        try await withRegistry { registry in
            try await pushTags(["c", "a", "e", "b", "d"], to: registry)
            let answer = try await registry.send(.get, "/v2/x/y/tags/list\(query)")
            #expect(answer.status == 200)
            let list = tags.map { "\"\($0)\"" }.joined(separator: ",")
            #expect(answer.text == #"{"name":"x/y","tags":[\#(list)]}"#)
            #expect(answer["Link"] == next.map { "</v2/x/y/tags/list?\($0)>; rel=\"next\"" })
        }
    }

    @Test(arguments: ["?n=-1", "?n=x", "?n="])
    func aPageSizeMustBeANumber(query: String) async throws {
        try await withRegistry { registry in
            try await pushTags(["a"], to: registry)
            let answer = try await registry.send(.get, "/v2/x/y/tags/list\(query)")
            #expect(answer.status == 400)
            #expect(answer.codes == ["UNSUPPORTED"])
        }
    }

    @Test func longListsComeInPagesUnasked() async throws {
        var limits = Limits.images
        limits.pageSizeMax = 2
        try await withRegistry(limits: limits) { registry in
            try await pushTags(["a", "b", "c"], to: registry)
            let answer = try await registry.send(.get, "/v2/x/y/tags/list?n=3")
            #expect(answer.text == #"{"name":"x/y","tags":["a","b"]}"#)
            #expect(answer["Link"] == #"</v2/x/y/tags/list?n=2&last=b>; rel="next""#)
        }
    }

    @Test func repositoriesAreListedInPages() async throws {
        try await withRegistry { registry in
            for name in ["b/c", "a", "b"] { try await registry.pushBlob([1], to: name) }
            #expect(try await registry.send(.get, "/v2/_catalog").text == #"{"repositories":["a","b","b/c"]}"#)
            let page = try await registry.send(.get, "/v2/_catalog?n=1&last=a")
            #expect(page.text == #"{"repositories":["b"]}"#)
            #expect(page["Link"] == #"</v2/_catalog?n=1&last=b>; rel="next""#)
        }
    }

    @Test(arguments: [
        "/v2/UPPER/tags/list", "/v2/a//b/tags/list", "/v2/a%20b/tags/list", "/v2/-a/manifests/x", "/v2/a../blobs/x",
        "/v2/\(String(repeating: "a", count: 256))/tags/list",
    ])
    func aMalformedNameIsAnError(path: String) async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(.get, path)
            #expect(answer.status == 400)
            #expect(answer.codes == ["NAME_INVALID"])
        }
    }

    @Test(arguments: [
        "/v2/a", "/v2/a/b/c", "/v2/a/tags/other", "/v2/a/other/x", "/v2/tags/list", "/v2/%zz/tags/list",
    ])
    func unknownPathsAreErrors(path: String) async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(.get, path)
            #expect(answer.status == 404)
            #expect(answer.codes == ["UNSUPPORTED"])
        }
    }

    @Test(arguments: [
        ("/v2/", "POST"), ("/v2/_catalog", "DELETE"), ("/v2/a/tags/list", "PUT"), ("/v2/a/manifests/t", "POST"),
        ("/v2/a/manifests/t", "PATCH"), ("/v2/a/blobs/uploads/", "GET"), ("/v2/a/blobs/uploads/x", "POST"),
    ])
    func methodsThatMeanNothingAreErrors(path: String, method: String) async throws {
        try await withRegistry { registry in
            let answer = try await registry.send(try #require(HTTPRequest.Method(method)), path)
            #expect(answer.status == 405)
            #expect(answer.codes == ["UNSUPPORTED"])
        }
    }

    private func pushTags(_ tags: [String], to registry: RegistryFixture) async throws {
        let (bytes, type) = try await ManifestKind.image.document(in: registry, "x/y", .sha256)
        for tag in tags {
            _ = try await registry.send(
                .put, "/v2/x/y/manifests/\(tag)", headers: ["Content-Type": type.rawValue], body: bytes)
        }
    }
}
