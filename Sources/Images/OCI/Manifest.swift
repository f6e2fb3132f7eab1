/// One image: its configuration and its layers.
///
/// Source: OCI image-spec 1.1, "Image Manifest"; Docker's schema 2 has the same shape.
public struct Manifest: Hashable, Sendable, Codable {
    /// Always 2.
    public var schemaVersion: Int
    /// The document's own type; may be missing in OCI documents.
    public var mediaType: MediaType?
    /// What kind of artifact it is, when it is not an image.
    public var artifactType: String?
    /// The configuration's blob.
    public var config: Descriptor
    /// The layers' blobs, lowest first.
    public var layers: [Descriptor]
    /// The manifest this one says something about; need not exist.
    public var subject: Descriptor?
    /// Free annotations.
    public var annotations: [String: String]?

    /// Takes what is known.
    public init(
        mediaType: MediaType? = .imageManifest,
        artifactType: String? = nil,
        config: Descriptor,
        layers: [Descriptor],
        subject: Descriptor? = nil,
        annotations: [String: String]? = nil,
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }
}

/// One image for several platforms, or a collection of manifests.
///
/// Source: OCI image-spec 1.1, "Image Index"; Docker's manifest list has the same shape.
public struct ImageIndex: Hashable, Sendable, Codable {
    /// Always 2.
    public var schemaVersion: Int
    /// The document's own type; may be missing in OCI documents.
    public var mediaType: MediaType?
    /// What kind of artifact it is, when it is not an image.
    public var artifactType: String?
    /// The manifests and nested indexes.
    public var manifests: [Descriptor]
    /// The manifest this one says something about; need not exist.
    public var subject: Descriptor?
    /// Free annotations.
    public var annotations: [String: String]?

    /// Takes what is known.
    public init(
        mediaType: MediaType? = .imageIndex,
        artifactType: String? = nil,
        manifests: [Descriptor],
        subject: Descriptor? = nil,
        annotations: [String: String]? = nil,
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }

    /// The manifest for a platform: the first whose system and architecture are the same and whose variant does not
    /// contradict; an index with a single manifest that names no platform gives that one.
    public func manifest(for platform: Platform) -> Descriptor? {
        let matching = manifests.first { candidate in
            guard let offered = candidate.platform else { return false }
            let isSame = offered.os == platform.os && offered.architecture == platform.architecture
            return isSame && (platform.variant == nil || offered.variant == nil || offered.variant == platform.variant)
        }
        if let matching { return matching }
        guard manifests.count == 1, let only = manifests.first, only.platform == nil else { return nil }
        return only
    }
}

extension Manifest {
    /// Decodes a manifest; absent or null `layers` are none, which is how some clients write artifacts.
    ///
    /// - Throws: `DecodingError` when a required property is missing or malformed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
        mediaType = try container.decodeIfPresent(MediaType.self, forKey: .mediaType)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        config = try container.decode(Descriptor.self, forKey: .config)
        layers = try container.decodeIfPresent([Descriptor].self, forKey: .layers) ?? []
        subject = try container.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}

extension ImageIndex {
    /// Decodes an index; absent or null `manifests` are none.
    ///
    /// - Throws: `DecodingError` when a required property is missing or malformed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
        mediaType = try container.decodeIfPresent(MediaType.self, forKey: .mediaType)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        manifests = try container.decodeIfPresent([Descriptor].self, forKey: .manifests) ?? []
        subject = try container.decodeIfPresent(Descriptor.self, forKey: .subject)
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
    }
}
