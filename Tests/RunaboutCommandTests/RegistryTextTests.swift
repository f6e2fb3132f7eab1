import ArgumentParser
import OCI
import RunaboutModel
import RunaboutWire
import Testing

@testable import runabout

@Suite struct RegistryTextTests {
    private let now = UnixTime(milliseconds: 1_700_000_060_000)

    private func digest() throws -> Digest {
        try #require(Digest(algorithm: .sha256, hex: String(repeating: "ab", count: 32)))
    }

    @Test func commandsAreRead() throws {
        #expect(try Runabout.parseAsRoot(["images"]) is ImagesCommand)
        let images = try #require(try Runabout.parseAsRoot(["images", "team/web"]) as? ImagesCommand)
        #expect(images.repository == "team/web")
        let collect = try #require(try Runabout.parseAsRoot(["registry", "gc", "--dry-run"]) as? CollectRegistry)
        #expect(collect.dryRun)
        #expect(try Runabout.parseAsRoot(["registry", "verify"]) is VerifyRegistry)
    }

    @Test func imagesAreATable() throws {
        let image = ImageBody(
            repository: "web", tags: ["latest", "v1"], digest: try digest(), mediaType: "m", artifactType: nil,
            subject: nil, layers: 2, manifests: nil, bytes: 3_565_158,
            pushedAt: Timestamp(UnixTime(milliseconds: 1_700_000_000_000)),
            uses: [
                ImageUseBody(service: "hello", revision: 2, isActive: true),
                ImageUseBody(service: "hello", revision: 1, isActive: false),
            ])
        #expect(
            imageTable([image], now: now, style: .plain) == [
                "REPOSITORY  TAGS        DIGEST           SIZE  CONTENT   PUSHED  USED BY",
                "web         latest, v1  abababababab  3.4 MiB  2 layers     1 m  hello/2, hello/1 (kept)",
            ])
        #expect(imageTable([], now: now, style: .plain).count == 1)
    }

    @Test func aCollectionSaysWhatItTook() throws {
        let entry = CollectionBody.Entry(repository: "web", digest: try digest())
        let body = CollectionBody(
            dryRun: true, manifests: [entry], blobs: [], files: 1, bytes: 17, layers: [], layersKeptBecause: "Why.",
            hasMore: false)
        #expect(
            collectionText([body], style: .plain) == [
                "manifest  web@\(try digest())",
                "Would remove 1 manifest, 0 blobs, 0 unpacked layers, 1 file: 17 B", "Why.",
            ])
    }

    @Test func aVerificationNamesWhatIsDamaged() throws {
        let damage = VerificationBody.Damage(
            digest: try digest(), actual: try digest(), bytes: 1, quarantinedAs: "q", repositories: ["web"])
        let body = VerificationBody(blobs: 2, bytes: 2_048, damaged: [damage], nextToken: nil)
        #expect(
            verificationText([body], style: .plain) == [
                "damaged  \(try digest()) of web: set aside as quarantine/q", "Verified 2 blobs, 2.0 KiB",
            ])
    }
}
