/// A reference to content by digest, with what is known about it before it is fetched.
///
/// Source: OCI image-spec 1.1, "Content Descriptors".
public struct Descriptor: Hashable, Sendable, Codable {
    /// What the content is.
    public var mediaType: MediaType
    /// The content's address.
    public var digest: Digest
    /// The content's size in bytes, at least 0.
    public var size: Int64
    /// Where else the content may be fetched; never followed here.
    public var urls: [String]?
    /// Free annotations.
    public var annotations: [String: String]?
    /// The platform a manifest in an index is for.
    public var platform: Platform?
    /// What kind of artifact the manifest is.
    public var artifactType: String?
    /// The content itself, in base64, when it is small.
    public var data: String?

    /// Takes what is known.
    public init(
        mediaType: MediaType,
        digest: Digest,
        size: Int64,
        urls: [String]? = nil,
        annotations: [String: String]? = nil,
        platform: Platform? = nil,
        artifactType: String? = nil,
        data: String? = nil,
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
        self.data = data
    }
}

/// What an image needs in order to run.
///
/// Source: OCI image-spec 1.1, "Image Index", property `platform`; the words are Go's.
public struct Platform: Hashable, Sendable, Codable {
    /// `amd64`, `arm64`.
    public var architecture: String
    /// `linux`.
    public var os: String
    /// A variant of the architecture, such as `v8`.
    public var variant: String?

    /// Takes all values.
    public init(architecture: String, os: String, variant: String? = nil) {
        self.architecture = architecture
        self.os = os
        self.variant = variant
    }

    /// The platform this program was built for.
    public static var current: Platform {
        #if arch(arm64)
            Platform(architecture: "arm64", os: "linux")
        #else
            Platform(architecture: "amd64", os: "linux")
        #endif
    }
}
