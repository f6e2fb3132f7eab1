import RunaboutModel
import RunaboutRouting

/// What instances of HTTP/2 answer.
extension ProxyLoop {
    func receiveHTTP2(_ upstream: UpstreamRef, _ session: HTTP2SessionRef, _ bytes: Span<UInt8>) {
        var offset = 0
        while !upstream.pointee.head.isClosed {
            switch session.pointee.next(bytes, &offset, &block) {
            case .needsMore: return
            case .response(_, let tag, let ends):
                if let exchange = heard(tag) { receiveStreamHead(upstream, exchange, ends: ends) }
            case .data(_, let tag, let range, let ends):
                if let exchange = heard(tag) { receiveStreamData(exchange, bytes, range, ends: ends) }
            case .trailers(_, let tag):
                if let exchange = heard(tag) { receiveAnswerTrailers(exchange) }
            case .reset(_, let tag, let code, _):
                leaveStream(upstream, session)
                guard let exchange = ExchangeRef(bitPattern: tag) else { continue }
                exchange.pointee.upstream = nil
                streamLost(exchange, isActedUpon: code != .refusedStream)
            case .windowOpened: resumeBodies(session)
            case .settings:
                openTunnels(upstream, session)
                schedule(upstream.channel)
            case .goAway(let last, _): instanceLeaves(upstream, session, last: last)
            case .failed:
                instanceLeft(upstream, session)
                return
            case .request: preconditionFailure("a client was asked")
            }
        }
    }

    private func heard(_ tag: UInt) -> ExchangeRef? {
        guard let exchange = ExchangeRef(bitPattern: tag) else { return nil }
        exchange.pointee.heardAnything = true
        exchange.pointee.lastActivityAt = now
        if exchange.pointee.firstByteAt == 0 { exchange.pointee.firstByteAt = now }
        return exchange
    }

    /// A head becomes one of HTTP/1.1, so that all answers take one way.
    private func receiveStreamHead(_ upstream: UpstreamRef, _ exchange: ExchangeRef, ends: Bool) {
        guard let client = exchange.pointee.client else { return }
        // HTTP/2 needs no length to say that there is no body.
        let isBare = exchange.pointee.answersHEAD || (ends && exchange.pointee.stream != 0)
        let switches = exchange.pointee.connects && (200...299).contains(block.response.status)
        headText.removeAll()
        if switches {
            let request = exchange.pointee.head.buffer
            HTTP2Translation.writeSwitch(block, of: request.span, to: &headText)
        } else {
            HTTP2Translation.writeResponse(block, hasBody: !ends, answersHEAD: isBare, to: &headText)
        }
        let lines = headText.buffer
        let text = lines.span
        do throws(Malformation) {
            guard let head = try ResponseHead.scan(text, answersHEAD: isBare, fields: &fields) else {
                throw Malformation.statusLine
            }
            if head.isInterim {
                exchange.pointee.interimCount += 1
                guard exchange.pointee.interimCount <= Limits.interimResponsesMax else {
                    throw Malformation.tooManyInterimResponses
                }
                passInterim(head, text, exchange, client)
            } else if switches {
                try switchProtocols(head, text, exchange, client)
                if ends, exchange.pointee.client != nil { endTunnel(exchange, client) }
            } else {
                upstream.pointee.body = BodyDecoder(head.body)
                beginAnswer(upstream, head, text, exchange, client, hasMore: false)
                if !ends, exchange.pointee.client != nil, exchange.pointee.stream == 0 { deliverScratch(client) }
            }
        } catch {
            fail(exchange, .instanceMalformed)
        }
    }

    private func receiveStreamData(_ exchange: ExchangeRef, _ bytes: Span<UInt8>, _ range: Range<Int>, ends: Bool) {
        guard let client = exchange.pointee.client else { return }
        if ends { exchange.pointee.answerIsComplete = true }
        if let http2 = client.pointee.http2 {
            var taken = 0
            if exchange.pointee.pendingAnswer.isEmpty {
                let stream = exchange.pointee.stream
                taken = http2.pointee.session.writeData(stream, bytes, range, ends: ends)
                exchange.pointee.responseBytes += Int64(taken)
                scheduleHTTP2(client)
            }
            let rest = range.lowerBound + taken..<range.upperBound
            bytes.extracting(rest).withUnsafeBytes { exchange.pointee.pendingAnswer.append($0) }
            answerTaken(exchange, taken)
            if ends, exchange.pointee.pendingAnswer.isEmpty { finishAnswer(exchange, client) }
        } else {
            sendAnswerData(exchange, client, bytes, range)
            if ends { finishAnswer(exchange, client) }
        }
    }

    /// Passes a part of a body on to a client of HTTP/1; the instance may send more when the client has taken it.
    private func sendAnswerData(
        _ exchange: ExchangeRef, _ client: ClientRef, _ bytes: Span<UInt8>, _ range: Range<Int>,
    ) {
        scratch.removeAll()
        if !range.isEmpty {
            if exchange.pointee.framing == .chunked {
                scratch.append(chunk: bytes, range)
            } else {
                scratch.append(bytes, range)
            }
        }
        deliverScratch(client)
        exchange.pointee.untakenAnswer += range.count
        settleAnswer(exchange, client)
    }

    /// Lets the instance send on as far as a client of HTTP/1 has taken what it sent.
    func settleAnswer(_ exchange: ExchangeRef, _ client: ClientRef) {
        guard exchange.pointee.untakenAnswer > 0, client.pointee.head.output.count < Limits.sendQueueBytesMax / 2 else {
            return
        }
        let count = exchange.pointee.untakenAnswer
        exchange.pointee.untakenAnswer = 0
        answerTaken(exchange, count)
    }

    private func answerTaken(_ exchange: ExchangeRef, _ count: Int) {
        guard count > 0, let upstream = exchange.pointee.upstream, let session = upstream.pointee.http2 else { return }
        session.pointee.took(stream: exchange.pointee.upstreamStream, count: count)
        schedule(upstream.channel)
    }

    private func receiveAnswerTrailers(_ exchange: ExchangeRef) {
        guard let client = exchange.pointee.client else { return }
        exchange.pointee.answerIsComplete = true
        HTTP2Translation.writeTrailers(block, to: &exchange.pointee.answerTrailers)
        if exchange.pointee.pendingAnswer.isEmpty { finishAnswer(exchange, client) }
    }

    /// The client's window has opened: sends what had to wait for it.
    func pumpAnswer(_ exchange: ExchangeRef) {
        guard let client = exchange.pointee.client, let http2 = client.pointee.http2 else { return }
        let waiting = exchange.pointee.pendingAnswer.bytes.assumingMemoryBound(to: UInt8.self)
        let ends = exchange.pointee.answerIsComplete && exchange.pointee.answerTrailers.isEmpty
        let taken = http2.pointee.session.writeData(
            exchange.pointee.stream, waiting.span, 0..<waiting.count, ends: ends)
        exchange.pointee.responseBytes += Int64(taken)
        exchange.pointee.pendingAnswer.removeFirst(taken)
        scheduleHTTP2(client)
        answerTaken(exchange, taken)
        if exchange.pointee.answerIsComplete, exchange.pointee.pendingAnswer.isEmpty { finishAnswer(exchange, client) }
    }

    /// All of the body is on its way: sends what stands behind it and ends the request.
    func finishAnswer(_ exchange: ExchangeRef, _ client: ClientRef) {
        guard let upstream = exchange.pointee.upstream else { return }
        let lines = exchange.pointee.answerTrailers.buffer
        scratch.removeAll()
        if !lines.isEmpty {
            do throws(Malformation) {
                try HeaderFields.scan(lines.span, into: &fields)
            } catch {
                fail(exchange, .instanceMalformed)
                return
            }
        }
        if let http2 = client.pointee.http2 {
            // Without trailers the last data frame has ended the stream.
            if !lines.isEmpty { http2.pointee.session.writeTrailers(exchange.pointee.stream, fields, lines.span) }
        } else if exchange.pointee.framing == .chunked {
            if lines.isEmpty {
                scratch.append("0\r\n\r\n")
            } else {
                ResponseHeadWriter.writeTrailers(fields, lines.span, to: &scratch)
            }
            deliverScratch(client)
        }
        answerEnded(upstream, exchange, client, hasMore: false)
    }
}
