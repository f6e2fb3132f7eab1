public import OCI

/// Bounds of what clients of the platform send.
extension Limits {
    // MARK: Control API

    /// Bytes of a request body of the control API.
    ///
    /// Our choice; the largest legal service is far smaller.
    public static let apiBodyBytesMax = 1_048_576
    /// Items on one page of a list when the caller gives none, and the most it may ask for.
    ///
    /// Our choice.
    public static let pageSizeDefault = 100
    /// The most items on one page.
    public static let pageSizeMax = 1_000
    /// Events kept.
    ///
    /// Our choice: months of an ordinary machine.
    public static let eventsKeptMax = 200_000
    /// Streams of server-sent events open at once.
    ///
    /// Our choice.
    public static let eventStreamsMax = 256
    /// How long an idempotency key is remembered.
    ///
    /// Our choice; the field's usual figure.
    public static let idempotencyKeyLifetime = Duration.seconds(86_400)
    /// Idempotency keys remembered at once.
    ///
    /// Our choice.
    public static let idempotencyKeysMax = 10_000
    /// Bytes of an idempotency key.
    ///
    /// Our choice; the field's usual figure.
    public static let idempotencyKeyBytesMax = 255
    /// Revisions of auto scaling configurations in all.
    ///
    /// Our choice.
    public static let autoScalingConfigurationsMax = 1_000
    /// How often an event or log stream without news sends a byte, so that a client that left is noticed.
    ///
    /// Source: proxies commonly end connections that are silent for 60 s.
    public static let streamHeartbeat = Duration.seconds(15)
    /// How deep arrays and objects of a request body may nest.
    ///
    /// Our choice; the deepest legal body nests 3.
    public static let jsonDepthMax = 32
    /// Log lines given before following when the caller gives no number.
    ///
    /// Our choice.
    public static let logTailDefault = 100
    /// The most log lines given before following.
    ///
    /// Our choice.
    public static let logTailMax = 10_000
    /// Bytes of a caller's request id.
    ///
    /// Our choice; a UUID has 36.
    public static let requestIDBytesMax = 128
    /// Bytes of one server-sent event or log line that a client takes.
    ///
    /// Our choice, above every line we send.
    public static let streamLineBytesMax = 4_194_304
    /// How long a client waits for the head of an answer.
    ///
    /// Our choice; no answer waits for an operation.
    public static let clientAnswerTimeout = Duration.seconds(30)
    /// How often a live status table asks again for demand, of which no event tells.
    ///
    /// Our choice.
    public static let statusRefreshInterval = Duration.milliseconds(300)

    // MARK: Registry

    /// Bytes of a manifest.
    ///
    /// Source: distribution-spec asks for at least 4 MiB.
    public static let manifestBytesMax = 4_194_304
    /// Manifests, and blobs, that one call of a collection takes from their repositories.
    ///
    /// Our choice: the transaction that takes them holds up every other for less than a second.
    public static let collectionBatchMax = 10_000
    /// Bytes that one call of a verification hashes before it answers, a last blob whole.
    ///
    /// Our choice: some seconds of hashing, well below the time a client waits.
    public static let verificationBytesMax = ByteCount.mebibytes(1_024)
    /// Everything about storing and unpacking images, for the modules that do not know the platform.
    ///
    /// In order of the fields that are not above: a configuration of 4 MiB, as a manifest; 1,024 uploads at once; an untouched upload kept a
    /// day, so that a push can be resumed after a night; files moved in 256 KiB, where throughput stops growing; 32 tags with one
    /// push, where the specification asks for 10; 16 repositories asked for a mount; what nothing refers to kept for six
    /// hours, longer than one push takes;
    /// 127 layers, overlayfs's and Docker's practical end; 500,000 entries, ten times a full Debian; paths of 4,096
    /// bytes, PATH_MAX; 256 levels, which bounds open descriptors while a tree is removed; 1 MiB of extended headers;
    /// 32 GiB a layer; 200 times its blob's size, where ordinary layers have 2 to 20 times and gzip can reach 1,032;
    /// 64 MiB whatever the ratio; two unpacked at once. Source: our choice where none is named.
    public static let images = ImageLimits(
        manifestBytesMax: manifestBytesMax,
        configurationBytesMax: 4_194_304,
        uploadSessionsMax: 1_024,
        uploadIdleMax: .seconds(86_400),
        chunkBytes: 262_144,
        pageSizeMax: pageSizeMax,
        tagsPerPushMax: 32,
        mountSourcesMax: 16,
        unreferencedAgeMin: .seconds(21_600),
        layersMax: 127,
        layerEntriesMax: 500_000,
        layerPathBytesMax: 4_096,
        layerPathDepthMax: 256,
        layerHeaderBytesMax: 1_048_576,
        layerBytesMax: ByteCount.mebibytes(32_768).bytes,
        layerExpansionMax: 200,
        layerExpansionFloorBytes: ByteCount.mebibytes(64).bytes,
        unpacksMax: 2,
    )
}
