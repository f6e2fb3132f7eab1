import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What clients of HTTP/1 get.
extension ProxyLoop {
    /// Sends what was put together, and a part of what was read behind it.
    func deliver(_ client: ClientRef, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        let isSent = send(client.channel, first, second)
        let count = Int64(first.count &+ second.count)
        deliveredBytes &+= count
        client.pointee.exchange?.pointee.responseBytes &+= count
        client.pointee.lastActivityAt = now
        if client.pointee.head.output.isEmpty {
            client.pointee.lastSentAt = now
        } else {
            timers.arm(client.channel, at: client.pointee.lastSentAt + timeouts.sendIdle)
        }
        // A client that can't be written to is found gone in its own turn, not inside the instance's.
        if !isSent {
            client.pointee.head.hasHungUp = true
            client.pointee.head.isReadable = true
            schedule(client.channel)
        }
    }

    /// Sends what was put together for it.
    func deliverScratch(_ client: ClientRef) {
        guard scratch.count > 0 else { return }
        scratch.withUnsafeBytes { deliver(client, $0, UnsafeRawBufferPointer(start: nil, count: 0)) }
        scratch.removeAll()
    }

    func clientFlushed(_ client: ClientRef) {
        client.pointee.lastSentAt = now
        guard flush(client.channel) else {
            leave(client)
            return
        }
        if client.pointee.head.output.isEmpty, client.pointee.phase == .finishing {
            allSent(client)
            return
        }
        guard client.pointee.head.output.count < Limits.sendQueueBytesMax / 2 else { return }
        if let exchange = client.pointee.exchange, exchange.pointee.upstream?.pointee.http2 != nil {
            settleAnswer(exchange, client)
        } else if let upstream = client.pointee.exchange?.pointee.upstream, upstream.pointee.head.isReadable {
            schedule(upstream.channel)
        }
    }

    /// From now on bytes go both ways as they come.
    func beginTunnel(_ client: ClientRef) {
        client.pointee.phase = .tunnel
        client.pointee.lastActivityAt = now
        client.pointee.closesAfterAnswer = true
        schedule(client.channel)
    }

    /// The answer was handed out whole.
    ///
    /// `requestIsComplete` is whether the request's body was read to its end; if not, nobody knows where the next
    /// request begins.
    func exchangeAnswered(_ client: ClientRef, requestIsComplete: Bool) {
        client.pointee.exchange = nil
        if client.pointee.closesAfterAnswer || !requestIsComplete || isDraining {
            finish(client, lingering: !requestIsComplete)
        } else {
            awaitNext(client)
        }
    }

    /// The platform ended the request: says so, or cuts the answer that has begun.
    func exchangeFailed(_ client: ClientRef, _ exchange: ExchangeRef, _ page: ErrorPage) {
        if exchange.pointee.stream != 0 {
            streamFailed(exchange, client, page)
            return
        }
        client.pointee.exchange = nil
        guard !client.pointee.head.isClosed else { return }
        guard !exchange.pointee.responseStarted else {
            // Only an error tells clients that read until the end that this is not it.
            if exchange.pointee.framing == .untilClose { abort(client) } else { finish(client, lingering: false) }
            return
        }
        let isComplete = exchange.pointee.requestBody.isEnded
        let closes = client.pointee.closesAfterAnswer || !isComplete || isDraining
        answer(
            client, page, as: exchange.pointee.answerForm, answersHEAD: exchange.pointee.answersHEAD,
            closes: closes, saysKeepAlive: exchange.pointee.isHTTP10)
        if closes { finish(client, lingering: !isComplete) } else { awaitNext(client) }
    }

    func answer(
        _ client: ClientRef, _ page: ErrorPage, as form: AnswerForm, answersHEAD: Bool, closes: Bool,
        saysKeepAlive: Bool,
    ) {
        var writer = ByteWriter()
        page.write(
            as: form, answersHEAD: answersHEAD, closes: closes, saysKeepAlive: saysKeepAlive,
            strictTransportSecuritySeconds: strictTransportSecuritySeconds(client), to: &writer)
        writer.withUnsafeBytes { deliver(client, $0, UnsafeRawBufferPointer(start: nil, count: 0)) }
    }

    /// For how long this client is told to come over TLS only; nil when it did not, or nobody wants that said.
    ///
    /// Source: RFC 6797 §7.2: answers over plain HTTP must not say it.
    @inline(__always)
    func strictTransportSecuritySeconds(_ client: ClientRef) -> Int? {
        client.pointee.head.tls == nil ? nil : settings.strictTransportSecuritySeconds
    }

    private func awaitNext(_ client: ClientRef) {
        client.pointee.phase = .head
        client.pointee.hasServed = true
        client.pointee.idleSince = now
        timers.arm(client.channel, at: now + timeouts.keepAlive)
        if !client.pointee.kept.isEmpty || client.pointee.head.isReadable || client.pointee.head.hasHungUp {
            schedule(client.channel)
        }
    }

    func finish(_ client: ClientRef, lingering: Bool) {
        client.pointee.phase = .finishing
        client.pointee.lingers = lingering
        client.pointee.kept.removeAll()
        if client.pointee.head.output.isEmpty { allSent(client) }
    }

    private func allSent(_ client: ClientRef) {
        takeLeave(client)
        guard client.pointee.head.output.isEmpty else { return }
        guard client.pointee.lingers, !client.pointee.head.hasHungUp else {
            closeClient(client)
            return
        }
        client.pointee.phase = .lingering
        shutdown(client.pointee.head.descriptor, Int32(SHUT_WR))
        client.pointee.idleSince = now
        timers.arm(client.channel, at: now + timeouts.linger)
        client.pointee.head.isReadable = true
        schedule(client.channel)
    }

    func linger(_ client: ClientRef) {
        for _ in 0..<Limits.readsPerTurnMax where client.pointee.head.isReadable {
            switch buffer.read(client.channel, keeping: UnsafeRawBufferPointer(start: nil, count: 0)) {
            case .bytes, .nothing: break
            case .end, .failed:
                closeClient(client)
                return
            }
        }
        // Whoever floods a connection that was refused need not be read to the end.
        if client.pointee.head.isReadable { closeClient(client) }
    }
}

/// Deadlines.
extension ProxyLoop {
    func clientTimer(_ client: ClientRef) -> Nanoseconds? {
        let hasOutput = !client.pointee.head.output.isEmpty
        let sendDeadline = client.pointee.lastSentAt + timeouts.sendIdle
        if hasOutput, now >= sendDeadline {
            leave(client)
            return nil
        }
        guard let next = phaseTimer(client) else { return nil }
        return hasOutput ? min(next, sendDeadline) : next
    }

    /// Nil when the client is closed.
    private func phaseTimer(_ client: ClientRef) -> Nanoseconds? {
        switch client.pointee.phase {
        case .proxyHeader:
            let deadline = client.pointee.idleSince + timeouts.head
            guard now >= deadline else { return deadline }
            closeClient(client)
            return nil
        case .head:
            let startedAt = client.pointee.headStartedAt
            let isReading = startedAt != 0
            let limit = isReading || !client.pointee.hasServed ? timeouts.head : timeouts.keepAlive
            let begin = isReading ? startedAt : client.pointee.idleSince
            let deadline = begin + (client.pointee.isHandshaking ? timeouts.handshake : limit)
            guard now >= deadline else { return deadline }
            if isReading {
                refuseHead(client, .clientTooSlow)
            } else {
                takeLeave(client)
                closeClient(client)
            }
            return client.pointee.head.isClosed ? nil : now + timeouts.linger
        case .exchange:
            guard let exchange = client.pointee.exchange else { return nil }
            if let deadline = exchangeTimer(exchange) { return deadline }
            return client.pointee.head.isClosed ? nil : now + timeouts.linger
        case .tunnel:
            let deadline = client.pointee.lastActivityAt + (client.pointee.exchange?.pointee.timeouts.idle ?? 0)
            guard now >= deadline else { return deadline }
            leave(client)
            return nil
        case .http2: return http2Timer(client)
        case .finishing: return client.pointee.lastSentAt + timeouts.sendIdle
        case .lingering:
            let deadline = client.pointee.idleSince + timeouts.linger
            guard now >= deadline else { return deadline }
            closeClient(client)
            return nil
        }
    }

    /// Ends a request that takes too long; otherwise gives when to look again.
    func exchangeTimer(_ exchange: ExchangeRef) -> Nanoseconds? {
        let idleDeadline = exchange.pointee.lastActivityAt + exchange.pointee.timeouts.idle
        // What waits in the queue has a limit of its own.
        let isIdle = exchange.pointee.upstream != nil && now >= idleDeadline
        if now >= exchange.pointee.deadline || isIdle {
            fail(exchange, .requestTimeout)
            return nil
        }
        var next = min(exchange.pointee.deadline, max(idleDeadline, now + 1))
        if exchange.pointee.askedAt != 0, !exchange.pointee.responseStarted {
            let headDeadline = exchange.pointee.askedAt + exchange.pointee.timeouts.responseHeader
            if now >= headDeadline {
                fail(exchange, .requestTimeout)
                return nil
            }
            next = min(next, headDeadline)
        }
        guard !exchange.pointee.requestBody.isEnded, let upstream = exchange.pointee.upstream,
            upstream.pointee.head.output.count < Limits.sendQueueBytesMax
        else { return next }
        let bodyDeadline = exchange.pointee.lastBodyAt + timeouts.bodyIdle
        if now >= bodyDeadline {
            fail(exchange, .clientTooSlow)
            return nil
        }
        return min(next, bodyDeadline)
    }
}
