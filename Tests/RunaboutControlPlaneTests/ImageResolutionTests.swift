import Foundation
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

@Suite struct ImageResolutionTests {
    @Test func anImageIsNamedByTagByDigestOrByNeither() async throws {
        try await World.run { world in
            let digest = try await world.push("team/web", tag: "latest")
            for (index, image) in ["team/web", "team/web:latest", "team/web@\(digest)"].enumerated() {
                let made = try await world.create("hello-\(index)", image: image)
                #expect(made.service.revision?.imageDigest == digest)
                #expect(made.service.revision?.imageName == image)
            }
        }
    }

    @Test func anImageThatIsNotThereIsNamedWithWhatThereIs() async throws {
        try await World.run { world in
            try await world.push("web", tag: "1.0")
            try await world.push("web", tag: "2.0", content: "two")
            let tag = await error(world, image: "web:3.0")
            #expect(tag?.code == .imageNotFound)
            #expect(tag?.message == "There is no image 'web:3.0': the repository 'web' has the tags 1.0, 2.0.")
            let repository = await error(world, image: "wob")
            #expect(repository?.code == .imageNotFound)
            #expect(repository?.message.contains("no repository 'wob'; push the image there first") == true)
            let host = await error(world, image: "docker.io/library/nginx")
            #expect(host?.code == .imageNotFound)
            #expect(host?.message.contains("leave the host in front of the repository away") == true)
            let unknown = "sha256:" + String(repeating: "0", count: 64)
            #expect(await error(world, image: "web@\(unknown)")?.code == .imageNotFound)
            let services = try await world.plane.services(after: nil, limit: 9).items
            #expect(services == [])
        }
    }

    @Test func anImageWithoutACommandNeedsAStartCommand() async throws {
        try await World.run { world in
            try await world.push("web", command: nil)
            let refused = await error(world, image: "web")
            #expect(refused?.code == .imageInvalid)
            #expect(refused?.message.contains("neither an entrypoint nor a command") == true)
            try await world.create(configuration: InstanceConfiguration(startCommand: ["/run"]))
            try await world.succeed(world.plane.service("hello").operation.required())
            // Taking the start command away again would leave nothing to run.
            let update = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.updateService(
                    "hello", UpdateServiceRequest(configuration: InstanceConfiguration()), ifMatch: nil,
                    by: World.someone)
            }
            #expect(update?.code == .imageInvalid)
        }
    }

    @Test(arguments: [MediaType.imageIndex, .dockerManifestList])
    func anIndexLeadsToTheManifestOfOurPlatform(type: MediaType) async throws {
        try await World.run { world in
            let ours = try await world.push("web", tag: nil)
            try await pushIndex(
                world, type: type, of: [(ours, Platform.current), (ours, Platform(architecture: "s390x", os: "linux"))])
            let made = try await world.create(image: "web:index")
            #expect(made.service.revision?.imageDigest == ours)
        }
    }

    @Test func anImageForOtherMachinesIsRefused() async throws {
        try await World.run { world in
            let digest = try await world.push("web", tag: nil)
            try await pushIndex(
                world, type: .imageIndex,
                of: [
                    (digest, Platform(architecture: "s390x", os: "linux")),
                    (digest, Platform(architecture: Platform.current.architecture, os: "windows")),
                ])
            let index = await error(world, image: "web:index")
            #expect(index?.code == .imageInvalid)
            #expect(index?.message.contains("linux/s390x, windows/\(Platform.current.architecture)") == true)
            let configuration = ImageConfiguration(
                architecture: "riscv64", os: "linux", config: .init(command: ["/run"]), rootfs: .init(diffIDs: []))
            try await pushManifest(world, configuration: try JSON.encode(configuration), type: .imageConfiguration)
            let single = await error(world, image: "web:odd")
            #expect(single?.code == .imageInvalid)
            #expect(single?.message.contains("it is for linux/riscv64") == true)
        }
    }

    @Test func dockersTypesRunToo() async throws {
        try await World.run { world in
            let configuration = ImageConfiguration(
                architecture: Platform.current.architecture, os: "linux", config: .init(entrypoint: ["/run"]),
                rootfs: .init(diffIDs: []))
            let digest = try await pushManifest(
                world, configuration: try JSON.encode(configuration), type: .dockerConfiguration,
                manifestType: .dockerManifest)
            #expect(try await world.create(image: "web:odd").service.revision?.imageDigest == digest)
        }
    }

    @Test func whatIsNoImageIsRefused() async throws {
        try await World.run { world in
            try await pushManifest(world, configuration: Array("{}".utf8), type: .empty)
            let artifact = await error(world, image: "web:odd")
            #expect(artifact?.code == .imageInvalid)
            #expect(artifact?.message.contains("artifact") == true)
            try await pushManifest(world, configuration: Array("[1]".utf8), type: .imageConfiguration)
            let broken = await error(world, image: "web:odd")
            #expect(broken?.code == .imageInvalid)
            #expect(broken?.message.contains("configuration") == true)
        }
    }

    @Test func aPartThatWasNeverPushedIsNamed() async throws {
        try await World.run { world in
            let digest = try await world.push("web")
            try FileManager.default.removeItem(atPath: world.content.path(of: digest))
            let missing = await error(world, image: "web")
            #expect(missing?.code == .imageInvalid)
            #expect(missing?.message.contains("manifest \(digest) was not pushed") == true)
        }
    }

    @Test func whatARevisionRunsStaysWhenItsImageIsDeleted() async throws {
        try await World.run { world in
            let digest = try await world.push("web")
            try await world.succeed(world.create().operation)
            #expect(try await world.catalog.deleteManifest(repository: "web", digest: digest))
            #expect(try await world.catalog.manifest(repository: "web", digest: digest, renewing: false) == nil)
            let needed = try await world.store.read { transaction in
                let references = try transaction.manifest(digest)?.references ?? []
                return try ([digest] + references).map { try transaction.isContentNeeded($0) }
            }
            #expect(needed == [true, true, true])
            // A change of the configuration alone runs the same image again.
            let update = try await world.plane.updateService(
                "hello", UpdateServiceRequest(configuration: InstanceConfiguration(port: 9_000)), ifMatch: nil,
                by: World.someone)
            #expect(update.operation.type == .updateService)
            let target = try await world.store.read { try $0.snapshot(of: update.operation.service)?.target }
            #expect(target?.imageDigest == digest)
            try await world.succeed(update.operation)
            let deployment = await #expect(throws: ControlPlaneError.self) {
                try await world.plane.startDeployment("hello", by: World.someone)
            }
            #expect(deployment?.code == .imageNotFound)
        }
    }

    private func error(_ world: World, image: String) async -> ControlPlaneError? {
        await #expect(throws: ControlPlaneError.self, "\(image)") { try await world.create(image: image) }
    }

    private func pushIndex(_ world: World, type: MediaType, of manifests: [(Digest, Platform)]) async throws {
        let index = ImageIndex(
            mediaType: type,
            manifests: manifests.map { Descriptor(mediaType: .imageManifest, digest: $0.0, size: 1, platform: $0.1) })
        let bytes = try JSON.encode(index)
        let digest = try await world.content.put(bytes)
        try await world.catalog.put(
            ManifestPush(
                ManifestRecord(
                    digest: digest, mediaType: type.rawValue, size: Int64(bytes.count), references: manifests.map(\.0)),
                tags: ["index"]),
            repository: "web")
    }

    @discardableResult
    private func pushManifest(
        _ world: World, configuration: [UInt8], type: MediaType, manifestType: MediaType = .imageManifest,
    ) async throws -> Digest {
        let config = Descriptor(
            mediaType: type, digest: try await world.content.put(configuration), size: Int64(configuration.count))
        let bytes = try JSON.encode(Manifest(mediaType: manifestType, config: config, layers: []))
        let digest = try await world.content.put(bytes)
        try await world.catalog.put(
            ManifestPush(
                ManifestRecord(
                    digest: digest, mediaType: manifestType.rawValue, size: Int64(bytes.count),
                    references: [config.digest]),
                tags: ["odd"]),
            repository: "web")
        return digest
    }
}
