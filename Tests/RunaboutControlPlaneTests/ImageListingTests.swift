import Foundation
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutStore
import Subprocess
import Testing

@testable import RunaboutControlPlane

@Suite struct ImageListingTests {
    @Test func imagesAreListedWithTagsSizesAndWhoRunsThem() async throws {
        try await World.run { world in
            let first = try await world.push("web", content: "first")
            try await world.succeed(world.create("hello", image: "web").operation)
            let second = try await world.push("web", content: "second")
            try await world.succeed(world.plane.startDeployment("hello", by: World.someone).operation)
            try await world.push("other", tag: "v1", content: "second")
            let images = try await world.plane.images(of: nil, after: nil, limit: 10).items
            #expect(images.map(\.repository) == ["other", "web", "web"])
            let serving = try images.first { $0.repository == "web" && $0.digest == second }.required()
            #expect(serving.tags == ["latest"])
            #expect(serving.layers == 1)
            #expect(serving.manifests == nil)
            #expect(serving.pushedAt == world.clock.now)
            #expect(serving.uses == [.init(service: "hello", revision: 2, isActive: true)])
            let files = try await world.content.blobs()
            let content = try await world.catalog.manifest(repository: "web", digest: second, renewing: false)
                .required()
            let bytes = files.filter { content.references.contains($0.digest) || $0.digest == second }
            #expect(serving.bytes == bytes.reduce(0) { $0 + $1.size })
            let kept = try images.first { $0.digest == first }.required()
            #expect(kept.tags == [])
            #expect(kept.uses == [.init(service: "hello", revision: 1, isActive: false)])
        }
    }

    @Test func imagesComeInPagesAndByRepository() async throws {
        try await World.run { world in
            for name in ["a", "b", "c"] { try await world.push(name, content: name) }
            var names: [String] = []
            var token: String?
            repeat {
                let page = try await world.plane.images(of: nil, after: token, limit: 1)
                names += page.items.map(\.repository)
                token = page.nextToken
            } while token != nil
            #expect(names == ["a", "b", "c"])
            #expect(try await world.plane.images(of: "b", after: nil, limit: 9).items.map(\.repository) == ["b"])
            let error = await #expect(throws: ControlPlaneError.self) {
                _ = try await world.plane.images(of: "none", after: nil, limit: 9)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func theLayoutsIndexNamesEveryTag() async throws {
        try await World.run { world in
            let index = LayoutIndex(store: world.store, content: world.content)
            let image = try await world.push("team/web", tag: "v1")
            try await world.push("other", tag: nil)
            try await index.write()
            let file = world.directory.appending(path: "images/index.json")
            let written = try JSONDecoder().decode(ImageIndex.self, from: Data(contentsOf: file))
            #expect(written.manifests.map(\.digest) == [image])
            #expect(
                written.manifests.first?.annotations == ["org.opencontainers.image.ref.name": "team/web:v1"])
        }
    }

    @Test func theIndexFollowsTheTags() async throws {
        try await World.run { world in
            let index = LayoutIndex(store: world.store, content: world.content)
            let (told, telling) = AsyncStream.makeStream(of: Void.self)
            let catalog = StoreCatalog(store: world.store, now: { world.clock.now }) {
                index.tagsChanged()
                telling.yield()
            }
            let image = try await world.push("web", tag: "v1")
            #expect(try await catalog.deleteTag(repository: "web", tag: "v1"))
            #expect(try await !catalog.deleteTag(repository: "web", tag: "v1"))
            let record = try await catalog.manifest(repository: "web", digest: image, renewing: false).required()
            try await catalog.put(ManifestPush(record, tags: []), repository: "web")
            try await catalog.put(ManifestPush(record, tags: ["v2"]), repository: "web")
            #expect(try await catalog.deleteManifest(repository: "web", digest: image))
            telling.finish()
            #expect(await told.reduce(0) { count, _ in count + 1 } == 3)
        }
    }

    /// Tools of the outside read the data directory itself.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/skopeo"), "skopeo is not installed"))
    func skopeoReadsTheDataDirectory() async throws {
        try await World.run { world in
            let image = try await world.push("team/web", tag: "v1")
            try await LayoutIndex(store: world.store, content: world.content).write()
            let source = "oci:\(world.directory.appending(path: "images").path):team/web:v1"
            let target = "dir:\(world.directory.appending(path: "copy").path)"
            let result = try await Subprocess.run(
                .name("skopeo"),
                arguments: ["--insecure-policy", "copy", "--preserve-digests", source, target],
                output: .discarded, error: .string(limit: 100_000))
            #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
            let manifest = try Data(contentsOf: world.directory.appending(path: "copy/manifest.json"))
            #expect(ContentHasher.digest(of: Array(manifest)) == image)
        }
    }
}
