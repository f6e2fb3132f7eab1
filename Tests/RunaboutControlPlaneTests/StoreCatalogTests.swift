import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct StoreCatalogTests {
    @Test func aManifestIsFoundByTagAndByDigestInItsRepositoryOnly() async throws {
        try await World.run { world in
            let catalog = world.catalog
            let first = try record(1, references: [2, 3])
            try await catalog.put(ManifestPush(first, tags: ["latest"]), repository: "team/web")
            #expect(try await catalog.resolve(repository: "team/web", tag: "latest") == first)
            #expect(try await catalog.manifest(repository: "team/web", digest: first.digest, renewing: false) == first)
            #expect(try await catalog.resolve(repository: "team/web", tag: "other") == nil)
            #expect(try await catalog.manifest(repository: "other", digest: first.digest, renewing: false) == nil)
            let second = try record(4)
            try await catalog.put(ManifestPush(second, tags: ["latest"]), repository: "team/web")
            try await catalog.put(ManifestPush(second, tags: []), repository: "team/web")
            #expect(try await catalog.resolve(repository: "team/web", tag: "latest") == second)
            #expect(try await catalog.manifest(repository: "team/web", digest: first.digest, renewing: false) == first)
            let events = try await world.plane.events(of: nil, after: 0, limit: 9)
            #expect(events.map(\.kind) == ["image.pushed", "image.pushed", "image.pushed"])
            #expect(events.first?.message.contains("team/web:latest") == true)
        }
    }

    @Test func tagsAndManifestsAreRemoved() async throws {
        try await World.run { world in
            let catalog = world.catalog
            let image = try record(1)
            for tag in ["b", "a", "c"] { try await catalog.put(ManifestPush(image, tags: [tag]), repository: "web") }
            #expect(try await catalog.tags(repository: "web", after: nil, limit: 2) == ["a", "b"])
            #expect(try await catalog.tags(repository: "web", after: "b", limit: 2) == ["c"])
            #expect(try await catalog.tags(repository: "none", after: nil, limit: 2) == nil)
            #expect(try await catalog.deleteTag(repository: "web", tag: "a"))
            #expect(try await !catalog.deleteTag(repository: "web", tag: "a"))
            #expect(try await catalog.deleteManifest(repository: "web", digest: image.digest))
            #expect(try await !catalog.deleteManifest(repository: "web", digest: image.digest))
            #expect(try await catalog.tags(repository: "web", after: nil, limit: 9) == [])
            #expect(try await catalog.repositories(after: nil, limit: 9) == ["web"])
            let kinds = try await world.plane.events(of: nil, after: 3, limit: 9).map(\.kind)
            #expect(kinds == ["image.untagged", "image.deleted"])
        }
    }

    @Test func aBlobIsServedByTheRepositoriesItWasLinkedTo() async throws {
        try await World.run { world in
            let catalog = world.catalog
            let digest = try record(1).digest
            try await catalog.linkBlob(repository: "web", digest: digest)
            try await catalog.linkBlob(repository: "web", digest: digest)
            #expect(try await catalog.hasBlob(repository: "web", digest: digest, renewing: false))
            #expect(try await !catalog.hasBlob(repository: "other", digest: digest, renewing: false))
            #expect(try await catalog.repositories(after: nil, limit: 9) == ["web"])
            #expect(try await catalog.unlinkBlob(repository: "web", digest: digest))
            #expect(try await !catalog.unlinkBlob(repository: "web", digest: digest))
            #expect(try await !catalog.hasBlob(repository: "web", digest: digest, renewing: false))
        }
    }

    @Test(.enabled(if: Host.isRoot, "mounting a small disk needs root"))
    func aFullDiskIsToldInTheRegistrysWordsAndLosesNothing() async throws {
        try await withSmallDisk(mebibytes: 2) { directory in
            let world = try World(directory: directory, seed: 1)
            let first = try record(1, references: [2, 3])
            try await world.catalog.put(ManifestPush(first, tags: ["latest"]), repository: "web")
            let large = try record(4, references: Array(5...20_000))
            let error = await #expect(throws: ContentStoreError.self) {
                try await world.catalog.put(ManifestPush(large, tags: ["latest"]), repository: "web")
            }
            #expect(error == .storageFull)
            #expect(try await world.catalog.resolve(repository: "web", tag: "latest") == first)
            #expect(try await world.catalog.manifest(repository: "web", digest: large.digest, renewing: false) == nil)
            try world.store.close()
        }
    }

    private func record(_ number: UInt64, references: [UInt64] = []) throws -> ManifestRecord {
        ManifestRecord(
            digest: try digest(number), mediaType: MediaType.imageManifest.rawValue, size: 9,
            references: try references.map { try digest($0) })
    }

    private func digest(_ number: UInt64) throws -> Digest {
        let hex = ServiceID(high: 0, low: number).rawValue
        return try Digest(algorithm: .sha256, hex: hex + hex).required()
    }
}
