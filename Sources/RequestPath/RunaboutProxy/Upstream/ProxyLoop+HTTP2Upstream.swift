import Glibc
import RunaboutModel
import RunaboutRouting

typealias HTTP2SessionRef = UnsafeMutablePointer<HTTP2Session>

/// Connections to instances of HTTP/2, each of which carries many requests at once.
extension ProxyLoop {
    /// Sends a request over the connection to its instance that has room for one more stream.
    func attachHTTP2(_ exchange: ExchangeRef, _ pool: PoolRef) {
        guard settleTunnel(exchange) else {
            fail(exchange, .badRequest)
            return
        }
        if let upstream = pool.pointee.http2, open(exchange, on: upstream) { return }
        // The old one goes with its last stream.
        pool.pointee.http2 = nil
        guard let upstream = connect(pool) else {
            unreachable(exchange)
            return
        }
        let session = HTTP2SessionRef.allocate(capacity: 1)
        session.initialize(to: HTTP2Session(role: .client))
        upstream.pointee.http2 = session
        pool.pointee.http2 = upstream
        if !open(exchange, on: upstream) { preconditionFailure("a new connection has no room for a stream") }
    }

    /// False when the connection takes no more streams.
    func open(_ exchange: ExchangeRef, on upstream: UpstreamRef) -> Bool {
        guard let session = upstream.pointee.http2, !upstream.pointee.head.isClosed else { return false }
        if exchange.pointee.connects, !session.pointee.hasSettings {
            guard !session.pointee.peerIsLeaving else { return false }
            begin(exchange, on: upstream, stream: 0)
            upstream.pointee.waitingTunnels.append(exchange)
            awaitAnswer(upstream, exchange)
            return true
        }
        if exchange.pointee.connects, !session.pointee.peer.enablesConnectProtocol {
            failTunnel(exchange)
            return true
        }
        guard
            let stream = session.pointee.openStream(
                tag: UInt(bitPattern: exchange), answersHEAD: exchange.pointee.answersHEAD,
                connects: exchange.pointee.connects)
        else { return false }
        begin(exchange, on: upstream, stream: stream)
        let head = exchange.pointee.head.buffer
        // The head is kept as HTTP/1.1, because it may have to be sent again, whatever the instance speaks.
        session.pointee.writeRequest(
            stream, head.span, takesTrailers: exchange.pointee.takesTrailers, connects: exchange.pointee.connects,
            ends: !exchange.pointee.hasBody && !exchange.pointee.connects)
        if exchange.pointee.requestBody.isEnded { awaitAnswer(upstream, exchange) }
        schedule(upstream.channel)
        if exchange.pointee.stream != 0 {
            pumpBody(exchange)
        } else if exchange.pointee.hasBody, let client = exchange.pointee.client {
            schedule(client.channel)
        }
        return true
    }

    private func begin(_ exchange: ExchangeRef, on upstream: UpstreamRef, stream: UInt32) {
        exchange.pointee.upstream = upstream
        exchange.pointee.upstreamStream = stream
        exchange.pointee.heardAnything = false
        exchange.pointee.askedAt = 0
        exchange.pointee.interimCount = 0
        exchange.pointee.lastActivityAt = now
        upstream.pointee.since = now
        upstream.pointee.connectTimeout = exchange.pointee.timeouts.connect
        if upstream.pointee.head.isConnecting {
            timers.arm(upstream.channel, at: now + upstream.pointee.connectTimeout)
        }
    }

    func runHTTP2(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        guard !upstream.pointee.head.isConnecting else { return }
        var reads = 0
        while !upstream.pointee.head.isClosed, upstream.pointee.head.isReadable, !session.pointee.isBacklogged {
            guard reads < Limits.readsPerTurnMax else {
                schedule(upstream.channel)
                break
            }
            reads += 1
            switch buffer.read(upstream.channel, keeping: UnsafeRawBufferPointer(start: nil, count: 0)) {
            case .bytes(let count): receiveHTTP2(upstream, session, buffer.bytes(count).span)
            case .nothing: break
            case .end, .failed: instanceLeft(upstream, session)
            }
        }
        flushHTTP2(upstream, session)
    }

    func flushHTTP2(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        guard !upstream.pointee.head.isClosed else { return }
        if !upstream.pointee.head.isConnecting, upstream.pointee.head.output.isEmpty, !session.pointee.output.isEmpty {
            let frames = UnsafeRawBufferPointer(session.pointee.output.buffer)
            if !send(upstream.channel, frames) { readOut(upstream) }
            session.pointee.output.consume(frames.count)
            resumeBodies(session)
        }
        closeIfDone(upstream, session)
    }

    /// Streams have got windows or room: their clients are read again.
    func resumeBodies(_ session: HTTP2SessionRef) {
        while let stream = session.pointee.nextWritable() {
            guard let exchange = ExchangeRef(bitPattern: stream.tag) else { continue }
            resumeBody(exchange)
        }
    }

    private func resumeBody(_ exchange: ExchangeRef) {
        if exchange.pointee.stream != 0 {
            pumpBody(exchange)
        } else if let client = exchange.pointee.client {
            schedule(client.channel)
        }
    }

    /// The connection stands: what bodies had to wait go.
    func http2Connected(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        for place in 0..<session.pointee.streams.capacity {
            let stream = session.pointee.streams[place]
            guard stream.id != 0, let exchange = ExchangeRef(bitPattern: stream.tag) else { continue }
            resumeBody(exchange)
        }
        schedule(upstream.channel)
    }

    /// Takes leave of a connection on which nothing runs, when it is not the one for new requests.
    private func closeIfDone(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        guard isUnused(upstream, session), upstream.pointee.pool.pointee.http2 != upstream else { return }
        closeUpstream(upstream)
    }

    /// Whether no request is on a connection, or waits for it.
    func isUnused(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) -> Bool {
        session.pointee.streams.count == 0 && upstream.pointee.waitingTunnels.isEmpty
    }

    /// A stream has ended.
    func leaveStream(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        guard isUnused(upstream, session) else {
            schedule(upstream.channel)
            return
        }
        upstream.pointee.since = now
        timers.arm(upstream.channel, at: now + timeouts.upstreamIdle)
        // With its last request the pool may go that the connection refers to.
        flushHTTP2(upstream, session)
    }

    /// When an unused connection is to be closed; nil when it is.
    func http2UpstreamTimer(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) -> Nanoseconds? {
        guard isUnused(upstream, session) else { return now + timeouts.upstreamIdle }
        let deadline = upstream.pointee.since + timeouts.upstreamIdle
        guard now >= deadline else {
            session.pointee.releaseIdleMemory()
            return deadline
        }
        closeHTTP2(upstream)
        return nil
    }

    /// Closes a connection that no request uses.
    func closeHTTP2(_ upstream: UpstreamRef) {
        if upstream.pointee.pool.pointee.http2 == upstream { upstream.pointee.pool.pointee.http2 = nil }
        closeUpstream(upstream)
    }

    /// No connection could be made: its requests go elsewhere.
    func http2ConnectFailed(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        let exchanges = takeStreams(session, above: 0) + takeWaitingTunnels(upstream)
        closeHTTP2(upstream)
        for exchange in exchanges { unreachable(exchange) }
    }

    /// The instance has ended the connection, or broken a rule of it.
    func instanceLeft(_ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        let exchanges = takeStreams(session, above: 0)
        let waiting = takeWaitingTunnels(upstream)
        closeHTTP2(upstream)
        for exchange in exchanges { streamLost(exchange, isActedUpon: true) }
        for exchange in waiting { streamLost(exchange, isActedUpon: false) }
    }

    /// Takes requests off the streams above a number; they are the caller's.
    private func takeStreams(_ session: HTTP2SessionRef, above last: UInt32) -> [ExchangeRef] {
        var exchanges: [ExchangeRef] = []
        while let stream = session.pointee.anyStream(above: last) {
            session.pointee.drop(stream.stream)
            guard let exchange = ExchangeRef(bitPattern: stream.tag) else { continue }
            exchange.pointee.upstream = nil
            exchanges.append(exchange)
        }
        return exchanges
    }

    /// A request's stream is gone before its answer was whole: sends it again where that can do no harm.
    func streamLost(_ exchange: ExchangeRef, isActedUpon: Bool) {
        if exchange.pointee.isTunnel {
            tunnelEnded(exchange)
            return
        }
        exchange.pointee.attempts += 1
        guard !exchange.pointee.heardAnything, !exchange.pointee.bodyBegan,
            !isActedUpon || exchange.pointee.isRetryable, exchange.pointee.attempts < Limits.http2AttemptsMax
        else {
            fail(exchange, .instanceClosed)
            return
        }
        attach(exchange, mayReuse: true)
    }

    /// The instance takes no more streams; those that it did not see go elsewhere.
    func instanceLeaves(_ upstream: UpstreamRef, _ session: HTTP2SessionRef, last: UInt32) {
        if upstream.pointee.pool.pointee.http2 == upstream { upstream.pointee.pool.pointee.http2 = nil }
        for exchange in takeStreams(session, above: last) + takeWaitingTunnels(upstream) {
            streamLost(exchange, isActedUpon: false)
        }
        schedule(upstream.channel)
    }

    /// The request has ended from the other side: nobody waits for the answer.
    func cancelStream(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ session: HTTP2SessionRef) {
        upstream.pointee.waitingTunnels.removeAll { $0 == exchange }
        session.pointee.reset(exchange.pointee.upstreamStream, .cancel)
        leaveStream(upstream, session)
    }
}
