import Glibc
import RunaboutLink
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
        do throws(Malformation) {
            let rest = bytes.extracting(offset..<bytes.count)
            guard let head = try client.pointee.delimiter.requestHead(rest, fields: &fields) else { return false }
            offset += head.end
            begin(client, head, rest)
        } catch {
            switch error {
            case .targetTooLong: refuseHead(client, .requestTooLarge, status: 414)
            case .tooManyFields, .tooLarge: refuseHead(client, .requestTooLarge)
            default: refuseHead(client, .badRequest)
            }
        }
        return true
    }

    private func begin(_ client: ClientRef, _ head: RequestHead, _ text: Span<UInt8>) {
        client.pointee.headStartedAt = 0
        client.pointee.skippedEmptyLine = false
        let exchange = makeExchange()
        exchange.pointee.begin(nextNumber, head, client, now: now)
        exchange.pointee.requestBytes = Int64(head.end)
        writeHead(of: exchange, client, head, text)
        client.pointee.phase = .exchange
        client.pointee.exchange = exchange
        client.pointee.closesAfterAnswer = !head.keepsAlive
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

    /// The service of a request is known: from now on its times count.
    func start(_ exchange: ExchangeRef, _ service: ServiceRef, _ client: ClientRef) {
        exchange.pointee.timeouts = service.pointee.timeouts
        exchange.pointee.deadline = now + service.pointee.timeouts.total
        timers.arm(client.channel, at: exchange.pointee.deadline)
        timers.arm(client.channel, at: now + service.pointee.timeouts.idle)
        if exchange.pointee.hasBody { timers.arm(client.channel, at: now + timeouts.bodyIdle) }
        begin(exchange, service)
    }

    /// Puts together what an instance gets.
    func writeHead(of exchange: ExchangeRef, _ client: ClientRef, _ head: RequestHead, _ text: Span<UInt8>) {
        guard let proxy = trustedProxy(client) else {
            exchange.pointee.isSecure = client.pointee.head.tls != nil
            exchange.pointee.idRange = client.pointee.headWriter.write(
                head, fields, text, identity: nextIdentity(), to: &exchange.pointee.head)
            return
        }
        let written = client.pointee.headWriter.write(
            head, fields, text, identity: nextIdentity(), passedOnBy: proxy, to: &exchange.pointee.head)
        exchange.pointee.idRange = written.id
        exchange.pointee.isSecure = written.origin.isHTTPS
    }

    /// The client as a proxy whose word is taken; nil for everyone else.
    func trustedProxy(_ client: ClientRef) -> TrustedForwarding? {
        guard !trustedProxies.isEmpty, let peer = client.pointee.peer, trustedProxies.contain(peer) else { return nil }
        return TrustedForwarding(trusted: trustedProxies, peer: peer, isTLS: client.pointee.head.tls != nil)
    }

    func receiveBody(
        _ exchange: ExchangeRef, _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: inout Int,
    ) {
        exchange.pointee.lastBodyAt = now
        exchange.pointee.lastActivityAt = now
        let begin = offset
        scratch.removeAll()
        do throws(Malformation) {
            steps: while true {
                switch try exchange.pointee.requestBody.next(bytes, &offset) {
                case .data(let range) where exchange.pointee.sendsChunks: scratch.append(chunk: bytes, range)
                case .data(let range): if !send(upstream.channel, bytes, range) { readOut(upstream) }
                case .trailers(let range): exchange.pointee.requestTrailers.append(bytes, range)
                case .needsMore: break steps
                case .end:
                    if exchange.pointee.sendsChunks {
                        try checkTrailers(exchange.pointee.requestTrailers.span)
                        scratch.append(lastChunkWith: exchange.pointee.requestTrailers.span)
                    }
                    break steps
                }
            }
            exchange.pointee.requestBytes += Int64(offset - begin)
            if scratch.count > 0, !scratch.withUnsafeBytes({ send(upstream.channel, $0) }) { readOut(upstream) }
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
    func checkTrailers(_ trailers: Span<UInt8>) throws(Malformation) {
        guard trailers.count > 0 else { return }
        try HeaderFields.scan(trailers, into: &fields)
        for number in fields.indices where fields[number].kind != .other { throw .trailer }
    }

    /// Answers a head that can't be understood, and closes: nobody knows where the next one begins.
    func refuseHead(_ client: ClientRef, _ code: PlatformErrorCode, status: Int? = nil) {
        let identity = nextIdentity()
        var id = ByteWriter()
        id.append(hexadecimal: identity.high, digits: 16)
        id.append(hexadecimal: identity.low, digits: 16)
        let requestID = id.text(0..<id.count)
        let startedAt = client.pointee.headStartedAt
        reporter.recordUnread(code, requestID: requestID, startedAt: startedAt == 0 ? now : startedAt, now: now)
        let page = ErrorPage(code, status: status, requestID: requestID)
        let before = deliveredBytes
        answer(client, page, as: .text, answersHEAD: false, closes: true, saysKeepAlive: false)
        tellUnread(
            client, code, status: page.status, requestID: id, startedAt: startedAt == 0 ? now : startedAt,
            responseBytes: deliveredBytes - before)
        finish(client, lingering: true)
    }
}
