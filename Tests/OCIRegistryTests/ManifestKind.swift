import Foundation
import HTTPTypes
import OCI
import OCIContentStore

/// The documents that a registry must keep, as the specification's own conformance programme groups them.
enum ManifestKind: String, CaseIterable, Sendable {
    case image, index, nestedIndex, artifact, artifactIndex, noLayers, nullLayers, emptyIndex, customFields, dataField,
        largeManifest, uncompressed, nonDistributable, dockerManifest, dockerList, missingSubject

    /// Pushes what the document refers to and gives it, with its type.
    func document(
        in registry: RegistryFixture, _ repository: String, _ algorithm: Digest.Algorithm,
    ) async throws -> (bytes: [UInt8], type: MediaType) {
        let config = try await descriptor(.imageConfiguration, "{}", in: registry, repository, algorithm)
        let layer = try await descriptor(.layerTarGzip, "layer of \(self)", in: registry, repository, algorithm)
        var manifest = Manifest(config: config, layers: [layer])
        let absent = ContentHasher.digest(of: [0], algorithm: algorithm)
        switch self {
        case .image: break
        case .index, .nestedIndex, .artifactIndex, .emptyIndex, .dockerList:
            return try await indexDocument(manifest, in: registry, repository, algorithm)
        case .artifact:
            manifest.artifactType = "application/vnd.example"
            manifest.config = try await descriptor(.empty, "{}", in: registry, repository, algorithm)
        case .noLayers: manifest.layers = []
        case .nullLayers:
            return (try replacing(manifest, "layers", with: NSNull()), .imageManifest)
        case .customFields:
            return (try replacing(manifest, "org.example.custom", with: ["a": [1, 2]]), .imageManifest)
        case .dataField: manifest.config.data = "e30="
        case .largeManifest: manifest.annotations = ["filler": String(repeating: "x", count: 3_900_000)]
        case .uncompressed: manifest.layers[0].mediaType = .layerTar
        case .nonDistributable:
            let type = MediaType(rawValue: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
            manifest.layers.append(
                Descriptor(mediaType: type, digest: absent, size: 1, urls: ["https://example.org/layer"]))
        case .dockerManifest:
            manifest.mediaType = .dockerManifest
            return (try encode(manifest), .dockerManifest)
        case .missingSubject:
            manifest.subject = Descriptor(mediaType: .imageManifest, digest: absent, size: 1)
        }
        return (try encode(manifest), .imageManifest)
    }

    private func indexDocument(
        _ manifest: Manifest, in registry: RegistryFixture, _ repository: String, _ algorithm: Digest.Algorithm,
    ) async throws -> (bytes: [UInt8], type: MediaType) {
        let child = try await put(try encode(manifest), .imageManifest, in: registry, repository, algorithm)
        var index = ImageIndex(manifests: [child])
        switch self {
        case .nestedIndex:
            let inner = try await put(try encode(index), .imageIndex, in: registry, repository, algorithm)
            index.manifests.append(inner)
        case .artifactIndex: index.artifactType = "application/vnd.example"
        case .emptyIndex: index.manifests = []
        case .dockerList: index.mediaType = .dockerManifestList
        default: break
        }
        return (try encode(index), index.mediaType ?? .imageIndex)
    }

    private func put(
        _ bytes: [UInt8], _ type: MediaType, in registry: RegistryFixture, _ repository: String,
        _ algorithm: Digest.Algorithm,
    ) async throws -> Descriptor {
        let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
        _ = try await registry.send(
            .put, "/v2/\(repository)/manifests/\(digest)", headers: ["Content-Type": type.rawValue], body: bytes)
        return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count), platform: .current)
    }

    private func descriptor(
        _ type: MediaType, _ text: String, in registry: RegistryFixture, _ repository: String,
        _ algorithm: Digest.Algorithm,
    ) async throws -> Descriptor {
        let digest = try await registry.pushBlob(Array(text.utf8), to: repository, algorithm: algorithm)
        return Descriptor(mediaType: type, digest: digest, size: Int64(text.utf8.count))
    }

    private func encode(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return Array(try encoder.encode(document))
    }

    private func replacing(_ manifest: Manifest, _ key: String, with value: Any) throws -> [UInt8] {
        let object = try JSONSerialization.jsonObject(with: Data(try encode(manifest)))
        guard var fields = object as? [String: Any] else { return [] }
        fields[key] = value
        return Array(try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]))
    }
}
