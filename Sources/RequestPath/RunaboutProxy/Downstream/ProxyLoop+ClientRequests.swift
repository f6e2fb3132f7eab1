import Glibc
import RunaboutModel
import RunaboutRouting

/// What clients of HTTP/1 ask.
extension ProxyLoop {
    /// False when more bytes are needed.
    func receiveHead(_ client: ClientRef, _ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        if client.pointee.headStartedAt == 0 {
            // One empty line in front of a request is forgiven. Source: RFC 9112 §2.2.
            if !client.pointee.skippedEmptyLine, bytes[offset] == ByteClass.cr {
                guard offset + 1 < bytes.count else { return false }
                if bytes[offset + 1] == ByteClass.lf {
                    client.pointee.skippedEmptyLine = true
                    offset += 2
                    return true
                }
            }
            client.pointee.headStartedAt = now
            timers.arm(client.channel, at: now + timeouts.head)
        }
        switch client.pointee.delimiter.find(in: bytes, from: offset) {
        case .incomplete:
            guard bytes.count - offset < Limits.headBytesMax else {
                refuseHead(client, .requestTooLarge, status: hasLine(bytes, offset) ? 431 : 414)
                return true
            }
            return false
        case .malformed: refuseHead(client, .badRequest)
        case .complete(let end):
            let text = bytes.extracting(offset..<end)
            offset = end
            readHead(client, text)
        }
        return true
    }

    private func hasLine(_ bytes: Span<UInt8>, _ offset: Int) -> Bool {
        for index in offset..<bytes.count where bytes[index] == ByteClass.lf { return true }
        return false
    }

    private func readHead(_ client: ClientRef, _ text: Span<UInt8>) {
        guard text.count <= Limits.headBytesMax else {
            refuseHead(client, .requestTooLarge)
            return
        }
        do throws(Malformation) {
            let head = try RequestHead.scan(text, fields: &fields)
            guard head.target.count <= Limits.targetBytesMax else { throw Malformation.targetTooLong }
            begin(client, head, text)
        } catch {
            switch error {
            case .targetTooLong: refuseHead(client, .requestTooLarge, status: 414)
            case .tooManyFields, .tooLarge: refuseHead(client, .requestTooLarge)
            default: refuseHead(client, .badRequest)
            }
        }
    }

    private func begin(_ client: ClientRef, _ head: RequestHead, _ text: Span<UInt8>) {
        client.pointee.headStartedAt = 0
        client.pointee.skippedEmptyLine = false
        let exchange = makeExchange()
        exchange.pointee.begin(nextNumber, head, client, now: now)
        exchange.pointee.idRange = client.pointee.headWriter.write(
            head, fields, text, identity: nextIdentity(), to: &exchange.pointee.head)
        client.pointee.phase = .exchange
        client.pointee.exchange = exchange
        client.pointee.closesAfterAnswer = !head.keepsAlive
        guard let service = service(at: text, head.host) else {
            reporter.countAcceptedWithoutService(now: now)
            fail(exchange, .noSuchHost)
            return
        }
        exchange.pointee.timeouts = service.pointee.timeouts
        exchange.pointee.deadline = now + service.pointee.timeouts.total
        timers.arm(client.channel, at: exchange.pointee.deadline)
        timers.arm(client.channel, at: now + service.pointee.timeouts.idle)
        if exchange.pointee.hasBody { timers.arm(client.channel, at: now + timeouts.bodyIdle) }
        begin(exchange, service)
    }

    func receiveBody(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: inout Int,
    ) {
        exchange.pointee.lastBodyAt = now
        exchange.pointee.lastActivityAt = now
        scratch.removeAll()
        do throws(Malformation) {
            steps: while true {
                switch try exchange.pointee.requestBody.next(bytes, &offset) {
                case .data(let range) where exchange.pointee.sendsChunks: scratch.append(chunk: bytes, range)
                case .data(let range): if !send(upstream.channel, bytes, range) { readOut(upstream) }
                case .needsMore: break steps
                case .end:
                    if exchange.pointee.sendsChunks {
                        let trailers = exchange.pointee.requestBody.trailers
                        try checkTrailers(trailers.span)
                        scratch.append(lastChunkWith: trailers)
                    }
                    break steps
                }
            }
            if scratch.count > 0, !scratch.bytes.withUnsafeBytes({ send(upstream.channel, $0) }) { readOut(upstream) }
            scratch.removeAll()
            if exchange.pointee.requestBody.isEnded { awaitAnswer(upstream, exchange) }
        } catch {
            scratch.removeAll()
            fail(exchange, .badRequest)
        }
    }

    /// Trailers may not change what the head said.
    ///
    /// Source: RFC 9110 §6.5.1.
    private func checkTrailers(_ trailers: Span<UInt8>) throws(Malformation) {
        guard trailers.count > 0 else { return }
        fields.removeAll(keepingCapacity: true)
        try HeaderFields.scan(trailers, from: 0, into: &fields)
        for field in fields where field.kind != .other { throw .trailer }
    }

    /// Answers a head that can't be understood, and closes: nobody knows where the next one begins.
    func refuseHead(_ client: ClientRef, _ code: PlatformErrorCode, status: Int? = nil) {
        let identity = nextIdentity()
        var id = ByteWriter()
        id.append(hexadecimal: identity.high, digits: 16)
        id.append(hexadecimal: identity.low, digits: 16)
        let requestID = String(decoding: id.bytes, as: UTF8.self)
        let startedAt = client.pointee.headStartedAt
        reporter.recordUnread(code, requestID: requestID, startedAt: startedAt == 0 ? now : startedAt, now: now)
        let page = ErrorPage(code, status: status, requestID: requestID)
        answer(client, page, asHTML: false, answersHEAD: false, closes: true, saysKeepAlive: false)
        finish(client, lingering: true)
    }
}
