/// Bounds of connections of HTTP/2.
extension Limits {
    // MARK: HTTP/2

    /// Requests that one client connection may have open; more are refused, to be sent again later.
    ///
    /// Source: nginx `http2_max_concurrent_streams`, 128; RFC 9113 §6.5.2 wants at least 100.
    public static let http2StreamsMax = 128
    /// Requests that the router has open on one connection to an instance, if that allows as many.
    ///
    /// Our choice: a second connection costs less than a long queue on one.
    public static let http2InstanceStreamsMax = 256
    /// Bytes of fields in one header section, with 32 for each field.
    ///
    /// As `headBytesMax`.
    public static let http2HeaderListBytesMax = 32_768
    /// Bytes of fields in one header section, counted in the same way, that end the connection.
    ///
    /// Our choice: an honest client that does not know the limit above stays below twice of it.
    public static let http2HeaderListBytesBomb = 65_536
    /// Bytes of one header section as it comes, compressed.
    ///
    /// Our choice: twice what may come out of it.
    public static let http2HeaderSectionBytesMax = 65_536
    /// Frames that a header section may be continued in.
    ///
    /// Our choice; nginx and HAProxy end such floods at the fifth.
    public static let http2ContinuationsMax = 8
    /// Bytes of the table of fields that a peer may refer to.
    ///
    /// Source: RFC 9113 §6.5.2, the initial value.
    public static let http2HeaderTableBytes = 4_096
    /// Bytes of a body that may be on their way on one stream before the reader has taken any.
    ///
    /// Our choice: 40 Mbit/s at 50 ms.
    public static let http2StreamWindowBytes = 262_144
    /// Bytes of bodies that may be on their way on one connection.
    ///
    /// Source: Envoy's edge guide, 1 MiB.
    public static let http2ConnectionWindowBytes = 1_048_576
    /// Bytes held for a slow peer before bodies wait.
    ///
    /// As `sendQueueBytesMax`.
    public static let http2OutputBytesMax = 262_144
    /// Bytes of answers to control frames held on top of that before the peer is no longer read.
    ///
    /// Our choice.
    public static let http2OutputReserveBytes = 16_384
    /// Frames that ask for nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty and unknown ones) before the connection is ended.
    ///
    /// Our choice; answered requests and bytes of bodies give new ones.
    public static let http2IdleFramesMax = 2_000
    /// Bytes that a window has to let out of a longer body for its frame to allow new ones.
    ///
    /// Our choice: windows that grow by less are a flood of small frames.
    public static let http2DripBytesMax = 256
    /// Such frames that are allowed again each second.
    ///
    /// Our choice.
    public static let http2IdleFramesPerSecond = 20
    /// Requests that may end without an answer, reset by the client or for its mistakes, before the connection is ended.
    ///
    /// Our choice: more than a page that is left leaves open; each answered request allows one again.
    public static let http2ResetsMax = 300
    /// Such requests that are allowed again each second.
    ///
    /// Our choice.
    public static let http2ResetsPerSecond = 10
    /// Streams to instances that one request may lose before it fails, where sending it again does no harm.
    ///
    /// Our choice.
    public static let http2AttemptsMax = 3
}
