/// The bounds of storing and unpacking images; the platform's values are `Limits.images`.
public struct ImageLimits: Hashable, Sendable {
    /// Bytes of a manifest or index.
    public var manifestBytesMax: Int
    /// Bytes of an image's configuration.
    public var configurationBytesMax: Int
    /// Upload sessions open at once.
    public var uploadSessionsMax: Int
    /// How long an upload may lie untouched before it is collected.
    public var uploadIdleMax: Duration
    /// Bytes gathered from a request before they are written, and read from a file at a time.
    public var chunkBytes: Int
    /// Tags or repositories on one page of a list.
    public var pageSizeMax: Int
    /// Tags that one push gives a manifest.
    public var tagsPerPushMax: Int
    /// Repositories looked at for a blob that a client wants mounted without saying from where.
    public var mountSourcesMax: Int
    /// How long content that nothing refers to is kept at least, because a push may be about to refer to it.
    public var unreferencedAgeMin: Duration
    /// Layers of one image.
    public var layersMax: Int
    /// Entries of one layer's archive.
    public var layerEntriesMax: Int
    /// Bytes of one entry's path or link target.
    public var layerPathBytesMax: Int
    /// Directories one below the other in a layer.
    public var layerPathDepthMax: Int
    /// Bytes of the extended headers in front of one entry.
    public var layerHeaderBytesMax: Int
    /// Bytes of one layer once it is uncompressed.
    public var layerBytesMax: Int64
    /// How many times larger than its blob a layer may be once it is uncompressed.
    public var layerExpansionMax: Int64
    /// Bytes a layer may expand to whatever its blob's size is.
    public var layerExpansionFloorBytes: Int64
    /// Layers unpacked at once.
    public var unpacksMax: Int

    /// Takes all values.
    public init(
        manifestBytesMax: Int,
        configurationBytesMax: Int,
        uploadSessionsMax: Int,
        uploadIdleMax: Duration,
        chunkBytes: Int,
        pageSizeMax: Int,
        tagsPerPushMax: Int,
        mountSourcesMax: Int,
        unreferencedAgeMin: Duration,
        layersMax: Int,
        layerEntriesMax: Int,
        layerPathBytesMax: Int,
        layerPathDepthMax: Int,
        layerHeaderBytesMax: Int,
        layerBytesMax: Int64,
        layerExpansionMax: Int64,
        layerExpansionFloorBytes: Int64,
        unpacksMax: Int,
    ) {
        self.manifestBytesMax = manifestBytesMax
        self.configurationBytesMax = configurationBytesMax
        self.uploadSessionsMax = uploadSessionsMax
        self.uploadIdleMax = uploadIdleMax
        self.chunkBytes = chunkBytes
        self.pageSizeMax = pageSizeMax
        self.tagsPerPushMax = tagsPerPushMax
        self.mountSourcesMax = mountSourcesMax
        self.unreferencedAgeMin = unreferencedAgeMin
        self.layersMax = layersMax
        self.layerEntriesMax = layerEntriesMax
        self.layerPathBytesMax = layerPathBytesMax
        self.layerPathDepthMax = layerPathDepthMax
        self.layerHeaderBytesMax = layerHeaderBytesMax
        self.layerBytesMax = layerBytesMax
        self.layerExpansionMax = layerExpansionMax
        self.layerExpansionFloorBytes = layerExpansionFloorBytes
        self.unpacksMax = unpacksMax
    }
}
