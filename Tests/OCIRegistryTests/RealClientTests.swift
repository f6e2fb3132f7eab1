import Foundation
import HTTPTypes
import OCI
import OCIContentStore
import OCILayers
import OCIRegistry
import RunaboutModel
import RunaboutTestSupport
import Subprocess
import Testing

/// The tools people use, against a registry on a real port that wants a token.
@Suite(.timeLimit(.minutes(5))) struct RealClientTests {
    private static let credentials = "anyone:s3cret"
    private static let authorize: RegistryAuthorization = { head, _, _ in
        let expected = "Basic " + Data(credentials.utf8).base64EncodedString()
        return head.headerFields[.authorization] == expected ? .allowed : .unauthenticated
    }

    @Test(.enabled(if: isInstalled("skopeo"), "skopeo is not installed"), arguments: ["oci", "v2s2"])
    func skopeoCopiesAnImageInAndOut(format: String) async throws {
        try await withRegistry(authorize: Self.authorize) { registry in
            let source = try await layout(of: ["hello": "from skopeo"], in: registry.directory)
            let remote = "docker://\(try registry.host)/team/app:1"
            try await skopeo(["copy", "--format", format, "--dest-creds", Self.credentials, source, remote])
            let target = "oci:\(registry.directory.path)/out:1"
            try await skopeo(["copy", "--src-creds", Self.credentials, remote, target])
            let record = try #require(try await registry.catalog.resolve(repository: "team/app", tag: "1"))
            #expect(MediaType(rawValue: record.mediaType) == (format == "oci" ? .imageManifest : .dockerManifest))
            let tags = try await skopeo(
                ["list-tags", "--creds", Self.credentials, "docker://\(try registry.host)/team/app"])
            #expect(tags.contains(#""1""#))
            #expect(try await content(of: "hello", in: record.digest, registry) == "from skopeo")
            try await skopeo(["delete", "--creds", Self.credentials, remote])
            #expect(try await registry.catalog.resolve(repository: "team/app", tag: "1") == nil)
        }
    }

    @Test(.enabled(if: isInstalled("skopeo"), "skopeo is not installed"))
    func skopeoCopiesAnIndexWithAllItsImages() async throws {
        try await withRegistry(authorize: Self.authorize) { registry in
            let source = try await indexLayout(in: registry.directory)
            let remote = "docker://\(try registry.host)/multi:all"
            let copy = ["copy", "--all", "--preserve-digests", "--dest-creds", Self.credentials]
            try await skopeo(copy + [source.reference, remote])
            let raw = try await skopeo(["inspect", "--raw", "--creds", Self.credentials, remote])
            #expect(ContentHasher.digest(of: Array(raw.utf8)) == source.index)
            for digest in source.manifests {
                let record = try await registry.catalog.manifest(repository: "multi", digest: digest, renewing: false)
                #expect(record != nil)
            }
        }
    }

    @Test(.enabled(if: isInstalled("skopeo"), "skopeo is not installed"))
    func wrongCredentialsAreRefused() async throws {
        try await withRegistry(authorize: Self.authorize) { registry in
            let source = try await layout(of: ["hello": "x"], in: registry.directory)
            let result = try await tool(
                "skopeo",
                [
                    "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", "anyone:wrong", source,
                    "docker://\(try registry.host)/team/app:1",
                ],
            )
            #expect(result.status != .exited(0))
            #expect(result.error.contains("unauthorized"))
        }
    }

    @Test(.enabled(if: Host.isRoot && isInstalled("buildah") && isInstalled("podman"), "needs root, buildah, podman"))
    func whatBuildahPushesPodmanPullsAndPushesAgain() async throws {
        try await withRegistry(authorize: Self.authorize) { registry in
            let image = "\(try registry.host)/team/built:v1"
            // podman wants a short path for what it keeps while it runs.
            let running = URL(filePath: "/tmp/runabout-\(UUID().uuidString.prefix(8))")
            defer { try? FileManager.default.removeItem(at: running) }
            let storage = { (name: String) in
                let root = registry.directory.appending(path: "\(name)-root").path
                return ["--root", root, "--runroot", "\(running.path)/\(name)", "--storage-driver", "vfs"]
            }
            let context = registry.directory.appending(path: "context")
            try FileManager.default.createDirectory(at: context, withIntermediateDirectories: false)
            try Data("FROM scratch\nCOPY hello /hello\nCOPY other /other\nCMD [\"/hello\"]\n".utf8)
                .write(to: context.appending(path: "Containerfile"))
            for (name, text) in [("hello", "from buildah"), ("other", "other")] {
                try Data(text.utf8).write(to: context.appending(path: name))
            }
            let access = ["--tls-verify=false", "--creds", Self.credentials]
            try await expectSuccess(
                "buildah", storage("buildah") + ["bud", "--layers", "--isolation", "chroot", "-t", image, context.path])
            try await expectSuccess("buildah", storage("buildah") + ["push"] + access + [image, "docker://\(image)"])
            let pushed = try #require(try await registry.catalog.resolve(repository: "team/built", tag: "v1"))
            #expect(try await content(of: "hello", in: pushed.digest, registry) == "from buildah")

            let podman = storage("podman") + ["--cgroup-manager", "cgroupfs", "--events-backend", "none"]
            try await expectSuccess("podman", podman + ["pull"] + access + [image])
            let again = "\(try registry.host)/elsewhere/deep/er/built:v2"
            try await expectSuccess("podman", podman + ["push"] + access + [image, "docker://\(again)"])
            let second = try #require(
                try await registry.catalog.resolve(repository: "elsewhere/deep/er/built", tag: "v2"))
            #expect(try await content(of: "other", in: second.digest, registry) == "other")
        }
    }

    /// A file's text out of an image, by way of unpacking and flattening it.
    private func content(of name: String, in digest: Digest, _ registry: RegistryFixture) async throws -> String {
        let layers = try LayerStore(
            directory: registry.directory.appending(path: "layers").path, store: registry.store, form: .flattened)
        let target = registry.directory.appending(path: "flat-\(UUID().uuidString)")
        try await layers.flatten(try await layers.prepare(digest), into: target.path)
        return try String(contentsOf: target.appending(path: name), encoding: .utf8)
    }

    /// An OCI layout with one image; gives its reference for skopeo.
    private func layout(of files: [String: String], in directory: URL) async throws -> String {
        let path = directory.appending(path: "layout-\(UUID().uuidString)").path
        let store = try ContentStore(directory: path, limits: Limits.images)
        let image = try await OCITestImage(layers: [files.map { .init($0.key, $0.value) }]).write(into: store)
        let entry = Descriptor(
            mediaType: image.mediaType, digest: image.manifest, size: image.size,
            annotations: ["org.opencontainers.image.ref.name": "1"])
        try JSONEncoder().encode(ImageIndex(manifests: [entry])).write(to: URL(filePath: "\(path)/index.json"))
        return "oci:\(path):1"
    }

    /// An OCI layout with an index of two images.
    private func indexLayout(
        in directory: URL,
    ) async throws -> (reference: String, index: Digest, manifests: [Digest]) {
        let path = directory.appending(path: "index-layout").path
        let store = try ContentStore(directory: path, limits: Limits.images)
        var entries: [Descriptor] = []
        for architecture in ["amd64", "arm64"] {
            let image = try await OCITestImage(layers: [[.init("arch", architecture)]]).write(into: store)
            entries.append(
                Descriptor(
                    mediaType: image.mediaType, digest: image.manifest, size: image.size,
                    platform: Platform(architecture: architecture, os: "linux")))
        }
        let bytes = Array(try JSONEncoder().encode(ImageIndex(manifests: entries)))
        let index = try await store.put(bytes)
        let entry = Descriptor(
            mediaType: .imageIndex, digest: index, size: Int64(bytes.count),
            annotations: ["org.opencontainers.image.ref.name": "all"])
        try JSONEncoder().encode(ImageIndex(manifests: [entry])).write(to: URL(filePath: "\(path)/index.json"))
        return ("oci:\(path):all", index, entries.map(\.digest))
    }

    @discardableResult
    private func skopeo(_ arguments: [String]) async throws -> String {
        let flags =
            switch arguments.first {
            case "copy": ["--src-tls-verify=false", "--dest-tls-verify=false"]
            default: ["--tls-verify=false"]
            }
        let verb = arguments.prefix(1)
        return try await expectSuccess("skopeo", ["--insecure-policy"] + verb + flags + arguments.dropFirst())
    }

    @discardableResult
    private func expectSuccess(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await tool(program, arguments)
        try #require(result.status == .exited(0), "\(program) \(arguments): \(result.error)")
        return result.output
    }

    private func tool(
        _ program: String, _ arguments: [String],
    ) async throws -> (status: TerminationStatus, output: String, error: String) {
        let result = try await run(
            .name(program), arguments: Arguments(arguments), output: .string(limit: 10_000_000),
            error: .string(limit: 1_000_000))
        return (result.terminationStatus, result.standardOutput, result.standardError)
    }
}

private func isInstalled(_ program: String) -> Bool {
    ["/usr/bin", "/usr/sbin", "/usr/local/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
}
