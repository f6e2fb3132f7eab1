public import RunaboutModel

/// How long the router waits for what, for one service.
///
/// Each is above 0 and in milliseconds. The end of a timeout is an answer of 502 or 504 while none has begun, and a
/// connection cut short afterwards.
public struct RouteTimeouts: Hashable, Sendable, Codable {
    /// Connecting to an instance; another instance gets the request afterwards.
    public let connectMilliseconds: Int64
    /// From the last byte of a request to the first of the answer's head, at the instance.
    public let responseHeaderMilliseconds: Int64
    /// While a request runs, or a tunnel (WebSocket) is open: nothing came from either side.
    public let idleMilliseconds: Int64
    /// From a request's first byte to its answer's last; a tunnel has no such end.
    public let totalMilliseconds: Int64

    /// Takes all values; each default is what a service has that says nothing.
    public init(
        connectMilliseconds: Int64 = Limits.connectTimeout.wholeMilliseconds,
        responseHeaderMilliseconds: Int64 = Limits.requestTimeout.wholeMilliseconds,
        idleMilliseconds: Int64 = Limits.idleTimeout.wholeMilliseconds,
        totalMilliseconds: Int64 = Limits.requestTimeout.wholeMilliseconds,
    ) {
        self.connectMilliseconds = connectMilliseconds
        self.responseHeaderMilliseconds = responseHeaderMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.totalMilliseconds = totalMilliseconds
    }
}
