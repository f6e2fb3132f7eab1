/// Bounds of what is told about requests.
extension Limits {
    // MARK: Reporting

    /// Upper ends of the buckets of latency histograms, in seconds; one more holds what took longer.
    ///
    /// Our choice: two or three to a decade, from a request that the proxy alone could have taken to the longest default.
    public static let latencyBucketSeconds: [Double] =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
    /// Bytes of access records that one loop holds for the writer; beyond, records are dropped and counted.
    ///
    /// Our choice: about 14,000 records of 300 bytes, two intervals of the writer at 140,000 requests a second.
    public static let accessLogRingBytes = 4_194_304
    /// Bytes of a request's target in the access log; a longer one is cut and marked.
    ///
    /// Our choice.
    public static let accessLogTargetBytesMax = 2_048
    /// Bytes of one line of the access log.
    ///
    /// From the other bounds: a target of bytes that all have to be escaped takes six times its length.
    public static let accessLogLineBytesMax = 16_384
    /// How long the writer of the access log gathers records before it writes them.
    ///
    /// Our choice: someone who follows the file does not notice it.
    public static let accessLogInterval = Duration.milliseconds(50)
    /// Bytes of lines that are written to the access log at once.
    ///
    /// Our choice.
    public static let accessLogWriteBytes = 262_144
    /// Routers whose totals are kept apart: the one that serves, and earlier ones that finish their requests.
    ///
    /// Our choice; the totals of older ones are added up.
    public static let routersCountedMax = 4
}
