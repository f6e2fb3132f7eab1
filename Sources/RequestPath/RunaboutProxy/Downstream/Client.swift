import CEpoll
import Glibc
import RunaboutModel
import RunaboutRouting

/// A client's connection: reads requests one after the other, passes bodies on and hands answers out.
struct Client: Channeled {
    enum Phase: UInt8 {
        /// Reading what a load balancer says of the connection in front of its bytes.
        case proxyHeader
        /// Reading a head, or waiting for one.
        case head
        /// A request runs.
        case exchange
        /// Protocols were switched: bytes go both ways as they come.
        case tunnel
        /// Frames of HTTP/2, which carry many requests.
        case http2
        /// Nothing more is read; the connection closes when all is sent.
        case finishing
        /// All is sent; what the client still says is thrown away until it has seen the end.
        case lingering
    }

    var head: Channel
    var phase = Phase.head
    /// Whether what is kept is the begin of a head, which needs more bytes to be looked at again.
    var keptIsIncomplete = false
    var skippedEmptyLine = false
    var hasServed = false
    /// Whether the TLS handshake has still to end.
    var isHandshaking = false
    /// Whether it said over TLS that it sends nothing more.
    var hasEndedTLS = false
    var lingers = false
    /// Whether the connection ends with the answer that is being sent.
    var closesAfterAnswer = false
    /// In the phases ``Phase/exchange`` and ``Phase/tunnel``.
    var exchange: ExchangeRef?
    /// In the phase ``Phase/http2``, and until the record goes.
    var http2: HTTP2ClientRef?
    var kept = KeptBytes()
    var delimiter = HeadDelimiter()
    /// 0 while no head has begun.
    var headStartedAt: Nanoseconds = 0
    var idleSince: Nanoseconds
    var lastSentAt: Nanoseconds
    var lastActivityAt: Nanoseconds
    private(set) var headWriter: RequestHeadWriter
    /// Who the client is, by the socket or by the balancer; nil where that is no address of a network.
    private(set) var peer: IPAddress?
    var previous: ClientRef?
    var next: ClientRef?

    init(descriptor: Int32, peer: PeerAddress, tls: TLSSession?, now: Nanoseconds) {
        head = Channel(.client, descriptor: descriptor)
        self.peer = peer.address
        head.tls = tls
        isHandshaking = tls != nil
        headWriter = RequestHeadWriter(peer: peer.text.span, peerIsIPv6: peer.isIPv6, isTLS: tls != nil)
        idleSince = now
        lastSentAt = now
        lastActivityAt = now
    }
}

extension Client {
    /// Takes the peer that a load balancer speaks for in place of its own.
    mutating func stand(for peer: PeerAddress) {
        headWriter = RequestHeadWriter(
            peer: peer.text.span, peerIsIPv6: peer.isIPv6, isTLS: head.tls != nil)
        self.peer = peer.address
    }
}

typealias ClientRef = UnsafeMutablePointer<Client>

/// A client's connection from its begin to its end.
extension ProxyLoop {
    func startClient(_ descriptor: Int32, peer: PeerAddress, isTLS: Bool) {
        let session = isTLS ? tls?.session(now: MonotonicTime(nanoseconds: now)) : nil
        guard !isTLS || session != nil else {
            // There is no certificate yet.
            Glibc.close(descriptor)
            return
        }
        let client = clients.take()
        client.initialize(to: Client(descriptor: descriptor, peer: peer, tls: session, now: now))
        if expectsProxyHeader { client.pointee.phase = .proxyHeader }
        client.pointee.next = firstClient
        firstClient?.pointee.previous = client
        firstClient = client
        clientCount += 1
        limiter.opened()
        reporter.noteConnection(now)
        guard watch(client.channel, edgeEvents) == 0 else {
            closeClient(client)
            return
        }
        timers.arm(client.channel, at: now + (isTLS ? timeouts.handshake : timeouts.head))
    }

    /// Its request, if it has one, has ended before.
    func closeClient(_ client: ClientRef) {
        guard !client.pointee.head.isClosed else { return }
        client.pointee.kept.removeAll()
        if let next = client.pointee.next { next.pointee.previous = client.pointee.previous }
        if let previous = client.pointee.previous {
            previous.pointee.next = client.pointee.next
        } else {
            firstClient = client.pointee.next
        }
        close(client.channel)
        clientCount -= 1
        limiter.closed()
        reporter.noteConnection(now)
        resumeListeners()
    }

    func freeClient(_ client: ClientRef) {
        freeHTTP2(client)
        client.deinitialize(count: 1)
        clients.give(client)
    }

    /// Calls with every client; the one it is called with may be closed meanwhile.
    func forEachClient(_ body: (ClientRef) -> Void) {
        var client = firstClient
        while let current = client {
            client = current.pointee.next
            body(current)
        }
    }

    func clientEvent(_ client: ClientRef, _ events: UInt32) {
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            client.pointee.head.hasHungUp = true
            client.pointee.head.isReadable = true
        }
        if events & EPOLLIN.rawValue != 0 { client.pointee.head.isReadable = true }
        if events & EPOLLOUT.rawValue != 0, !client.pointee.head.output.isEmpty { clientFlushed(client) }
        if !client.pointee.head.isClosed { runClient(client) }
    }

    func runClient(_ client: ClientRef) {
        var reads = 0
        while !client.pointee.head.isClosed {
            switch client.pointee.phase {
            case .lingering:
                linger(client)
                return
            case .finishing: return
            case .http2:
                runHTTP2(client)
                return
            case .exchange:
                if client.pointee.head.hasHungUp {
                    leave(client)
                    return
                }
            case .proxyHeader, .head, .tunnel: break
            }
            guard wantsBytes(client) else { return }
            if !client.pointee.kept.isEmpty, !client.pointee.keptIsIncomplete {
                let count = client.pointee.kept.count
                buffer.load(client.pointee.kept.bytes)
                client.pointee.kept.removeAll()
                receive(client, buffer.bytes(count).span)
                continue
            }
            guard client.pointee.head.isReadable else { return }
            guard reads < Limits.readsPerTurnMax else {
                schedule(client.channel)
                return
            }
            reads += 1
            readOnce(client)
        }
    }

    private func readOnce(_ client: ClientRef) {
        switch readPlain(client) {
        case .bytes(let count):
            client.pointee.kept.removeAll()
            receive(client, buffer.bytes(count).span)
        case .nothing: break
        case .end, .failed: leave(client)
        }
    }

    /// Whether what the client says now has somewhere to go.
    private func wantsBytes(_ client: ClientRef) -> Bool {
        switch client.pointee.phase {
        case .proxyHeader: return true
        // Who has answers to take yet need not be given more.
        case .head: return client.pointee.head.output.isEmpty
        case .exchange:
            guard let exchange = client.pointee.exchange, !exchange.pointee.requestBody.isEnded,
                let upstream = exchange.pointee.upstream
            else { return false }
            if let session = upstream.pointee.http2 { return wantsBody(exchange, upstream, session) }
            return !upstream.pointee.head.isConnecting
                && upstream.pointee.head.output.count < Limits.sendQueueBytesMax
        case .tunnel:
            guard let exchange = client.pointee.exchange, let upstream = exchange.pointee.upstream else { return false }
            if let session = upstream.pointee.http2 { return hasTunnelRoom(exchange, session) }
            return upstream.pointee.head.output.count < Limits.sendQueueBytesMax
        case .http2, .finishing, .lingering: return false
        }
    }

    private func receive(_ client: ClientRef, _ bytes: Span<UInt8>) {
        var offset = 0
        client.pointee.keptIsIncomplete = false
        scan: while offset < bytes.count, !client.pointee.head.isClosed {
            switch client.pointee.phase {
            case .proxyHeader:
                guard receiveProxyHeader(client, bytes, &offset) else {
                    client.pointee.keptIsIncomplete = true
                    break scan
                }
                if client.pointee.phase == .head, let session = client.pointee.head.tls {
                    openRest(client, session, bytes, offset)
                    return
                }
            case .head:
                if client.pointee.headStartedAt == 0, !client.pointee.hasServed {
                    guard let isHTTP2 = isHTTP2Preface(bytes, offset) else {
                        client.pointee.keptIsIncomplete = true
                        break scan
                    }
                    if isHTTP2 {
                        beginHTTP2(client)
                        continue
                    }
                }
                guard receiveHead(client, bytes, &offset) else {
                    client.pointee.keptIsIncomplete = true
                    break scan
                }
            case .exchange:
                guard wantsBytes(client), let exchange = client.pointee.exchange,
                    let upstream = exchange.pointee.upstream
                else { break scan }
                if let session = upstream.pointee.http2 {
                    receiveBody(exchange, upstream, session, bytes, &offset)
                } else {
                    receiveBody(exchange, upstream, bytes, &offset)
                }
            case .tunnel:
                client.pointee.lastActivityAt = now
                if let exchange = client.pointee.exchange, let upstream = exchange.pointee.upstream,
                    let session = upstream.pointee.http2
                {
                    carryTunnel(exchange, upstream, session, bytes, &offset)
                    break scan
                }
                client.pointee.exchange?.pointee.requestBytes += Int64(bytes.count - offset)
                if let upstream = client.pointee.exchange?.pointee.upstream,
                    !send(upstream.channel, bytes, offset..<bytes.count)
                {
                    readOut(upstream)
                }
                return
            case .http2:
                receiveHTTP2(client, bytes.extracting(offset..<bytes.count))
                return
            case .finishing, .lingering: return
            }
        }
        guard offset < bytes.count, !client.pointee.head.isClosed else { return }
        bytes.extracting(offset..<bytes.count).withUnsafeBytes { client.pointee.kept.replace(with: $0) }
    }

    /// Sends part of what was read.
    @discardableResult
    func send(_ channel: ChannelRef, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        bytes.extracting(range).withUnsafeBytes { send(channel, $0) }
    }

    /// The client is gone, or has nothing more to say.
    func leave(_ client: ClientRef) {
        let phase = client.pointee.phase
        if let exchange = client.pointee.exchange, phase == .exchange || phase == .tunnel {
            client.pointee.phase = .finishing
            client.pointee.exchange = nil
            end(exchange, phase == .tunnel ? .answered(status: exchange.pointee.status) : .clientGone)
            giveBack(exchange)
        }
        if phase == .http2 { endHTTP2(client, .clientGone) }
        takeLeave(client)
        closeClient(client)
    }

    /// Makes the client get an error instead of an end that looks regular.
    func abort(_ client: ClientRef) {
        resetOnClose(client.channel)
        closeClient(client)
    }

    /// Closes the connection when no request is on it.
    ///
    /// One that is new stays: its first request is on its way, and its client could not tell why nobody answers.
    func closeIfIdle(_ client: ClientRef) {
        if client.pointee.phase == .http2 { drainHTTP2(client) }
        if client.pointee.phase == .proxyHeader { closeClient(client) }
        if client.pointee.phase == .head, client.pointee.hasServed, client.pointee.headStartedAt == 0,
            client.pointee.kept.isEmpty,
            !client.pointee.head.isReadable
        {
            takeLeave(client)
            closeClient(client)
        }
    }

    /// Ends what runs because the router stops.
    func endForStop(_ client: ClientRef) {
        if let exchange = client.pointee.exchange {
            client.pointee.phase = .finishing
            client.pointee.exchange = nil
            end(exchange, .platformError(.routerStopped))
            giveBack(exchange)
        }
        if client.pointee.phase == .http2 { endHTTP2(client, .platformError(.routerStopped)) }
        abort(client)
    }
}
