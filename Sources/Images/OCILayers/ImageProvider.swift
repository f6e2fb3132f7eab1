public import OCI

/// An image whose layers lie unpacked in directories of the host.
public struct PreparedImage: Hashable, Sendable {
    /// The manifest it was made from.
    public let manifest: Digest
    /// Absolute paths of the unpacked layers, lowest first; read-only by convention, shared by all instances.
    public let layers: [String]
    /// The image's configuration.
    public let configuration: ImageConfiguration

    /// Takes all values.
    public init(manifest: Digest, layers: [String], configuration: ImageConfiguration) {
        self.manifest = manifest
        self.layers = layers
        self.configuration = configuration
    }
}

/// Gives images as unpacked layers.
public protocol ImageProvider: Sendable {
    /// Unpacks what is not unpacked yet and gives the image.
    ///
    /// - Throws: when a blob is missing or wrong, a layer can't be unpacked, or the disk is full.
    func prepare(_ manifest: Digest) async throws -> PreparedImage
}
