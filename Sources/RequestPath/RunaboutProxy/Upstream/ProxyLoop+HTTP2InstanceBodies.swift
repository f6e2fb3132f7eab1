import RunaboutModel
import RunaboutRouting

/// What instances of HTTP/2 are sent of requests' bodies.
extension ProxyLoop {
    /// Whether the stream to the instance has room for more of a body.
    func wantsBody(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ session: HTTP2SessionRef) -> Bool {
        guard !upstream.pointee.head.isConnecting else { return false }
        let stream = exchange.pointee.upstreamStream
        if session.pointee.room(ofStream: stream) > 0 || !exchange.pointee.requestBody.isInData { return true }
        session.pointee.waitForRoom(ofStream: stream)
        return false
    }

    /// Passes a body of HTTP/1 on as far as the instance's windows go.
    func receiveBody(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ session: HTTP2SessionRef, _ bytes: Span<UInt8>,
        _ offset: inout Int,
    ) {
        exchange.pointee.lastBodyAt = now
        exchange.pointee.lastActivityAt = now
        let stream = exchange.pointee.upstreamStream
        schedule(upstream.channel)
        do throws(Malformation) {
            while true {
                let room = session.pointee.room(ofStream: stream)
                var end = min(bytes.count, offset + room)
                if room == 0, offset < bytes.count {
                    guard !exchange.pointee.requestBody.isInData else {
                        session.pointee.waitForRoom(ofStream: stream)
                        return
                    }
                    end = offset + 1
                }
                switch try exchange.pointee.requestBody.next(bytes.extracting(0..<end), &offset) {
                case .data(let range):
                    exchange.pointee.bodyBegan = true
                    let ends = exchange.pointee.requestBody.isEnded
                    _ = session.pointee.writeData(stream, bytes, range, ends: ends)
                    if ends {
                        awaitAnswer(upstream, exchange)
                        return
                    }
                case .trailers(let range): exchange.pointee.requestTrailers.append(bytes, range)
                case .needsMore:
                    if end == bytes.count { return }
                case .end:
                    try endBody(exchange, session, stream)
                    awaitAnswer(upstream, exchange)
                    return
                }
            }
        } catch {
            fail(exchange, .badRequest)
        }
    }

    private func endBody(
        _ exchange: ExchangeRef, _ session: HTTP2SessionRef, _ stream: UInt32,
    ) throws(Malformation) {
        let trailers = exchange.pointee.requestTrailers.buffer
        guard !trailers.isEmpty else {
            session.pointee.endBody(stream)
            return
        }
        try checkTrailers(trailers.span)
        session.pointee.writeTrailers(stream, fields, trailers.span)
    }

    /// Passes what came of a body over HTTP/2 on; what the instance's windows don't take waits with the exchange.
    func passBody(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ session: HTTP2SessionRef, _ bytes: UnsafeRawBufferPointer,
    ) {
        let stream = exchange.pointee.upstreamStream
        let span = bytes.assumingMemoryBound(to: UInt8.self).span
        let hasTrailers = !exchange.pointee.requestTrailers.isEmpty
        let ends = exchange.pointee.streamEnded
        let taken =
            span.isEmpty && (hasTrailers || !ends)
            ? 0 : session.pointee.writeData(stream, span, 0..<span.count, ends: ends && !hasTrailers)
        schedule(upstream.channel)
        exchange.pointee.bodyBegan = exchange.pointee.bodyBegan || taken > 0
        exchange.pointee.passedBytes += taken
        guard taken == span.count else {
            exchange.pointee.pendingBody.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
            return
        }
        guard ends, !exchange.pointee.requestBody.isEnded else { return }
        if hasTrailers {
            let lines = exchange.pointee.requestTrailers.buffer
            do throws(Malformation) {
                try HeaderFields.scan(lines.span, into: &fields)
            } catch {
                fail(exchange, .badRequest)
                return
            }
            session.pointee.writeTrailers(stream, fields, lines.span)
        }
        exchange.pointee.requestBody = BodyDecoder(.none)
        awaitAnswer(upstream, exchange)
    }
}
