import CEpoll
import Glibc
import RunaboutModel
import RunaboutRouting

/// A client's connection: reads requests one after the other, passes bodies on and hands answers out.
final class ClientConnection: Endpoint {
    private enum Phase {
        /// Reading a head, or waiting for one.
        case head
        /// A request runs.
        case exchange(Exchange)
        /// Protocols were switched: bytes go both ways as they come.
        case tunnel(Exchange)
        /// Nothing more is read; the connection closes when all is sent.
        case finishing
        /// All is sent; what the client still says is thrown away until it has seen the end.
        case lingering
    }

    private unowned let core: ProxyCore
    private let headWriter: RequestHeadWriter
    private var phase = Phase.head
    private var pending: [UInt8] = []
    private var pendingIsIncomplete = false
    private var delimiter = HeadDelimiter()
    private var skippedEmptyLine = false
    private var headStartedAt: MonotonicTime?
    private var idleSince: MonotonicTime
    private var hasServed = false
    private var lingers = false
    private var lastSentAt: MonotonicTime
    private var lastActivityAt: MonotonicTime

    /// Whether the connection ends with the answer that is being sent.
    var closesAfterAnswer = false

    init(descriptor: Int32, peer: [UInt8], peerIsIPv6: Bool, core: ProxyCore) {
        self.core = core
        headWriter = RequestHeadWriter(peer: peer, peerIsIPv6: peerIsIPv6)
        idleSince = core.loop.now
        lastSentAt = core.loop.now
        lastActivityAt = core.loop.now
        super.init(descriptor: descriptor, loop: core.loop)
    }

    /// Begins to watch the connection.
    func start() {
        guard loop.add(self, events: edgeEvents) == 0 else {
            close()
            return
        }
        loop.arm(self, at: idleSince + Limits.headTimeout)
    }

    override func close() {
        let wasOpen = !isClosed
        super.close()
        if wasOpen { core.onClientClosed() }
    }

    override func timerFired() -> MonotonicTime? { deadlinePassed() }

    override func handle(_ events: UInt32) {
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            hasHungUp = true
            isReadable = true
        }
        if events & EPOLLIN.rawValue != 0 { isReadable = true }
        if events & EPOLLOUT.rawValue != 0, !output.isEmpty { flushed() }
        if !isClosed { run() }
    }

    override func run() {
        var reads = 0
        while !isClosed {
            switch phase {
            case .lingering:
                linger()
                return
            case .finishing: return
            case .exchange where hasHungUp:
                leave()
                return
            case .head, .exchange, .tunnel: break
            }
            guard wantsBytes else { return }
            if !pending.isEmpty, !pendingIsIncomplete {
                let count = pending.count
                loop.buffer.load(pending)
                pending = []
                loop.buffer.withBytes(count) { receive($0) }
                continue
            }
            guard isReadable else { return }
            guard reads < Limits.readsPerTurnMax else {
                loop.schedule(self)
                return
            }
            reads += 1
            readOnce()
        }
    }

    private func readOnce() {
        var isEmptied = false
        switch loop.buffer.read(from: descriptor, keeping: pending, isEmptied: &isEmptied) {
        case .bytes(let count):
            if isEmptied, !hasHungUp { isReadable = false }
            pending = []
            loop.buffer.withBytes(count) { receive($0) }
        case .nothing:
            isReadable = false
        case .end, .failed:
            isReadable = false
            leave()
        }
    }

    /// Whether what the client says now has somewhere to go.
    private var wantsBytes: Bool {
        switch phase {
        case .head: true
        case .exchange(let exchange):
            if exchange.requestBody.isEnded {
                false
            } else if let upstream = exchange.upstream {
                !upstream.isConnecting && upstream.output.count < Limits.sendQueueBytesMax
            } else {
                false
            }
        case .tunnel(let exchange): exchange.upstream.map { $0.output.count < Limits.sendQueueBytesMax } ?? false
        case .finishing, .lingering: false
        }
    }

    private func receive(_ bytes: Span<UInt8>) {
        var offset = 0
        pendingIsIncomplete = false
        scan: while offset < bytes.count, !isClosed {
            switch phase {
            case .head:
                guard receiveHead(bytes, &offset) else {
                    pendingIsIncomplete = true
                    break scan
                }
            case .exchange(let exchange):
                guard wantsBytes, let upstream = exchange.upstream else { break scan }
                receiveBody(bytes, &offset, exchange, upstream)
            case .tunnel(let exchange):
                lastActivityAt = loop.now
                if let upstream = exchange.upstream, !upstream.send(bytes, offset..<bytes.count) { upstream.readOut() }
                return
            case .finishing, .lingering: return
            }
        }
        guard offset < bytes.count, !isClosed else { return }
        pending.reserveCapacity(bytes.count - offset)
        for index in offset..<bytes.count { pending.append(bytes[index]) }
    }
}

/// Requests.
extension ClientConnection {
    /// False when more bytes are needed.
    private func receiveHead(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        if headStartedAt == nil {
            // One empty line in front of a request is forgiven. Source: RFC 9112 §2.2.
            if !skippedEmptyLine, bytes[offset] == ByteClass.cr {
                guard offset + 1 < bytes.count else { return false }
                if bytes[offset + 1] == ByteClass.lf {
                    skippedEmptyLine = true
                    offset += 2
                    return true
                }
            }
            headStartedAt = loop.now
            loop.arm(self, at: loop.now + Limits.headTimeout)
        }
        switch delimiter.find(in: bytes, from: offset) {
        case .incomplete:
            guard bytes.count - offset < Limits.headBytesMax else {
                refuseHead(.requestTooLarge, status: hasLine(bytes, offset) ? 431 : 414)
                return true
            }
            return false
        case .malformed: refuseHead(.badRequest)
        case .complete(let end):
            let text = bytes.extracting(offset..<end)
            offset = end
            readHead(text)
        }
        return true
    }

    private func hasLine(_ bytes: Span<UInt8>, _ offset: Int) -> Bool {
        for index in offset..<bytes.count where bytes[index] == ByteClass.lf { return true }
        return false
    }

    private func readHead(_ text: Span<UInt8>) {
        guard text.count <= Limits.headBytesMax else {
            refuseHead(.requestTooLarge)
            return
        }
        do {
            let head = try RequestHead.scan(text, fields: &core.fields)
            guard head.target.count <= Limits.targetBytesMax else { throw Malformation.targetTooLong }
            begin(head, text)
        } catch {
            switch error as? Malformation {
            case .targetTooLong: refuseHead(.requestTooLarge, status: 414)
            case .tooManyFields, .tooLarge: refuseHead(.requestTooLarge)
            default: refuseHead(.badRequest)
            }
        }
    }

    private func begin(_ head: RequestHead, _ text: Span<UInt8>) {
        headStartedAt = nil
        skippedEmptyLine = false
        let exchange = Exchange(number: core.nextNumber(), head: head, client: self, now: loop.now)
        exchange.idRange = headWriter.write(
            head, core.fields, text, identity: core.nextIdentity(), to: &exchange.head)
        phase = .exchange(exchange)
        closesAfterAnswer = !exchange.keepsAlive
        guard let service = core.service(at: text, head.host) else {
            core.reporter.countAccepted(nil, now: loop.now)
            core.fail(exchange, .noSuchHost)
            return
        }
        exchange.deadline = loop.now + service.admission.requestTimeout
        loop.arm(self, at: exchange.deadline)
        if exchange.hasBody { loop.arm(self, at: loop.now + Limits.bodyIdleTimeout) }
        core.begin(exchange, service)
    }

    private func receiveBody(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: Exchange, _ upstream: UpstreamConnection,
    ) {
        exchange.lastBodyAt = loop.now
        core.scratch.removeAll()
        do {
            steps: while true {
                switch try exchange.requestBody.next(bytes, &offset) {
                case .data(let range) where exchange.sendsChunks: core.scratch.append(chunk: bytes, range)
                case .data(let range): if !upstream.send(bytes, range) { upstream.readOut() }
                case .needsMore: break steps
                case .end:
                    if exchange.sendsChunks {
                        let trailers = exchange.requestBody.trailers
                        try checkTrailers(trailers.span)
                        core.scratch.append(lastChunkWith: trailers)
                    }
                    break steps
                }
            }
            if core.scratch.count > 0, !upstream.send(core.scratch) { upstream.readOut() }
            core.scratch.removeAll()
        } catch {
            core.scratch.removeAll()
            core.fail(exchange, .badRequest)
        }
    }

    /// Trailers may not change what the head said.
    ///
    /// Source: RFC 9110 §6.5.1.
    private func checkTrailers(_ trailers: Span<UInt8>) throws(Malformation) {
        guard trailers.count > 0 else { return }
        core.fields.removeAll(keepingCapacity: true)
        try HeaderFields.scan(trailers, from: 0, into: &core.fields)
        for field in core.fields where field.kind != .other { throw .trailer }
    }

    /// The client is gone, or has nothing more to say.
    private func leave() {
        switch phase {
        case .exchange(let exchange):
            phase = .finishing
            core.end(exchange, .clientGone)
        case .tunnel(let exchange):
            phase = .finishing
            core.end(exchange, .answered(status: exchange.status))
        case .head, .finishing, .lingering: break
        }
        close()
    }
}

/// Answers.
extension ClientConnection {
    /// Sends part of an answer.
    func deliver(_ writer: borrowing ByteWriter) {
        noteSend(writer.bytes.withUnsafeBytes { send($0) })
    }

    /// Sends part of an answer.
    func deliver(_ bytes: Span<UInt8>, _ range: Range<Int>) { noteSend(send(bytes, range)) }

    private func noteSend(_ isSent: Bool) {
        lastActivityAt = loop.now
        if output.isEmpty {
            lastSentAt = loop.now
        } else {
            loop.arm(self, at: lastSentAt + Limits.sendIdleTimeout)
        }
        // A client that can't be written to is found gone in its own turn, not inside the instance's.
        if !isSent {
            hasHungUp = true
            isReadable = true
            loop.schedule(self)
        }
    }

    private func flushed() {
        lastSentAt = loop.now
        guard flush() else {
            leave()
            return
        }
        if output.isEmpty, case .finishing = phase {
            allSent()
            return
        }
        guard output.count < Limits.sendQueueBytesMax / 2 else { return }
        switch phase {
        case .exchange(let exchange), .tunnel(let exchange):
            if let upstream = exchange.upstream, upstream.isReadable { loop.schedule(upstream) }
        case .head, .finishing, .lingering: break
        }
    }

    /// From now on bytes go both ways as they come.
    func beginTunnel() {
        guard case .exchange(let exchange) = phase else { return }
        phase = .tunnel(exchange)
        lastActivityAt = loop.now
        closesAfterAnswer = true
        loop.schedule(self)
    }

    /// Sends what the instance said in a tunnel.
    func carryTunnel(_ bytes: Span<UInt8>, _ range: Range<Int>) { deliver(bytes, range) }

    /// The answer was handed out whole.
    ///
    /// - Parameter requestIsComplete: whether the request's body was read to its end; if not, nobody knows where the
    ///   next request begins.
    func exchangeAnswered(requestIsComplete: Bool) {
        if closesAfterAnswer || !requestIsComplete || core.isDraining {
            finish(lingering: !requestIsComplete)
        } else {
            awaitNext()
        }
    }

    /// The platform ended the request: says so, or cuts the answer that has begun.
    func exchangeFailed(_ exchange: Exchange, _ page: ErrorPage) {
        guard !isClosed else { return }
        guard !exchange.responseStarted else {
            // Only an error tells clients that read until the end that this is not it.
            if exchange.isHTTP10 { abort() } else { finish(lingering: false) }
            return
        }
        let isComplete = exchange.requestBody.isEnded
        let closes = closesAfterAnswer || !isComplete || core.isDraining
        answer(
            page, asHTML: exchange.prefersHTML, answersHEAD: exchange.answersHEAD, closes: closes,
            saysKeepAlive: exchange.isHTTP10)
        if closes { finish(lingering: !isComplete) } else { awaitNext() }
    }

    /// Answers a head that can't be understood, and closes: nobody knows where the next one begins.
    private func refuseHead(_ code: PlatformErrorCode, status: Int? = nil) {
        let identity = core.nextIdentity()
        var id = ByteWriter()
        id.append(hexadecimal: identity.high, digits: 16)
        id.append(hexadecimal: identity.low, digits: 16)
        let requestID = String(decoding: id.bytes, as: UTF8.self)
        core.reporter.recordUnread(
            code, requestID: requestID, startedAt: headStartedAt ?? loop.now, now: loop.now)
        let page = ErrorPage(code, status: status, requestID: requestID)
        answer(page, asHTML: false, answersHEAD: false, closes: true, saysKeepAlive: false)
        finish(lingering: true)
    }

    private func answer(_ page: ErrorPage, asHTML: Bool, answersHEAD: Bool, closes: Bool, saysKeepAlive: Bool) {
        var writer = ByteWriter()
        page.write(
            asHTML: asHTML, answersHEAD: answersHEAD, closes: closes, saysKeepAlive: saysKeepAlive, to: &writer)
        deliver(writer)
    }

    private func awaitNext() {
        phase = .head
        hasServed = true
        idleSince = loop.now
        loop.arm(self, at: idleSince + Limits.keepAliveTimeout)
        if !pending.isEmpty || isReadable || hasHungUp { loop.schedule(self) }
    }

    private func finish(lingering: Bool) {
        phase = .finishing
        lingers = lingering
        pending = []
        if output.isEmpty { allSent() }
    }

    private func allSent() {
        guard lingers, !hasHungUp else {
            close()
            return
        }
        phase = .lingering
        shutdown(descriptor, Int32(SHUT_WR))
        idleSince = loop.now
        loop.arm(self, at: idleSince + Limits.lingerTimeout)
        isReadable = true
        loop.schedule(self)
    }

    private func linger() {
        for _ in 0..<Limits.readsPerTurnMax where isReadable {
            var isEmptied = false
            switch loop.buffer.read(from: descriptor, keeping: [], isEmptied: &isEmptied) {
            case .bytes: if isEmptied, !hasHungUp { isReadable = false }
            case .nothing: isReadable = false
            case .end, .failed:
                close()
                return
            }
        }
        // Whoever floods a connection that was refused need not be read to the end.
        if isReadable { close() }
    }
}

/// Deadlines and the router's end.
extension ClientConnection {
    private func deadlinePassed() -> MonotonicTime? {
        if !output.isEmpty, loop.now >= lastSentAt + Limits.sendIdleTimeout {
            leave()
            return nil
        }
        var next: MonotonicTime?
        switch phase {
        case .head:
            let isReading = headStartedAt != nil
            let limit = isReading || !hasServed ? Limits.headTimeout : Limits.keepAliveTimeout
            let deadline = (headStartedAt ?? idleSince) + limit
            if loop.now >= deadline {
                if isReading { refuseHead(.clientTooSlow) } else { close() }
                return isClosed ? nil : loop.now + Limits.sendIdleTimeout
            }
            next = deadline
        case .exchange(let exchange):
            guard let deadline = checkDeadlines(exchange) else {
                return isClosed ? nil : loop.now + Limits.lingerTimeout
            }
            next = deadline
        case .tunnel:
            guard loop.now < lastActivityAt + Limits.idleTimeout else {
                leave()
                return nil
            }
            next = lastActivityAt + Limits.idleTimeout
        case .finishing: next = lastSentAt + Limits.sendIdleTimeout
        case .lingering:
            guard loop.now < idleSince + Limits.lingerTimeout else {
                close()
                return nil
            }
            next = idleSince + Limits.lingerTimeout
        }
        guard !output.isEmpty else { return next }
        let sendDeadline = lastSentAt + Limits.sendIdleTimeout
        return next.map { min($0, sendDeadline) } ?? sendDeadline
    }

    /// Ends a request that takes too long; otherwise gives when to look again.
    private func checkDeadlines(_ exchange: Exchange) -> MonotonicTime? {
        if loop.now >= exchange.deadline {
            core.fail(exchange, .requestTimeout)
            return nil
        }
        guard wantsBytes else { return exchange.deadline }
        let bodyDeadline = exchange.lastBodyAt + Limits.bodyIdleTimeout
        if loop.now >= bodyDeadline {
            core.fail(exchange, .clientTooSlow)
            return nil
        }
        return min(exchange.deadline, bodyDeadline)
    }

    /// Closes the connection when no request is on it.
    func closeIfIdle() {
        if case .head = phase, headStartedAt == nil, pending.isEmpty, !isReadable { close() }
    }

    /// Ends what runs because the router stops.
    func endForStop() {
        switch phase {
        case .exchange(let exchange), .tunnel(let exchange):
            phase = .finishing
            core.end(exchange, .platformError(.routerStopped))
        case .head, .finishing, .lingering: break
        }
        abort()
    }
}
