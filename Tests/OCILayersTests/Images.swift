import Foundation
import OCI
import OCIContentStore
import OCILayers
import RunaboutTestSupport
import Subprocess

extension Digest {
    /// The sha256 digest of bytes.
    init(of bytes: [UInt8]) { self = ContentHasher.digest(of: bytes) }
}

/// Stores an image of one layer whose configuration says what the layer's uncompressed digest is.
func imageClaiming(
    layer: [UInt8],
    type: MediaType = .layerTar,
    diffID: Digest,
    platform: Platform = .current,
    in fixture: LayerFixture,
) async throws -> Digest {
    let configuration = ImageConfiguration(
        architecture: platform.architecture, os: platform.os, config: nil, rootfs: .init(diffIDs: [diffID]))
    let configurationBytes = Array(try JSONEncoder().encode(configuration))
    let manifest = Manifest(
        config: Descriptor(
            mediaType: .imageConfiguration, digest: try await fixture.content.put(configurationBytes),
            size: Int64(configurationBytes.count)),
        layers: [
            Descriptor(mediaType: type, digest: try await fixture.content.put(layer), size: Int64(layer.count))
        ],
    )
    return try await fixture.content.put(Array(try JSONEncoder().encode(manifest)))
}

/// Stores an image of one layer, compressed by a program; `damage` changes the compressed bytes.
func compressedImage(
    _ archive: [UInt8],
    with program: String,
    in fixture: LayerFixture,
    damage: ([UInt8]) -> [UInt8] = { $0 },
) async throws -> Digest {
    let output = try await run(
        .name(program), arguments: ["-c"], input: .array(archive), output: .bytes(limit: 64_000_000),
        error: .discarded)
    let compressed = damage(output.standardOutput)
    let type: MediaType = program == "gzip" ? .layerTarGzip : .layerTarZstd
    return try await imageClaiming(layer: compressed, type: type, diffID: Digest(of: archive), in: fixture)
}
