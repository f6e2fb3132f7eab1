import CEpoll
import Glibc
import RunaboutModel
import RunaboutRouting

/// What a client's connection has when it speaks HTTP/2: many requests at once, each an exchange of its own.
struct HTTP2Client: ~Copyable {
    var session = HTTP2Session(role: .server)
    /// Up to when time was counted for the client's allowances.
    var countedUntil: Nanoseconds
}

typealias HTTP2ClientRef = UnsafeMutablePointer<HTTP2Client>

/// Connections of HTTP/2 from the first byte to the last.
extension ProxyLoop {
    /// From now on the connection speaks HTTP/2; its preface has not been read yet.
    func beginHTTP2(_ client: ClientRef) {
        let http2 = HTTP2ClientRef.allocate(capacity: 1)
        http2.initialize(to: HTTP2Client(countedUntil: now))
        client.pointee.http2 = http2
        client.pointee.phase = .http2
        client.pointee.headStartedAt = 0
        schedule(client.channel)
    }

    /// Gives back what HTTP/2 needed; its requests have ended before.
    func freeHTTP2(_ client: ClientRef) {
        guard let http2 = client.pointee.http2 else { return }
        client.pointee.http2 = nil
        http2.deinitialize(count: 1)
        http2.deallocate()
    }

    /// Whether bytes are, or may become, the preface of HTTP/2; nil when they do not tell yet.
    ///
    /// No request of HTTP/1.1 begins so: its method would be `PRI`. Source: RFC 9113 §3.4.
    func isHTTP2Preface(_ bytes: Span<UInt8>, _ offset: Int) -> Bool? {
        let preface = UnsafeBufferPointer(
            start: HTTP2Session.preface.utf8Start, count: HTTP2Session.preface.utf8CodeUnitCount)
        let count = min(preface.count, bytes.count - offset)
        for index in 0..<count where bytes[offset + index] != preface[index] { return false }
        return count == preface.count ? true : nil
    }

    /// One turn: reads what has come, then sends what came of it and of instances' answers since the last turn.
    func runHTTP2(_ client: ClientRef) {
        guard !client.pointee.head.isWriteBroken else {
            leave(client)
            return
        }
        var reads = 0
        while client.pointee.phase == .http2, client.pointee.head.isReadable, takesFrames(client) {
            guard reads < Limits.readsPerTurnMax else {
                schedule(client.channel)
                break
            }
            reads += 1
            switch readPlain(client) {
            case .bytes(let count): receiveHTTP2(client, buffer.bytes(count).span)
            case .nothing: break
            case .end, .failed:
                leave(client)
                return
            }
        }
        flushHTTP2(client)
    }

    /// A client that does not take our answers is not read: nothing it sends may pile up here.
    private func takesFrames(_ client: ClientRef) -> Bool {
        guard let http2 = client.pointee.http2 else { return false }
        return !http2.pointee.session.isBacklogged && !http2.pointee.session.isFinished
            && client.pointee.head.output.count < Limits.http2OutputBytesMax + Limits.http2OutputReserveBytes
    }

    /// Sends all frames of this turn at once, and lets those go on that waited for room.
    func flushHTTP2(_ client: ClientRef) {
        guard client.pointee.phase == .http2, let http2 = client.pointee.http2 else { return }
        if client.pointee.head.output.isEmpty, !http2.pointee.session.output.isEmpty {
            let frames = UnsafeRawBufferPointer(http2.pointee.session.output.buffer)
            deliver(client, frames, UnsafeRawBufferPointer(start: nil, count: 0))
            http2.pointee.session.output.consume(frames.count)
            resumeHTTP2(client, http2)
        }
        if http2.pointee.session.isFinished, http2.pointee.session.output.isEmpty { finish(client, lingering: true) }
    }

    /// Streams have got windows or room: their instances are read again.
    func resumeHTTP2(_ client: ClientRef, _ http2: HTTP2ClientRef) {
        while let stream = http2.pointee.session.nextWritable() {
            guard let exchange = ExchangeRef(bitPattern: stream.tag), let upstream = exchange.pointee.upstream else {
                continue
            }
            if upstream.pointee.http2 != nil { pumpAnswer(exchange) } else { schedule(upstream.channel) }
        }
    }

    /// Something was written for the client: it is sent at the end of the turn.
    func scheduleHTTP2(_ client: ClientRef) { schedule(client.channel) }

    /// Ends all requests of a connection that is gone, or broken.
    func endHTTP2(_ client: ClientRef, _ outcome: RequestOutcome) {
        guard let http2 = client.pointee.http2 else { return }
        while let stream = http2.pointee.session.anyStream(above: 0) {
            http2.pointee.session.drop(stream.stream)
            guard let exchange = ExchangeRef(bitPattern: stream.tag) else { continue }
            endStream(exchange, outcome)
        }
    }

    /// Ends a request whose stream is closed.
    func endStream(_ exchange: ExchangeRef, _ outcome: RequestOutcome) {
        end(exchange, exchange.pointee.isTunnel ? .answered(status: exchange.pointee.status) : outcome)
        giveBack(exchange)
    }

    /// No new requests from now on; those that run go on.
    func drainHTTP2(_ client: ClientRef) {
        guard let http2 = client.pointee.http2 else { return }
        if http2.pointee.session.streams.count == 0 {
            http2.pointee.session.finishDrain()
        } else {
            http2.pointee.session.beginDrain()
        }
        schedule(client.channel)
    }

    /// When to look at the connection again; nil when it is closed.
    func http2Timer(_ client: ClientRef) -> Nanoseconds? {
        guard let http2 = client.pointee.http2 else { return nil }
        guard http2.pointee.session.streams.count > 0 else { return idleHTTP2Timer(client, http2) }
        var next = now + timeouts.keepAlive
        var place = 0
        while place < http2.pointee.session.streams.capacity {
            let stream = http2.pointee.session.streams[place]
            place += 1
            guard stream.id != 0, let exchange = ExchangeRef(bitPattern: stream.tag) else { continue }
            if let deadline = streamTimer(exchange) {
                next = min(next, deadline)
            } else {
                // The table has changed: what was passed over is looked at soon.
                next = now + 1
            }
        }
        flushHTTP2(client)
        return client.pointee.head.isClosed ? nil : next
    }

    private func idleHTTP2Timer(_ client: ClientRef, _ http2: HTTP2ClientRef) -> Nanoseconds? {
        let limit = client.pointee.hasServed ? timeouts.keepAlive : timeouts.head
        let deadline = client.pointee.idleSince + limit
        guard now >= deadline else {
            http2.pointee.session.releaseIdleMemory()
            return deadline
        }
        http2.pointee.session.finishDrain()
        flushHTTP2(client)
        return client.pointee.head.isClosed ? nil : now + timeouts.linger
    }

    /// Nil when it has ended the request.
    private func streamTimer(_ exchange: ExchangeRef) -> Nanoseconds? {
        guard exchange.pointee.isTunnel else { return exchangeTimer(exchange) }
        let deadline = exchange.pointee.lastActivityAt + exchange.pointee.timeouts.idle
        guard now >= deadline else { return deadline }
        if let http2 = exchange.pointee.client?.pointee.http2 {
            http2.pointee.session.reset(exchange.pointee.stream, .cancel)
        }
        endStream(exchange, .clientGone)
        return nil
    }
}
