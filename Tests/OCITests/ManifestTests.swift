import Foundation
import OCI
import Testing

@Suite struct ManifestTests {
    private let digest = "sha256:" + String(repeating: "1", count: 64)

    @Test func decodesWhatDockerWrites() throws {
        let text = """
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
             "config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":7,"digest":"\(digest)"},
             "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":9,"digest":"\(digest)"}]}
            """
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(text.utf8))
        #expect(manifest.mediaType == .dockerManifest)
        #expect(manifest.layers.map(\.size) == [9])
        #expect(manifest.config.mediaType == .dockerConfiguration)
    }

    @Test func survivesEncoding() throws {
        let one = try #require(Digest(digest))
        let manifest = Manifest(
            artifactType: "x/y",
            config: Descriptor(mediaType: .empty, digest: one, size: 2, data: "e30="),
            layers: [],
            subject: Descriptor(mediaType: .imageManifest, digest: one, size: 3),
            annotations: ["a": "b"],
        )
        let bytes = try JSONEncoder().encode(manifest)
        #expect(try JSONDecoder().decode(Manifest.self, from: bytes) == manifest)
    }

    @Test func anIndexGivesTheManifestOfThePlatform() throws {
        let one = try #require(Digest(digest))
        let two = try #require(Digest("sha256:" + String(repeating: "2", count: 64)))
        let (arm, intel) = (Platform(architecture: "arm64", os: "linux"), Platform(architecture: "amd64", os: "linux"))
        let index = ImageIndex(manifests: [
            Descriptor(mediaType: .imageManifest, digest: one, size: 1, platform: arm),
            Descriptor(mediaType: .imageManifest, digest: two, size: 1, platform: intel),
        ])
        #expect(index.manifest(for: intel)?.digest == two)
        #expect(index.manifest(for: Platform(architecture: "arm64", os: "linux", variant: "v8"))?.digest == one)
        #expect(index.manifest(for: Platform(architecture: "riscv64", os: "linux")) == nil)
        #expect(index.manifest(for: Platform(architecture: "amd64", os: "windows")) == nil)
    }

    @Test func anIndexOfOneManifestWithoutPlatformGivesIt() throws {
        let one = try #require(Digest(digest))
        let index = ImageIndex(manifests: [Descriptor(mediaType: .imageManifest, digest: one, size: 1)])
        #expect(index.manifest(for: .current)?.digest == one)
    }

    @Test func contentTypesAreComparedWithoutParametersAndCase() {
        #expect(MediaType(contentType: "Application/VND.oci.image.index.v1+json; charset=utf-8").isIndex)
        #expect(MediaType(contentType: "application/vnd.docker.distribution.manifest.v2+json").isManifest)
        #expect(MediaType(rawValue: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip").isNonDistributable)
        #expect(!MediaType.layerTarGzip.isNonDistributable)
    }
}
