import Foundation
import OCI
import OCIContentStore

/// What is pushed in one go: blobs, then manifests, each after those it refers to, then tags.
struct SampleContent {
    struct StoredManifest: Sendable {
        let digest: Digest
        let bytes: [UInt8]
        let type: MediaType
        let subject: Digest?
    }

    let algorithm: Digest.Algorithm
    private(set) var blobs: [(digest: Digest, bytes: [UInt8])] = []
    private(set) var manifests: [StoredManifest] = []
    private(set) var tags: [(name: String, manifest: Int)] = []
    /// Whether tags are given with the manifests' digests, as parameters, and not by pushes of their own.
    var givesTagsAsParameters = false
    /// What a list of referrers must have, by subject, in the order they were pushed.
    private(set) var referrers: [Digest: [Descriptor]] = [:]
    private var seed: UInt64

    init(_ algorithm: Digest.Algorithm, seed: UInt64) {
        self.algorithm = algorithm
        self.seed = seed * 1_000
    }

    /// Adds a blob of bytes that no other sample has, or of these.
    mutating func blob(_ type: MediaType, _ bytes: [UInt8]? = nil) -> Descriptor {
        seed += 1
        let bytes = bytes ?? sampleBytes(300, seed: seed)
        let digest = algorithm.digest(bytes)
        if !blobs.contains(where: { $0.digest == digest }) { blobs.append((digest, bytes)) }
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
    }

    /// Adds a configuration that differs from all others and two layers; gives the image, not yet added.
    mutating func image(layers: Int = 2, layerType: MediaType = .layerTarGzip) -> Manifest {
        seed += 1
        let text = #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"made":\#(seed)}"#
        let config = blob(.imageConfiguration, Array(text.utf8))
        return Manifest(config: config, layers: (0..<layers).map { _ in blob(layerType) })
    }

    /// An artifact of a type with one blob, not yet added.
    mutating func artifact(_ type: String?, subject: Descriptor? = nil) -> Manifest {
        let config = blob(.empty, Array("{}".utf8))
        let layer = blob(MediaType(rawValue: "application/octet-stream"))
        let annotations = ["org.example.sample": "\(seed)"]
        return Manifest(
            artifactType: type, config: config, layers: [layer], subject: subject, annotations: annotations)
    }

    @discardableResult
    mutating func add(_ manifest: Manifest, extra: [String: Any] = [:]) throws -> Descriptor {
        let type = manifest.artifactType ?? manifest.config.mediaType.rawValue
        return try add(
            manifest, manifest.mediaType ?? .imageManifest, manifest.subject, type, manifest.annotations, extra)
    }

    @discardableResult
    mutating func add(_ index: ImageIndex, extra: [String: Any] = [:]) throws -> Descriptor {
        try add(index, index.mediaType ?? .imageIndex, index.subject, index.artifactType, index.annotations, extra)
    }

    private mutating func add(
        _ document: some Encodable, _ type: MediaType, _ subject: Descriptor?, _ artifactType: String?,
        _ annotations: [String: String]?, _ extra: [String: Any],
    ) throws -> Descriptor {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        var data = try encoder.encode(document)
        if !extra.isEmpty, var fields = try JSONSerialization.jsonObject(with: data) as? [String: Any] {
            fields.merge(extra) { $1 }
            data = try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys])
        }
        let digest = algorithm.digest(Array(data))
        manifests.append(
            StoredManifest(digest: digest, bytes: Array(data), type: type, subject: subject?.digest))
        let descriptor = Descriptor(mediaType: type, digest: digest, size: Int64(data.count))
        if let subject {
            var referrer = descriptor
            referrer.artifactType = artifactType
            referrer.annotations = annotations
            referrers[subject.digest, default: []].append(referrer)
        }
        return descriptor
    }

    /// Lets a tag stand for the manifest that was added last.
    mutating func tag(_ name: String) { tags.append((name, manifests.count - 1)) }
}
