import Foundation
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct RegistryCollectionTests {
    /// Later than every file of the test and the time that what nothing refers to is kept.
    private static let later: Int64 = 1_000_000_000

    @Test func whatNothingLeadsToGoesAndTheRestStays() async throws {
        try await World.run { world in
            let kept = try await world.push("web", tag: "latest", content: "kept")
            let gone = try await world.push("web", tag: nil, content: "gone")
            world.clock.advance(seconds: Self.later)
            let trial = try await world.plane.collectRegistry(isTrial: true, by: World.someone)
            #expect(trial.manifests.map(\.digest) == [gone])
            #expect(trial.files.count == 3)
            #expect(trial.bytes > 0)
            #expect(try await world.content.size(of: gone) != nil)
            #expect(try await world.catalog.manifest(repository: "web", digest: gone, renewing: false) != nil)
            let report = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
            #expect(report == trial)
            #expect(try await world.content.size(of: gone) == nil)
            #expect(try await world.catalog.manifest(repository: "web", digest: gone, renewing: false) == nil)
            let found = try await world.catalog.manifest(repository: "web", digest: kept, renewing: false)
            for digest in try found.required().references { #expect(try await world.content.size(of: digest) != nil) }
            let again = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
            #expect(again == CollectionReport())
            let kinds = try await world.plane.events(of: nil, after: 2, limit: 9).map(\.kind)
            #expect(kinds == ["registry.collected"])
        }
    }

    @Test func whatARevisionRunsOrMayRunAgainStays() async throws {
        try await World.run { world in
            let first = try await world.push("web", content: "first")
            try await world.succeed(world.create("hello", image: "web").operation)
            let second = try await world.push("web", content: "second")
            let deployment = try await world.plane.startDeployment("hello", by: World.someone)
            try await world.succeed(deployment.operation)
            #expect(try await world.catalog.deleteManifest(repository: "web", digest: second))
            world.clock.advance(seconds: Self.later)
            let report = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
            #expect(report.files == [])
            for digest in [first, second] { #expect(try await world.content.size(of: digest) != nil) }
            // The tag moved on, and the first one can still be pulled by its digest.
            #expect(try await world.catalog.manifest(repository: "web", digest: first, renewing: false) != nil)
        }
    }

    @Test func aBlobThatAClientAskedForStaysForItsPush() async throws {
        try await World.run { world in
            let digest = try await world.content.put(Array("layer".utf8))
            try await world.catalog.linkBlob(repository: "web", digest: digest)
            world.clock.advance(seconds: Self.later)
            #expect(try await world.catalog.hasBlob(repository: "web", digest: digest, renewing: true))
            #expect(try await world.plane.collectRegistry(isTrial: false, by: World.someone) == CollectionReport())
            #expect(try await world.content.size(of: digest) == 5)
            world.clock.advance(seconds: 21_601)
            let report = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
            #expect(report.blobs.map(\.digest) == [digest])
            #expect(report.files.map(\.digest) == [digest])
            #expect(try await !world.catalog.hasBlob(repository: "web", digest: digest, renewing: true))
        }
    }

    @Test func aYoungFileThatNothingNamesYetStays() async throws {
        try await World.run { world in
            // The test's clock is behind the disk's, so this file is young.
            let digest = try await world.content.put(Array("just published".utf8))
            #expect(try await world.plane.collectRegistry(isTrial: false, by: World.someone) == CollectionReport())
            world.clock.advance(seconds: Self.later)
            let report = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
            #expect(report.files.map(\.digest) == [digest])
        }
    }

    @Test(arguments: 1...12)
    func collectionsDoWhatTheirRuleSays(seed: UInt64) async throws {
        try await World.run(seed: seed) { world in
            world.clock.advance(seconds: Self.later)
            var walk = RegistryWalk(world: world, seed: seed)
            for _ in 0..<120 { try await walk.step() }
            try await walk.collect()
        }
    }

    /// Pushes and collections at the same time, the clock running so fast that everything unreferenced is old at once:
    /// whatever a client was told is there must be there.
    @Test(arguments: 1...4)
    func whatAPushWasToldIsThereWhateverIsCollectedMeanwhile(seed: UInt64) async throws {
        try await World.run(seed: seed) { world in
            world.clock.advance(seconds: Self.later)
            let images = try await withThrowingTaskGroup(of: [(String, [Digest])].self) { group in
                for pusher in 0..<4 {
                    group.addTask { try await push(25, as: pusher, seed: seed, world) }
                }
                group.addTask {
                    for _ in 0..<60 {
                        world.clock.advance(seconds: 30_000)
                        _ = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
                    }
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(images.count == 100)
            for (tag, content) in images {
                #expect(try await world.catalog.resolve(repository: "web", tag: tag) != nil)
                for digest in content {
                    #expect(try await world.content.size(of: digest) != nil, "\(tag) \(digest), seed \(seed)")
                }
            }
        }
    }

    private func push(
        _ count: Int, as pusher: Int, seed: UInt64, _ world: World,
    ) async throws -> [(String, [Digest])] {
        var generator = SeededGenerator(seed: seed &* 100 &+ UInt64(pusher))
        var done: [(String, [Digest])] = []
        for number in 0..<count {
            let tag = "p\(pusher)-\(number)"
            // Few different blobs, so that pushers meet in them.
            let blobs = (0..<3).map { _ in [UInt8.random(in: 0..<8, using: &generator)] }
            while true {
                do {
                    done.append((tag, try await pushOnce(tag, blobs, world)))
                    break
                } catch let error as RegistryError where error.code == .manifestBlobUnknown {
                    // What a client does then: push again.
                    continue
                }
            }
        }
        return done
    }

    /// What the registry does for one image, step by step.
    private func pushOnce(_ tag: String, _ blobs: [[UInt8]], _ world: World) async throws -> [Digest] {
        let digests = blobs.map { ContentHasher.digest(of: $0) }
        for (bytes, digest) in zip(blobs, digests) {
            if try await world.catalog.hasBlob(repository: "web", digest: digest, renewing: true) { continue }
            try await world.content.withLease(of: digest) {
                try await world.content.put(bytes)
                try await world.catalog.linkBlob(repository: "web", digest: digest)
            }
        }
        let bytes = Array("\(tag) \(digests)".utf8)
        let manifest = ContentHasher.digest(of: bytes)
        let record = ManifestRecord(digest: manifest, mediaType: "a/b", size: 1, references: digests)
        try await world.content.withLease(of: manifest) {
            try await world.content.put(bytes)
            try await world.catalog.put(ManifestPush(record, tags: [tag], blobs: digests), repository: "web")
        }
        return digests + [manifest]
    }
}
