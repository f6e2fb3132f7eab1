import OCI
import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct RegistryStatementsTests {
    @Test func aManifestIsKeptOnceHoweverManyRepositoriesHaveIt() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            let manifest = try image(1, references: [2, 3])
            for repository in ["a", "b"] {
                try transaction.insertRepository(repository)
                try transaction.insertManifest(manifest)
                try transaction.linkManifest(manifest.digest, repository: repository)
            }
            #expect(try transaction.manifest(manifest.digest) == manifest)
            #expect(try transaction.unlinkManifest(manifest.digest, repository: "a"))
            #expect(try !transaction.unlinkManifest(manifest.digest, repository: "a"))
            #expect(try !transaction.hasManifest(manifest.digest, repository: "a"))
            #expect(try transaction.manifest(manifest.digest) == manifest)
            #expect(try transaction.unlinkManifest(manifest.digest, repository: "b"))
            #expect(try transaction.manifest(manifest.digest) == nil)
        }
    }

    @Test func contentIsNeededAsLongAsSomethingLeadsToIt() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try transaction.insertRepository("web")
            try transaction.insertManifest(try image(1, references: [2, 3]))
            try transaction.insertManifest(try image(10, references: [1]))
            try transaction.linkManifest(.number(10), repository: "web")
            try transaction.linkBlob(.number(4), repository: "web")
            for number in [10, 1, 2, 3, 4] as [UInt64] {
                #expect(try transaction.isContentNeeded(.number(number)), "\(number)")
            }
            #expect(try !transaction.isContentNeeded(.number(5)))
            // A revision runs the image that the index led to; the index goes.
            try Rows.insertService(transaction)
            #expect(try transaction.unlinkManifest(.number(10), repository: "web"))
            #expect(try !transaction.isContentNeeded(.number(10)))
            for number in [1, 2, 3] as [UInt64] {
                #expect(try transaction.isContentNeeded(.number(number)), "\(number)")
            }
            #expect(try transaction.unlinkBlob(.number(4), repository: "web"))
            #expect(try !transaction.unlinkBlob(.number(4), repository: "web"))
            #expect(try !transaction.isContentNeeded(.number(4)))
        }
    }

    @Test func tagsMoveAndGoWithTheirManifest() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try transaction.insertRepository("web")
            for number in [1, 2] as [UInt64] {
                try transaction.insertManifest(try image(number, references: []))
                try transaction.linkManifest(.number(number), repository: "web")
            }
            try transaction.setTag("latest", repository: "web", manifest: .number(1))
            try transaction.setTag("old", repository: "web", manifest: .number(1))
            try transaction.setTag("latest", repository: "web", manifest: .number(2))
            #expect(try transaction.taggedManifest(repository: "web", tag: "latest") == .number(2))
            #expect(try transaction.unlinkManifest(.number(1), repository: "web"))
            #expect(try transaction.tags(repository: "web", after: nil, limit: 9) == ["latest"])
            #expect(try transaction.deleteTag("latest", repository: "web"))
            #expect(try !transaction.deleteTag("latest", repository: "web"))
            #expect(try transaction.hasManifest(.number(2), repository: "web"))
        }
    }

    @Test func namesAreListedInOrderFromAPositionOn() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            for repository in ["c", "a", "b/x", "b"] { try transaction.insertRepository(repository) }
            #expect(try transaction.repositories(after: nil, limit: 3) == ["a", "b", "b/x"])
            #expect(try transaction.repositories(after: "b", limit: 3) == ["b/x", "c"])
            #expect(try transaction.hasRepository("b/x"))
            #expect(try !transaction.hasRepository("x"))
        }
    }

    private func image(_ number: UInt64, references: [UInt64]) throws -> StoredManifest {
        StoredManifest(
            digest: try .number(number), mediaType: "application/vnd.oci.image.manifest.v1+json", size: 7,
            references: try references.map { try Digest.number($0) })
    }
}
