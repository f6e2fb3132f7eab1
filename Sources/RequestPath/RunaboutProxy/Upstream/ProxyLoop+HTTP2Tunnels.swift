import RunaboutModel
import RunaboutRouting

/// Tunnels (WebSocket above all) to instances that speak HTTP/2.
///
/// Source: RFC 8441.
extension ProxyLoop {
    /// Finds out whether a request asks for a tunnel; false when it asks for one in a way that can't be.
    ///
    /// A client of HTTP/1.1 may ask for WebSocket; that it would like to speak something else is not heard, as any server may
    /// do. Source: RFC 9110 §7.8.
    func settleTunnel(_ exchange: ExchangeRef) -> Bool {
        guard exchange.pointee.wantsUpgrade || exchange.pointee.isTunnelStream else { return true }
        // A stream may ask for what we let nobody speak, so that no upgrade came of it.
        guard exchange.pointee.wantsUpgrade else { return false }
        let head = exchange.pointee.head.buffer
        let lines = KeptHeadLines(head.span)
        exchange.pointee.connects = exchange.pointee.isTunnelStream || WebSocketHandshake.isOpening(lines, head.span)
        return !exchange.pointee.connects || WebSocketHandshake.key(lines, head.span) != nil
    }

    /// The instance has said what it can: requests for tunnels go there, or end.
    func openTunnels(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        while !upstream.pointee.head.isClosed, let exchange = upstream.pointee.waitingTunnels.popLast() {
            exchange.pointee.upstream = nil
            exchange.pointee.askedAt = 0
            if session.pointee.peer.enablesConnectProtocol {
                if !open(exchange, on: upstream) { attach(exchange, mayReuse: true) }
            } else {
                // The connection may go with it, and before the pool that it refers to.
                leaveStream(upstream, session)
                failTunnel(exchange)
            }
        }
    }

    /// Takes those off that wait; they are the caller's.
    func takeWaitingTunnels(_ upstream: UpstreamRef) -> [ExchangeRef] {
        let waiting = upstream.pointee.waitingTunnels
        upstream.pointee.waitingTunnels = []
        for exchange in waiting { exchange.pointee.upstream = nil }
        return waiting
    }

    func failTunnel(_ exchange: ExchangeRef) {
        fail(
            exchange, .instanceMalformed,
            explanation: "The instance speaks HTTP/2 and offers no tunnels over it (RFC 8441).")
    }

    /// The instance has opened a tunnel and ended it with the same frame.
    func endTunnel(_ exchange: ExchangeRef, _ client: ClientRef) {
        exchange.pointee.answerIsComplete = true
        if exchange.pointee.stream != 0 { endStreamBody(exchange, client) }
        finishAnswer(exchange, client)
    }

    /// Whether the stream of a tunnel takes more of what a client of HTTP/1.1 says.
    func hasTunnelRoom(_ exchange: ExchangeRef, _ session: HTTP2SessionRef) -> Bool {
        let stream = exchange.pointee.upstreamStream
        if session.pointee.room(ofStream: stream) > 0 { return true }
        session.pointee.waitForRoom(ofStream: stream)
        return false
    }

    /// Passes what a client of HTTP/1.1 says on as far as the instance's windows go.
    func carryTunnel(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ session: HTTP2SessionRef, _ bytes: Span<UInt8>,
        _ offset: inout Int,
    ) {
        exchange.pointee.lastActivityAt = now
        let taken = session.pointee.writeData(
            exchange.pointee.upstreamStream, bytes, offset..<bytes.count, ends: false)
        offset += taken
        exchange.pointee.requestBytes += Int64(taken)
        schedule(upstream.channel)
    }
}
