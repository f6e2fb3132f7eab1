import RunaboutModel

/// How long the proxy waits for clients and unused connections; what services decide for themselves is in their routes.
public struct EngineTimeouts: Hashable, Sendable {
    /// From connecting to the end of the TLS handshake.
    public var handshake = Limits.tlsHandshakeTimeout
    /// From connecting, or the first byte of a head, to its end.
    public var head = Limits.headTimeout
    /// Between two requests of a connection.
    public var keepAlive = Limits.keepAliveTimeout
    /// Between two pieces of a request's body.
    public var bodyIdle = Limits.bodyIdleTimeout
    /// Until the client takes something of an answer that waits for it.
    public var sendIdle = Limits.sendIdleTimeout
    /// After a refusal, for the client to read it.
    public var linger = Limits.lingerTimeout
    /// For an unused connection to an instance.
    public var upstreamIdle = Limits.upstreamIdleTimeout

    /// The defaults, which `Limits` names.
    public init() {}
}

/// The same in the loop's own unit.
struct LoopTimeouts {
    let handshake: Nanoseconds
    let head: Nanoseconds
    let keepAlive: Nanoseconds
    let bodyIdle: Nanoseconds
    let sendIdle: Nanoseconds
    let linger: Nanoseconds
    let upstreamIdle: Nanoseconds

    init(_ timeouts: EngineTimeouts) {
        handshake = Nanoseconds(timeouts.handshake)
        head = Nanoseconds(timeouts.head)
        keepAlive = Nanoseconds(timeouts.keepAlive)
        bodyIdle = Nanoseconds(timeouts.bodyIdle)
        sendIdle = Nanoseconds(timeouts.sendIdle)
        linger = Nanoseconds(timeouts.linger)
        upstreamIdle = Nanoseconds(timeouts.upstreamIdle)
    }
}
