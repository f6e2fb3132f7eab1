import FoundationEssentials
import OCI
import OCIContentStore

/// Reads an image's documents out of the content store and finds the one for this machine.
struct ImageDocuments: Sendable {
    let store: ContentStore
    let limits: ImageLimits

    /// The manifest's layers and its configuration, checked against each other.
    func resolve(
        _ digest: Digest, nestedIndexesMax: Int,
    ) async throws -> (layers: [Descriptor], configuration: ImageConfiguration) {
        struct Kind: Decodable {
            let mediaType: MediaType?
            let manifests: [Descriptor]?
        }
        let bytes = try await store.read(digest, limit: limits.manifestBytesMax)
        let kind = try decode(Kind.self, bytes, digest)
        guard kind.manifests == nil, kind.mediaType?.isIndex != true else {
            let wanted = Platform.current
            let name = "\(wanted.os)/\(wanted.architecture)"
            guard nestedIndexesMax > 0 else {
                throw LayerError.notAnImage(digest, reason: "its indexes are nested too deeply")
            }
            guard let found = try decode(ImageIndex.self, bytes, digest).manifest(for: wanted) else {
                throw LayerError.wrongPlatform(digest, wanted: name)
            }
            return try await resolve(found.digest, nestedIndexesMax: nestedIndexesMax - 1)
        }
        let manifest = try decode(Manifest.self, bytes, digest)
        return (manifest.layers, try await configuration(of: manifest, digest))
    }

    private func configuration(of manifest: Manifest, _ digest: Digest) async throws -> ImageConfiguration {
        let type = manifest.config.mediaType
        guard type == .imageConfiguration || type == .dockerConfiguration else {
            throw LayerError.notAnImage(digest, reason: "its configuration is of type \(type)")
        }
        let bytes = try await store.read(manifest.config.digest, limit: limits.configurationBytesMax)
        let configuration = try decode(ImageConfiguration.self, bytes, manifest.config.digest)
        let count = manifest.layers.count
        guard configuration.rootfs.diffIDs.count == count else {
            throw LayerError.notAnImage(digest, reason: "its layers and its configuration's digests differ in number")
        }
        guard count <= limits.layersMax else {
            throw LayerError.limitExceeded("the image has \(count) layers; at most \(limits.layersMax) are taken")
        }
        let wanted = Platform.current
        guard configuration.os == wanted.os, configuration.architecture == wanted.architecture else {
            throw LayerError.wrongPlatform(digest, wanted: "\(wanted.os)/\(wanted.architecture)")
        }
        return configuration
    }

    private func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8], _ digest: Digest,
    ) throws(LayerError) -> Document {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .notAnImage(digest, reason: "its documents are malformed")
        }
    }
}
