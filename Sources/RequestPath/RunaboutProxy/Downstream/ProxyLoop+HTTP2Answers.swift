import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What clients of HTTP/2 get.
extension ProxyLoop {
    /// How many bytes of an instance's connection may be read now; nil when the answer has to wait for its client.
    func readLimit(_ exchange: ExchangeRef, _ client: ClientRef, hasHead: Bool) -> Int? {
        guard exchange.pointee.stream != 0 else {
            let room = Limits.sendQueueBytesMax - client.pointee.head.output.count
            return room > 0 ? room : nil
        }
        guard let http2 = client.pointee.http2 else { return nil }
        let room = http2.pointee.session.room(ofStream: exchange.pointee.stream)
        if room == 0, hasHead {
            http2.pointee.session.waitForRoom(ofStream: exchange.pointee.stream)
            return nil
        }
        // A head needs no window, nor do the lines between chunks.
        return room + Limits.http2OutputReserveBytes / 2
    }

    func writeStreamHead(
        _ exchange: ExchangeRef, _ client: ClientRef, _ head: ResponseHead, _ text: Span<UInt8>, ends: Bool,
    ) {
        guard let http2 = client.pointee.http2 else { return }
        http2.pointee.session.writeHead(
            exchange.pointee.stream, head, fields, text,
            strictTransportSecuritySeconds: strictTransportSecuritySeconds(client), ends: ends)
        scheduleHTTP2(client)
    }

    /// Passes an answer's body on as far as the client's windows go; what is left is kept as it came.
    func receiveStreamAnswerBody(
        _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: ExchangeRef,
        _ client: ClientRef,
    ) throws(Malformation) {
        guard let http2 = client.pointee.http2 else { return }
        let stream = exchange.pointee.stream
        scheduleHTTP2(client)
        while true {
            let room = http2.pointee.session.room(ofStream: stream)
            var end = min(bytes.count, offset + room)
            if room == 0, offset < bytes.count {
                guard !upstream.pointee.body.isInData else {
                    hold(upstream, bytes, offset)
                    http2.pointee.session.waitForRoom(ofStream: stream)
                    offset = bytes.count
                    return
                }
                // What stands between data needs no window, but the byte behind it may be data again.
                end = offset + 1
            }
            switch try upstream.pointee.body.next(bytes.extracting(0..<end), &offset) {
            case .data(let range):
                let ends = upstream.pointee.body.isEnded
                exchange.pointee.responseBytes += Int64(range.count)
                _ = http2.pointee.session.writeData(stream, bytes, range, ends: ends)
                guard ends else { continue }
                answerEnded(upstream, exchange, client, hasMore: offset < bytes.count)
                return
            case .trailers(let range): exchange.pointee.answerTrailers.append(bytes, range)
            case .needsMore:
                if end == bytes.count { return }
            case .end:
                try writeStreamEnd(exchange, http2, stream)
                answerEnded(upstream, exchange, client, hasMore: offset < bytes.count)
                return
            }
        }
    }

    /// Keeps what was read of a body and could not be passed on.
    private func hold(_ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: Int) {
        bytes.extracting(offset..<bytes.count).withUnsafeBytes { upstream.pointee.kept.replace(with: $0) }
        upstream.pointee.isHeld = true
    }

    private func writeStreamEnd(
        _ exchange: ExchangeRef, _ http2: HTTP2ClientRef, _ stream: UInt32,
    ) throws(Malformation) {
        guard !exchange.pointee.answerTrailers.isEmpty else {
            http2.pointee.session.endBody(stream)
            return
        }
        let lines = exchange.pointee.answerTrailers.buffer
        try HeaderFields.scan(lines.span, into: &fields)
        http2.pointee.session.writeTrailers(stream, fields, lines.span)
    }

    /// The instance has closed behind a body whose end is that.
    func endStreamBody(_ exchange: ExchangeRef, _ client: ClientRef) {
        guard let http2 = client.pointee.http2 else { return }
        http2.pointee.session.endBody(exchange.pointee.stream)
        scheduleHTTP2(client)
    }

    /// Bytes of a tunnel go to the client as far as its windows go.
    func carryStreamTunnel(
        _ upstream: UpstreamRef, _ bytes: Span<UInt8>, _ offset: Int, _ exchange: ExchangeRef, _ client: ClientRef,
    ) {
        guard let http2 = client.pointee.http2 else { return }
        let stream = exchange.pointee.stream
        let taken = http2.pointee.session.writeData(stream, bytes, offset..<bytes.count, ends: false)
        exchange.pointee.responseBytes += Int64(taken)
        if offset + taken < bytes.count { hold(upstream, bytes, offset + taken) }
        scheduleHTTP2(client)
    }

    /// The instance has ended a tunnel.
    func endStreamTunnel(_ exchange: ExchangeRef, _ client: ClientRef) {
        guard let http2 = client.pointee.http2 else { return }
        let stream = exchange.pointee.stream
        http2.pointee.session.endBody(stream)
        http2.pointee.session.reset(stream, .none)
        noteIdle(client, http2)
        scheduleHTTP2(client)
    }

    /// The answer was handed out whole; what may still come of the request is not wanted.
    func streamAnswered(_ exchange: ExchangeRef, _ client: ClientRef, requestIsComplete: Bool) {
        guard let http2 = client.pointee.http2 else { return }
        // A stream that stays open would name an exchange that is another request's by then.
        if !requestIsComplete || !exchange.pointee.streamEnded {
            http2.pointee.session.reset(exchange.pointee.stream, .none)
        }
        client.pointee.hasServed = true
        noteIdle(client, http2)
        scheduleHTTP2(client)
    }

    /// The platform ended the request: says so, or breaks the answer that has begun off.
    func streamFailed(_ exchange: ExchangeRef, _ client: ClientRef, _ page: ErrorPage) {
        guard let http2 = client.pointee.http2 else { return }
        guard !exchange.pointee.responseStarted else {
            http2.pointee.session.reset(exchange.pointee.stream, .internalError)
            noteIdle(client, http2)
            scheduleHTTP2(client)
            return
        }
        answerStream(
            client, http2, exchange.pointee.stream, page, as: exchange.pointee.answerForm,
            answersHEAD: exchange.pointee.answersHEAD, isComplete: exchange.pointee.streamEnded)
    }

    /// Answers with a page; one that has no room in the client's window goes without its text.
    ///
    /// `isComplete` is whether the request has ended; if not, the rest of it is not wanted.
    func answerStream(
        _ client: ClientRef, _ http2: HTTP2ClientRef, _ stream: UInt32, _ page: ErrorPage, as form: AnswerForm,
        answersHEAD: Bool, isComplete: Bool,
    ) {
        let (text, body) = page.parts(as: form)
        let bytes = text.span
        do throws(Malformation) {
            guard let head = try ResponseHead.scan(bytes, answersHEAD: false, fields: &fields) else {
                throw Malformation.statusLine
            }
            let hasBody = !answersHEAD && http2.pointee.session.room(ofStream: stream) >= body.count
            http2.pointee.session.writeHead(
                stream, head, fields, bytes, strictTransportSecuritySeconds: strictTransportSecuritySeconds(client),
                ends: !hasBody)
            if hasBody { _ = http2.pointee.session.writeData(stream, body.span, 0..<body.count, ends: true) }
        } catch {
            preconditionFailure("our own page is malformed: \(error)")
        }
        if !isComplete { http2.pointee.session.reset(stream, .none) }
        noteIdle(client, http2)
        scheduleHTTP2(client)
    }

    /// The client of a tunnel has ended its side: so do we towards the instance.
    func endWriting(_ upstream: UpstreamRef) { shutdown(upstream.pointee.head.descriptor, Int32(SHUT_WR)) }
}
