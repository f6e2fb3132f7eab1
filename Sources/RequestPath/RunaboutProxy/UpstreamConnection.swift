import CEpoll
import Glibc
import RunaboutModel
import RunaboutRouting

/// A connection to an instance: carries one request at a time and reads its answer.
final class UpstreamConnection: Endpoint {
    private unowned let core: ProxyCore
    private let pool: UpstreamPool
    private var exchange: Exchange?
    private(set) var isConnecting: Bool
    private var isReused = false
    private var since: MonotonicTime

    private var delimiter = HeadDelimiter()
    private var pending: [UInt8] = []
    private var head: ResponseHead?
    private var body = BodyDecoder(.none)
    private var framing = AnswerFraming.plain
    private var interimCount = 0
    private var heardAnything = false
    private(set) var isTunnel = false

    private init(descriptor: Int32, pool: UpstreamPool, core: ProxyCore, isConnecting: Bool) {
        self.core = core
        self.pool = pool
        self.isConnecting = isConnecting
        since = core.loop.now
        super.init(descriptor: descriptor, loop: core.loop)
    }

    override var canWrite: Bool { !isConnecting }

    /// Begins a connection; nil when the kernel refuses at once.
    static func connect(_ pool: UpstreamPool, core: ProxyCore) -> UpstreamConnection? {
        guard var address = pool.socketAddress else { return nil }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return nil }
        setNoDelay(descriptor)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            _ = Glibc.close(descriptor)
            return nil
        }
        let connection = UpstreamConnection(
            descriptor: descriptor, pool: pool, core: core, isConnecting: result != 0)
        guard core.loop.add(connection, events: edgeEvents) == 0 else {
            connection.close()
            return nil
        }
        return connection
    }

    /// Whether nothing has come on an unused connection, its end included.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// Sends a request's head; its body follows from the client's connection.
    func carry(_ exchange: Exchange) {
        self.exchange = exchange
        exchange.upstream = self
        heardAnything = false
        interimCount = 0
        since = loop.now
        if isConnecting { loop.arm(self, at: since + Limits.connectTimeout) }
        if !send(exchange.head) { readOut() }
        if exchange.hasBody, let client = exchange.client { loop.schedule(client) }
    }

    /// The request has ended from the other side: nobody waits for the answer.
    func release() {
        exchange = nil
        close()
    }

    /// Writing failed: what the instance said before it closed may still be there to be read.
    func readOut() {
        isReadable = true
        loop.schedule(self)
    }

    override func handle(_ events: UInt32) {
        if isConnecting, !finishConnecting(events) { return }
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            hasHungUp = true
            isReadable = true
        }
        if events & EPOLLIN.rawValue != 0 { isReadable = true }
        if events & EPOLLOUT.rawValue != 0, !output.isEmpty { flushed() }
        run()
    }

    private func flushed() {
        if !flush() { readOut() }
        if output.count < Limits.sendQueueBytesMax / 2, let client = exchange?.client { loop.schedule(client) }
    }

    /// False when there is no connection.
    private func finishConnecting(_ events: UInt32) -> Bool {
        guard events & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 else { return false }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else {
            connectFailed()
            return false
        }
        isConnecting = false
        flushed()
        return true
    }

    private func connectFailed() {
        let exchange = exchange
        self.exchange = nil
        close()
        guard let exchange else { return }
        exchange.upstream = nil
        core.unreachable(exchange)
    }

    override func timerFired() -> MonotonicTime? {
        if isConnecting {
            guard loop.now < since + Limits.connectTimeout else {
                connectFailed()
                return nil
            }
            return since + Limits.connectTimeout
        }
        guard exchange == nil else { return nil }
        guard loop.now < since + Limits.upstreamIdleTimeout else {
            pool.remove(self)
            close()
            return nil
        }
        return since + Limits.upstreamIdleTimeout
    }

    override func run() {
        guard !isConnecting else { return }
        var reads = 0
        while !isClosed, isReadable {
            guard let exchange, let client = exchange.client else {
                // An unused connection that speaks or ends is of no use.
                pool.remove(self)
                close()
                return
            }
            guard client.output.count < Limits.sendQueueBytesMax else { return }
            guard reads < Limits.readsPerTurnMax else {
                loop.schedule(self)
                return
            }
            reads += 1
            var isEmptied = false
            switch loop.buffer.read(from: descriptor, keeping: pending, isEmptied: &isEmptied) {
            case .bytes(let count):
                if isEmptied, !hasHungUp { isReadable = false }
                pending = []
                loop.buffer.withBytes(count) { receive($0, exchange, client) }
            case .nothing:
                isReadable = false
            case .end: ended(exchange, isRegular: true)
            case .failed: ended(exchange, isRegular: false)
            }
        }
    }
}

/// The answer.
extension UpstreamConnection {
    private func receive(_ bytes: Span<UInt8>, _ exchange: Exchange, _ client: ClientConnection) {
        heardAnything = true
        var offset = 0
        do {
            while offset < bytes.count, self.exchange === exchange {
                if isTunnel {
                    client.carryTunnel(bytes, offset..<bytes.count)
                    return
                }
                guard head != nil else {
                    guard try receiveHead(bytes, &offset, exchange, client) else { return }
                    continue
                }
                try receiveBody(bytes, &offset, exchange, client)
            }
            // More than the answer: whatever it is, no other request may get it.
            if offset < bytes.count, !isClosed {
                pool.remove(self)
                close()
            }
        } catch {
            flushScratch(to: client)
            core.fail(exchange, .instanceMalformed)
        }
    }

    /// False when more bytes are needed.
    private func receiveHead(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: Exchange, _ client: ClientConnection,
    ) throws(Malformation) -> Bool {
        switch delimiter.find(in: bytes, from: offset) {
        case .incomplete:
            guard bytes.count - offset < Limits.headBytesMax else { throw .tooLarge }
            pending = []
            for index in offset..<bytes.count { pending.append(bytes[index]) }
            return false
        case .malformed: throw .controlByte
        case .complete(let end):
            guard end - offset <= Limits.headBytesMax else { throw .tooLarge }
            let text = bytes.extracting(offset..<end)
            offset = end
            let head = try ResponseHead.scan(text, answersHEAD: exchange.answersHEAD, fields: &core.fields)
            if head.isInterim {
                try passInterim(head, text, exchange, client)
            } else if head.status == 101 {
                try beginTunnel(head, text, exchange, client)
            } else {
                beginAnswer(head, text, exchange, client)
            }
            return true
        }
    }

    private func passInterim(
        _ head: ResponseHead, _ text: Span<UInt8>, _ exchange: Exchange, _ client: ClientConnection,
    ) throws(Malformation) {
        interimCount += 1
        guard interimCount <= Limits.interimResponsesMax else { throw .tooManyInterimResponses }
        guard !exchange.isHTTP10 else { return }
        core.scratch.removeAll()
        ResponseHeadWriter.writeInterim(head, core.fields, text, to: &core.scratch)
        flushScratch(to: client)
    }

    private func beginTunnel(
        _ head: ResponseHead, _ text: Span<UInt8>, _ exchange: Exchange, _ client: ClientConnection,
    ) throws(Malformation) {
        guard exchange.wantsUpgrade, head.upgrade != nil else { throw .unexpectedUpgrade }
        isTunnel = true
        exchange.responseStarted = true
        exchange.status = head.status
        core.answerBegan(exchange)
        core.scratch.removeAll()
        ResponseHeadWriter.writeInterim(head, core.fields, text, to: &core.scratch)
        flushScratch(to: client)
        client.beginTunnel()
    }

    private func beginAnswer(
        _ head: ResponseHead, _ text: Span<UInt8>, _ exchange: Exchange, _ client: ClientConnection,
    ) {
        self.head = head
        body = BodyDecoder(head.body)
        switch head.body {
        case .none, .bytes: framing = .plain
        case .chunked, .untilClose: framing = exchange.isHTTP10 ? .untilClose : .chunked
        }
        exchange.responseStarted = true
        exchange.status = head.status
        core.answerBegan(exchange)
        client.closesAfterAnswer = !exchange.keepsAlive || framing == .untilClose || core.isDraining
        core.scratch.removeAll()
        ResponseHeadWriter.write(
            head, core.fields, text, framing: framing, closes: client.closesAfterAnswer,
            saysKeepAlive: exchange.isHTTP10 && !client.closesAfterAnswer, to: &core.scratch)
        if body.isEnded {
            flushScratch(to: client)
            answerEnded(exchange, client)
        }
    }

    private func receiveBody(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ exchange: Exchange, _ client: ClientConnection,
    ) throws(Malformation) {
        while true {
            switch try body.next(bytes, &offset) {
            case .data(let range) where framing == .chunked: core.scratch.append(chunk: bytes, range)
            case .data(let range) where range.count <= Limits.coalescedBytesMax: core.scratch.append(bytes, range)
            case .data(let range):
                flushScratch(to: client)
                client.deliver(bytes, range)
            case .needsMore:
                flushScratch(to: client)
                return
            case .end:
                if framing == .chunked { try appendLastChunk() }
                flushScratch(to: client)
                answerEnded(exchange, client)
                return
            }
        }
    }

    private func appendLastChunk() throws(Malformation) {
        let trailers = body.trailers
        guard !trailers.isEmpty else {
            core.scratch.append("0\r\n\r\n")
            return
        }
        core.fields.removeAll(keepingCapacity: true)
        try HeaderFields.scan(trailers.span, from: 0, into: &core.fields)
        ResponseHeadWriter.writeTrailers(core.fields, trailers.span, to: &core.scratch)
    }

    private func flushScratch(to client: ClientConnection) {
        guard core.scratch.count > 0 else { return }
        client.deliver(core.scratch)
        core.scratch.removeAll()
    }

    /// The answer is complete.
    private func answerEnded(_ exchange: Exchange, _ client: ClientConnection) {
        let isReusable =
            head?.keepsAlive == true && exchange.requestBody.isEnded && output.isEmpty && !hasHungUp
            && !isWriteBroken
        let requestIsComplete = exchange.requestBody.isEnded
        exchange.upstream = nil
        self.exchange = nil
        head = nil
        body = BodyDecoder(.none)
        if isReusable {
            isReused = true
            since = loop.now
            loop.arm(self, at: since + Limits.upstreamIdleTimeout)
            pool.put(self)
        } else {
            close()
        }
        core.end(exchange, .answered(status: exchange.status))
        client.exchangeAnswered(requestIsComplete: requestIsComplete)
    }

    /// The instance has ended the connection.
    private func ended(_ exchange: Exchange, isRegular: Bool) {
        isReadable = false
        if isTunnel {
            core.end(exchange, .answered(status: exchange.status))
        } else if body.endsWithConnection, head != nil, isRegular, let client = exchange.client {
            if framing == .chunked {
                core.scratch.append("0\r\n\r\n")
                flushScratch(to: client)
            }
            hasHungUp = true
            answerEnded(exchange, client)
        } else if !heardAnything, isReused, exchange.isRetryable {
            self.exchange = nil
            exchange.upstream = nil
            close()
            core.attach(exchange, mayReuse: false)
        } else {
            core.fail(exchange, .instanceClosed)
        }
    }
}

/// Edges of everything: each is told once when it happens.
let edgeEvents = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue

/// Small writes go out at once: both ends of a proxy wait for them.
func setNoDelay(_ descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
}
