import FoundationEssentials
import OCI

/// What a pushed manifest or index refers to.
struct ManifestDocument: Hashable, Sendable {
    let mediaType: MediaType
    /// Blobs that must be in the repository.
    let blobs: [Digest]
    /// Blobs whose licence may keep them elsewhere.
    let optionalBlobs: [Digest]
    /// Manifests that must be in the repository.
    let manifests: [Digest]
    /// The manifest it says something about.
    let subject: Digest?
    /// What kind of artifact it is: its own word, or of an image that says nothing, its configuration's type.
    let artifactType: String?
    let annotations: [String: String]

    var references: [Digest] { blobs + optionalBlobs + manifests }

    /// Reads a document of the type its request claims, or of the type it names itself when the request claims none.
    ///
    /// - Throws: `RegistryError.manifestInvalid` when it is not such a document.
    init(_ bytes: [UInt8], contentType: String?) throws(RegistryError) {
        struct Kind: Decodable {
            let mediaType: MediaType?
            let schemaVersion: Int?
        }
        let kind = try Self.decode(Kind.self, bytes)
        guard kind.schemaVersion == 2 else {
            throw .manifestInvalid("schemaVersion must be 2; Docker's schema 1 is not taken")
        }
        let claimed = contentType.map { MediaType(contentType: $0) }
        guard let mediaType = claimed ?? kind.mediaType else {
            throw .manifestInvalid("neither the request nor the manifest says what type it is")
        }
        if let own = kind.mediaType, own != mediaType {
            throw .manifestInvalid("the manifest says it is of type \(own), the request \(mediaType)")
        }
        self.mediaType = mediaType
        if mediaType.isIndex {
            let index = try Self.decode(ImageIndex.self, bytes)
            manifests = index.manifests.map(\.digest)
            blobs = []
            optionalBlobs = []
            subject = index.subject?.digest
            artifactType = index.artifactType.flatMap { $0.isEmpty ? nil : $0 }
            annotations = index.annotations ?? [:]
        } else if mediaType.isManifest {
            let manifest = try Self.decode(Manifest.self, bytes)
            let layers = Dictionary(grouping: manifest.layers) { $0.mediaType.isNonDistributable }
            blobs = [manifest.config.digest] + (layers[false] ?? []).map(\.digest)
            optionalBlobs = (layers[true] ?? []).map(\.digest)
            manifests = []
            subject = manifest.subject?.digest
            artifactType = manifest.artifactType.flatMap { $0.isEmpty ? nil : $0 } ?? manifest.config.mediaType.rawValue
            annotations = manifest.annotations ?? [:]
        } else {
            throw .manifestInvalid("'\(mediaType)' is not a type of manifest that this registry keeps")
        }
    }

    private static func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8],
    ) throws(RegistryError) -> Document {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .manifestInvalid("the manifest is not valid: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "'\(path(context))' has the wrong type"
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            "'\(path(context))': \(context.debugDescription)"
        default: "it is not JSON"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}
