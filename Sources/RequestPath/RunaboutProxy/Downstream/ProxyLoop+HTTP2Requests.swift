import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What clients of HTTP/2 ask.
extension ProxyLoop {
    func receiveHTTP2(_ client: ClientRef, _ bytes: Span<UInt8>) {
        guard let http2 = client.pointee.http2 else { return }
        let seconds = (now - http2.pointee.countedUntil) / 1_000_000_000
        if seconds > 0 {
            http2.pointee.countedUntil += seconds * 1_000_000_000
            http2.pointee.session.pass(seconds: Int(seconds))
        }
        var offset = 0
        while true {
            switch http2.pointee.session.next(bytes, &offset, &block) {
            case .needsMore: return
            case .request(let stream, let ends): beginStream(client, http2, stream, ends: ends)
            case .data(_, let tag, let range, let ends):
                guard let exchange = ExchangeRef(bitPattern: tag) else { continue }
                receiveStreamBody(exchange, http2, bytes, range, ends: ends)
            case .trailers(_, let tag):
                guard let exchange = ExchangeRef(bitPattern: tag) else { continue }
                receiveStreamTrailers(exchange)
            case .reset(_, let tag, _, _):
                guard let exchange = ExchangeRef(bitPattern: tag) else { continue }
                endStream(exchange, .clientGone)
                noteIdle(client, http2)
            case .windowOpened: resumeHTTP2(client, http2)
            case .settings, .goAway: break
            case .failed:
                endHTTP2(client, .clientGone)
                return
            case .response: preconditionFailure("a server was answered")
            }
        }
    }

    /// With no stream left the connection is idle.
    func noteIdle(_ client: ClientRef, _ http2: HTTP2ClientRef) {
        guard http2.pointee.session.streams.count == 0 else { return }
        client.pointee.hasServed = true
        client.pointee.idleSince = now
        timers.arm(client.channel, at: now + timeouts.keepAlive)
    }

    private func beginStream(_ client: ClientRef, _ http2: HTTP2ClientRef, _ stream: UInt32, ends: Bool) {
        let asked = block.request
        switch asked.problem {
        case .none: break
        case .fieldsTooLarge:
            refuseStream(client, http2, stream, ends: ends, .requestTooLarge)
            return
        case .targetTooLong:
            refuseStream(client, http2, stream, ends: ends, .requestTooLarge, status: 414)
            return
        case .target, .host, .lookalikeName, .connect, .scheme:
            refuseStream(client, http2, stream, ends: ends, .badRequest)
            return
        }
        headText.removeAll()
        HTTP2Translation.writeRequest(
            block, asked, hasBody: !ends, key: (random.next(), random.next()), to: &headText)
        do throws(Malformation) {
            let lines = headText.buffer
            let text = lines.span
            guard let head = try RequestHead.scan(text, fields: &fields) else { throw Malformation.requestLine }
            guard head.target.count <= Limits.targetBytesMax else { throw Malformation.targetTooLong }
            begin(client, http2, stream, head, text, asked, ends: ends)
        } catch {
            switch error {
            case .targetTooLong: refuseStream(client, http2, stream, ends: ends, .requestTooLarge, status: 414)
            case .tooManyFields, .tooLarge: refuseStream(client, http2, stream, ends: ends, .requestTooLarge)
            default: refuseStream(client, http2, stream, ends: ends, .badRequest)
            }
        }
    }

    private func begin(
        _ client: ClientRef, _ http2: HTTP2ClientRef, _ stream: UInt32, _ head: RequestHead, _ text: Span<UInt8>,
        _ asked: HTTP2RequestHead, ends: Bool,
    ) {
        let exchange = makeExchange()
        exchange.pointee.begin(nextNumber, head, client, now: now)
        exchange.pointee.stream = stream
        exchange.pointee.requestBytes = Int64(text.count)
        writeHead(of: exchange, client, head, text)
        exchange.pointee.streamEnded = ends
        exchange.pointee.takesTrailers = asked.takesTrailers
        exchange.pointee.isTunnelStream = asked.isExtendedConnect
        // The session finds its end; here it has none until that.
        if head.body != .none { exchange.pointee.requestBody = BodyDecoder(.untilClose) }
        http2.pointee.session.setTag(UInt(bitPattern: exchange), ofStream: stream)
        guard let service = service(at: text, head.host) else {
            reporter.countAcceptedWithoutService(now: now)
            fail(exchange, .noSuchHost)
            return
        }
        if settings.redirectsToHTTPS, !exchange.pointee.isSecure, let port = shared.httpsPort {
            redirect(client, exchange, service, head, text, port: port)
            return
        }
        start(exchange, service, client)
    }

    private func receiveStreamBody(
        _ exchange: ExchangeRef, _ http2: HTTP2ClientRef, _ bytes: Span<UInt8>, _ range: Range<Int>, ends: Bool,
    ) {
        exchange.pointee.lastBodyAt = now
        exchange.pointee.lastActivityAt = now
        exchange.pointee.requestBytes += Int64(range.count)
        if ends { exchange.pointee.streamEnded = true }
        guard let upstream = exchange.pointee.upstream, takesBody(exchange, upstream),
            exchange.pointee.pendingBody.isEmpty
        else {
            // It waits here, and the client's window with it, so that it is never more than that.
            bytes.extracting(range).withUnsafeBytes { exchange.pointee.pendingBody.append($0) }
            return
        }
        bytes.extracting(range).withUnsafeBytes { passBody(exchange, upstream, $0) }
        settleWindow(exchange, upstream, http2)
    }

    /// Trailers go on where the body is chunked; elsewhere there is no place for them.
    private func receiveStreamTrailers(_ exchange: ExchangeRef) {
        exchange.pointee.lastBodyAt = now
        exchange.pointee.streamEnded = true
        if exchange.pointee.sendsChunks {
            HTTP2Translation.writeTrailers(block, to: &exchange.pointee.requestTrailers)
        }
        if let upstream = exchange.pointee.upstream, takesBody(exchange, upstream) { pumpBody(exchange) }
    }

    private func takesBody(_ exchange: ExchangeRef, _ upstream: UpstreamRef) -> Bool {
        !upstream.pointee.head.isConnecting && (!exchange.pointee.isTunnelStream || exchange.pointee.isTunnel)
    }

    /// Sends what of a body had to wait, as soon as the instance's connection stands.
    func pumpBody(_ exchange: ExchangeRef) {
        guard let upstream = exchange.pointee.upstream, takesBody(exchange, upstream),
            let http2 = exchange.pointee.client?.pointee.http2
        else { return }
        let hasEnd =
            exchange.pointee.streamEnded && (!exchange.pointee.requestBody.isEnded || exchange.pointee.isTunnel)
        guard hasEnd || !exchange.pointee.pendingBody.isEmpty else { return }
        var waiting = exchange.pointee.pendingBody
        exchange.pointee.pendingBody = SendQueue()
        passBody(exchange, upstream, waiting.bytes)
        waiting.removeAll()
        settleWindow(exchange, upstream, http2)
    }

    /// Sends a part of a body to the instance, and its end when it has come.
    private func passBody(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ bytes: UnsafeRawBufferPointer) {
        if let session = upstream.pointee.http2 {
            passBody(exchange, upstream, session, bytes)
            return
        }
        exchange.pointee.passedBytes += bytes.count
        scratch.removeAll()
        var isSent = true
        let isChunked = exchange.pointee.sendsChunks
        let span = bytes.assumingMemoryBound(to: UInt8.self).span
        if isChunked {
            if !bytes.isEmpty { scratch.append(chunk: span, 0..<span.count) }
            if exchange.pointee.streamEnded {
                scratch.append(lastChunkWith: exchange.pointee.requestTrailers.span)
            }
            if scratch.count > 0 { isSent = scratch.withUnsafeBytes { send(upstream.channel, $0) } }
            scratch.removeAll()
        } else if !bytes.isEmpty {
            isSent = send(upstream.channel, bytes)
        }
        if exchange.pointee.streamEnded, exchange.pointee.isTunnelStream {
            // The client has said its last word; the instance may go on.
            if upstream.pointee.head.output.isEmpty { endWriting(upstream) }
        } else if exchange.pointee.streamEnded, !exchange.pointee.requestBody.isEnded {
            exchange.pointee.requestBody = BodyDecoder(.none)
            awaitAnswer(upstream, exchange)
        }
        if !isSent { readOut(upstream) }
    }

    /// Gives the client its window back as far as the instance takes the bytes.
    func settleWindow(_ exchange: ExchangeRef, _ upstream: UpstreamRef, _ http2: HTTP2ClientRef) {
        guard exchange.pointee.passedBytes > 0, upstream.pointee.head.output.count < Limits.sendQueueBytesMax / 2 else {
            return
        }
        http2.pointee.session.took(stream: exchange.pointee.stream, count: exchange.pointee.passedBytes)
        exchange.pointee.passedBytes = 0
        if let client = exchange.pointee.client { scheduleHTTP2(client) }
    }

    /// Answers a request that we do not pass on.
    private func refuseStream(
        _ client: ClientRef, _ http2: HTTP2ClientRef, _ stream: UInt32, ends: Bool, _ code: PlatformErrorCode,
        status: Int? = nil,
    ) {
        let identity = nextIdentity()
        var id = ByteWriter()
        id.append(hexadecimal: identity.high, digits: 16)
        id.append(hexadecimal: identity.low, digits: 16)
        let requestID = id.text(0..<id.count)
        reporter.recordUnread(code, requestID: requestID, startedAt: now, now: now)
        let page = ErrorPage(code, status: status, requestID: requestID)
        answerStream(client, http2, stream, page, as: .text, answersHEAD: false, isComplete: ends)
        tellUnread(client, code, status: page.status, requestID: id, startedAt: now, responseBytes: 0, .http2)
    }
}
