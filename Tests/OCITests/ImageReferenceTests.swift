import OCI
import Testing

@Suite struct ImageReferenceTests {
    @Test(arguments: [
        "a", "a/b/c", "a0.b_c__d-e---f", "library/alpine", String(repeating: "a", count: 255), "0",
    ])
    func acceptsNamesOfThePattern(name: String) {
        #expect(RepositoryName(name)?.description == name)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", "A", "a.", ".a", "a..b", "a___b", "a._b", "a-_b", "-a", "a-", "a b", "ä", "a:b",
        "a/../b", "a@b", String(repeating: "a", count: 256), "a\n", "_catalog",
    ])
    func refusesNamesOutOfThePattern(name: String) {
        #expect(RepositoryName(name) == nil)
    }

    @Test(arguments: ["latest", "_", "V1.2-3", "0", String(repeating: "t", count: 128)])
    func acceptsTagsOfThePattern(tag: String) {
        #expect(Tag(tag)?.description == tag)
    }

    @Test(arguments: ["", ".a", "-a", "a b", "a/b", "a:b", "ü", String(repeating: "t", count: 129)])
    func refusesTagsOutOfThePattern(tag: String) {
        #expect(Tag(tag) == nil)
    }

    @Test func aReferenceWithoutTagMeansLatest() throws {
        let reference = try ImageReference(parsing: "team/web")
        #expect(reference.selector == .tag(.latest))
        #expect(reference.description == "team/web:latest")
    }

    @Test func parsesTagsAndDigests() throws {
        let hex = String(repeating: "0f", count: 32)
        #expect(try ImageReference(parsing: "web:1").description == "web:1")
        let pinned = try ImageReference(parsing: "web@sha256:\(hex)")
        #expect(pinned.description == "web@sha256:\(hex)")
        #expect(pinned.repository.description == "web")
    }

    @Test(arguments: [
        ("Web:1", ImageReference.ParseError.invalidRepository("Web")),
        ("web:", .invalidTag("")),
        ("web:a/b", .invalidTag("a/b")),
        ("host.example:5000/web", .invalidTag("5000/web")),
        ("web@sha256:12", .invalidDigest("sha256:12")),
        ("web:1@sha256:12", .invalidRepository("web:1")),
        ("@sha256:12", .invalidRepository("")),
        ("", .invalidRepository("")),
    ])
    func namesThePartThatIsWrong(text: String, error: ImageReference.ParseError) {
        #expect(throws: error) { try ImageReference(parsing: text) }
    }
}
