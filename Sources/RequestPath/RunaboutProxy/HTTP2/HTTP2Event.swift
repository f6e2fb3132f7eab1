/// What the next bytes of a connection of HTTP/2 mean to the engine.
enum HTTP2Event: Equatable, Sendable {
    /// All bytes are used up.
    case needsMore
    /// A request has begun; what it says is in the block. `ends` is whether it has no body.
    case request(stream: UInt32, ends: Bool)
    /// A response's head, interim ones included, is in the block.
    case response(stream: UInt32, tag: UInt, ends: Bool)
    /// Bytes of a body; none when only its end came.
    case data(stream: UInt32, tag: UInt, range: Range<Int>, ends: Bool)
    /// Fields behind a body, which ends, are in the block.
    case trailers(stream: UInt32, tag: UInt)
    /// A stream is over before its end and is forgotten here: the peer reset it, or broke a rule.
    case reset(stream: UInt32, tag: UInt, code: HTTP2ErrorCode, byPeer: Bool)
    /// Blocked streams may send again: see ``HTTP2Session/nextWritable()``.
    case windowOpened
    /// Settings of the peer have come; streams may be opened.
    case settings
    /// The peer takes no more streams; those above `last` were not acted upon.
    case goAway(last: UInt32, code: HTTP2ErrorCode)
    /// The peer broke a rule of the connection: what is in the output says so, and then it is to be closed.
    case failed(HTTP2ErrorCode)
}
