/// What kind of document or layer a digest stands for, as manifests and `Content-Type` write it.
///
/// Shape: any text; the names the platform understands are constants. An unknown one is kept as it came.
/// Source: OCI image-spec 1.1, "Media Types"; Docker image manifest version 2, schema 2.
public struct MediaType: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The text, without parameters.
    public let rawValue: String

    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Takes a `Content-Type` value: parameters and the blanks around them are cut off, case is folded.
    public init(contentType: String) {
        let name = contentType.prefix { $0 != ";" }
        self.rawValue = String(name.filter { $0 != " " && $0 != "\t" }).lowercased()
    }

    /// The text.
    public var description: String { rawValue }

    /// An OCI image manifest.
    public static let imageManifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    /// An OCI image index: one image for several platforms.
    public static let imageIndex = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    /// An OCI image configuration.
    public static let imageConfiguration = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    /// A layer, not compressed.
    public static let layerTar = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    /// A layer compressed with gzip.
    public static let layerTarGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// A layer compressed with zstd.
    public static let layerTarZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// The empty JSON object that artifacts use where an image has its configuration.
    public static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")

    /// Docker's image manifest, schema 2.
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// Docker's name for an image index.
    public static let dockerManifestList =
        MediaType(rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// Docker's image configuration.
    public static let dockerConfiguration = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    /// Docker's layer, compressed with gzip.
    public static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    /// Docker's layer that registries may not hold.
    public static let dockerForeignLayerGzip =
        MediaType(rawValue: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    /// Docker's first manifest, signed and without digests of its own; refused.
    public static let dockerSchema1 = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v1+json")
    /// The signed form of ``dockerSchema1``; refused.
    public static let dockerSchema1Signed =
        MediaType(rawValue: "application/vnd.docker.distribution.manifest.v1+prettyjws")

    /// Whether it is an image manifest, OCI's or Docker's.
    public var isManifest: Bool { self == .imageManifest || self == .dockerManifest }

    /// Whether it is an index of manifests, OCI's or Docker's.
    public var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }

    /// Whether a layer of this type may be absent from the registry, because its licence keeps it elsewhere.
    public var isNonDistributable: Bool {
        self == .dockerForeignLayerGzip
            || rawValue.hasPrefix("application/vnd.oci.image.layer.nondistributable.v1.tar")
    }
}
