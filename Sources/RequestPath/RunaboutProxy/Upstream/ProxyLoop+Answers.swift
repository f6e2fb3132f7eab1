import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What instances of HTTP/1 answer.
extension ProxyLoop {
    func receiveAnswer(
        _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ exchange: ExchangeRef, _ client: ClientRef,
    ) {
        upstream.pointee.heardAnything = true
        if exchange.pointee.firstByteAt == 0 { exchange.pointee.firstByteAt = now }
        exchange.pointee.lastActivityAt = now
        var offset = 0
        scratch.removeAll()
        do throws(Malformation) {
            while offset < bytes.count, upstream.pointee.exchange == exchange {
                if exchange.pointee.isTunnel, exchange.pointee.stream != 0 {
                    carryStreamTunnel(upstream, bytes, offset, exchange, client)
                    return
                }
                if exchange.pointee.isTunnel {
                    carryTunnel(client, bytes, offset)
                    return
                }
                guard upstream.pointee.hasHead else {
                    guard try receiveAnswerHead(upstream, bytes, &offset, exchange, client) else { return }
                    continue
                }
                if exchange.pointee.stream != 0 {
                    try receiveStreamAnswerBody(upstream, bytes, &offset, exchange, client)
                } else {
                    try receiveAnswerBody(upstream, bytes, &offset, exchange, client)
                }
            }
            // A head of which the body has not begun goes out now.
            if upstream.pointee.exchange == exchange { deliverScratch(client) }
        } catch {
            deliverScratch(client)
            fail(exchange, .instanceMalformed)
        }
    }

    private func carryTunnel(_ client: ClientRef, _ bytes: Span<UInt8>, _ offset: Int) {
        bytes.extracting(offset..<bytes.count).withUnsafeBytes {
            deliver(client, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// False when more bytes are needed.
    private func receiveAnswerHead(
        _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: ExchangeRef,
        _ client: ClientRef,
    ) throws(Malformation) -> Bool {
        let text = bytes.extracting(offset..<bytes.count)
        let answersHEAD = exchange.pointee.answersHEAD
        guard let head = try upstream.pointee.delimiter.responseHead(text, answersHEAD: answersHEAD, fields: &fields)
        else {
            text.withUnsafeBytes { upstream.pointee.kept.replace(with: $0) }
            return false
        }
        offset += head.end
        if head.isInterim {
            upstream.pointee.interimCount += 1
            guard upstream.pointee.interimCount <= Limits.interimResponsesMax else { throw .tooManyInterimResponses }
            passInterim(head, text, exchange, client)
        } else if head.status == 101 {
            try switchProtocols(head, text, exchange, client)
        } else {
            // A client that asked for a tunnel would take any success for one.
            if exchange.pointee.isTunnelStream, head.status < 300 { throw .unexpectedUpgrade }
            beginAnswer(upstream, head, text, exchange, client, hasMore: offset < bytes.count)
        }
        return true
    }

    func passInterim(_ head: ResponseHead, _ text: Span<UInt8>, _ exchange: ExchangeRef, _ client: ClientRef) {
        guard !exchange.pointee.isHTTP10 else { return }
        if exchange.pointee.stream != 0 {
            writeStreamHead(exchange, client, head, text, ends: false)
            return
        }
        scratch.removeAll()
        ResponseHeadWriter.writeInterim(head, fields, text, to: &scratch)
        deliverScratch(client)
    }

    func switchProtocols(
        _ head: ResponseHead, _ text: Span<UInt8>, _ exchange: ExchangeRef, _ client: ClientRef,
    ) throws(Malformation) {
        guard exchange.pointee.wantsUpgrade, head.upgrade != nil else { throw .unexpectedUpgrade }
        exchange.pointee.isTunnel = true
        exchange.pointee.responseStarted = true
        exchange.pointee.status = head.status
        answerBegan(exchange)
        if exchange.pointee.stream != 0 {
            exchange.pointee.status = 200
            writeStreamHead(exchange, client, head, text, ends: false)
            pumpBody(exchange)
            return
        }
        scratch.removeAll()
        ResponseHeadWriter.writeInterim(head, fields, text, to: &scratch)
        deliverScratch(client)
        beginTunnel(client)
    }

    func beginAnswer(
        _ upstream: UpstreamRef, _ head: ResponseHead, _ text: Span<UInt8>, _ exchange: ExchangeRef,
        _ client: ClientRef, hasMore: Bool,
    ) {
        upstream.pointee.hasHead = true
        upstream.pointee.keepsAlive = head.keepsAlive
        upstream.pointee.body = BodyDecoder(head.body)
        let framing: AnswerFraming =
            switch head.body {
            case .none, .bytes: .plain
            case .chunked, .untilClose: exchange.pointee.isHTTP10 ? .untilClose : .chunked
            }
        exchange.pointee.framing = framing
        exchange.pointee.responseStarted = true
        exchange.pointee.status = head.status
        answerBegan(exchange)
        if exchange.pointee.stream != 0 {
            let ends = upstream.pointee.body.isEnded
            writeStreamHead(exchange, client, head, text, ends: ends)
            if ends { answerEnded(upstream, exchange, client, hasMore: hasMore) }
            return
        }
        let closes = !exchange.pointee.keepsAlive || framing == .untilClose || isDraining
        client.pointee.closesAfterAnswer = closes
        scratch.removeAll()
        ResponseHeadWriter.write(
            head, fields, text, framing: framing, closes: closes,
            saysKeepAlive: exchange.pointee.isHTTP10 && !closes,
            strictTransportSecuritySeconds: strictTransportSecuritySeconds(client), to: &scratch)
        if upstream.pointee.body.isEnded {
            deliverScratch(client)
            answerEnded(upstream, exchange, client, hasMore: hasMore)
        }
    }

    private func receiveAnswerBody(
        _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: ExchangeRef,
        _ client: ClientRef,
    ) throws(Malformation) {
        let isChunked = exchange.pointee.framing == .chunked
        while true {
            switch try upstream.pointee.body.next(bytes, &offset) {
            case .data(let range) where isChunked: scratch.append(chunk: bytes, range)
            case .data(let range) where range.count <= Limits.coalescedBytesMax: scratch.append(bytes, range)
            case .data(let range):
                scratch.withUnsafeBytes { first in
                    bytes.extracting(range).withUnsafeBytes { deliver(client, first, $0) }
                }
                scratch.removeAll()
            case .trailers(let range): exchange.pointee.answerTrailers.append(bytes, range)
            case .needsMore:
                deliverScratch(client)
                return
            case .end:
                if isChunked { try appendLastChunk(exchange) }
                deliverScratch(client)
                answerEnded(upstream, exchange, client, hasMore: offset < bytes.count)
                return
            }
        }
    }

    private func appendLastChunk(_ exchange: ExchangeRef) throws(Malformation) {
        guard !exchange.pointee.answerTrailers.isEmpty else {
            scratch.append("0\r\n\r\n")
            return
        }
        try HeaderFields.scan(exchange.pointee.answerTrailers.span, into: &fields)
        ResponseHeadWriter.writeTrailers(fields, exchange.pointee.answerTrailers.span, to: &scratch)
    }

    /// The answer is complete.
    ///
    /// `hasMore` is whether the instance said more than that: whatever it is, no other request may get it.
    func answerEnded(
        _ upstream: UpstreamRef, _ exchange: ExchangeRef, _ client: ClientRef, hasMore: Bool,
    ) {
        let requestIsComplete = exchange.pointee.requestBody.isEnded
        let isReusable =
            upstream.pointee.keepsAlive && requestIsComplete && !hasMore && upstream.pointee.head.output.isEmpty
            && !upstream.pointee.head.hasHungUp && !upstream.pointee.head.isWriteBroken
        exchange.pointee.upstream = nil
        upstream.pointee.exchange = nil
        if let session = upstream.pointee.http2 {
            // Only a stream that is not over on both sides is still known.
            session.pointee.reset(exchange.pointee.upstreamStream, .cancel)
            leaveStream(upstream, session)
        } else if isReusable {
            upstream.pointee.hasHead = false
            upstream.pointee.isReused = true
            upstream.pointee.since = now
            timers.arm(upstream.channel, at: now + timeouts.upstreamIdle)
            putIdle(upstream)
        } else {
            closeUpstream(upstream)
        }
        end(exchange, .answered(status: exchange.pointee.status))
        if exchange.pointee.stream != 0 {
            streamAnswered(exchange, client, requestIsComplete: requestIsComplete)
        } else {
            exchangeAnswered(client, requestIsComplete: requestIsComplete)
        }
        giveBack(exchange)
    }

    /// The instance has ended the connection.
    func instanceEnded(_ upstream: UpstreamRef, _ exchange: ExchangeRef, isRegular: Bool) {
        if exchange.pointee.isTunnel {
            tunnelEnded(exchange)
        } else if upstream.pointee.body.endsWithConnection, upstream.pointee.hasHead, isRegular,
            let client = exchange.pointee.client
        {
            if exchange.pointee.stream != 0 {
                endStreamBody(exchange, client)
            } else if exchange.pointee.framing == .chunked {
                scratch.removeAll()
                scratch.append("0\r\n\r\n")
                deliverScratch(client)
            }
            upstream.pointee.head.hasHungUp = true
            answerEnded(upstream, exchange, client, hasMore: false)
        } else if !upstream.pointee.heardAnything, upstream.pointee.isReused, exchange.pointee.isRetryable {
            upstream.pointee.exchange = nil
            exchange.pointee.upstream = nil
            closeUpstream(upstream)
            attach(exchange, mayReuse: false)
        } else {
            fail(exchange, .instanceClosed)
        }
    }

    /// Protocols were switched, so that the instance's end is an answer's.
    func tunnelEnded(_ exchange: ExchangeRef) {
        let client = exchange.pointee.client
        if let client, exchange.pointee.stream != 0 {
            end(exchange, .answered(status: exchange.pointee.status))
            endStreamTunnel(exchange, client)
            giveBack(exchange)
            return
        }
        client?.pointee.exchange = nil
        end(exchange, .answered(status: exchange.pointee.status))
        if let client { finish(client, lingering: false) }
        giveBack(exchange)
    }
}
