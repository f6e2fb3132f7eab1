import CEpoll
import Glibc
import RunaboutModel
import RunaboutRouting

/// A connection to an instance: carries one request at a time and reads its answer.
struct Upstream: Channeled {
    var head: Channel
    /// The instance it leads to; valid while the connection is idle or carries a request.
    let pool: PoolRef
    var exchange: ExchangeRef?
    var isReused = false
    var since: Nanoseconds
    /// When the last byte of the request was sent.
    var askedAt: Nanoseconds = 0
    var connectTimeout = Nanoseconds.never
    var delimiter = HeadDelimiter()
    var kept = KeptBytes()
    /// Whether the final head has been read.
    var hasHead = false
    /// Whether the instance lets the connection carry another request, as its head says.
    var keepsAlive = false
    var body = BodyDecoder(.none)
    var interimCount = 0
    var heardAnything = false
    /// Whether what is kept has only to wait until the client has room for it.
    var isHeld = false
    /// Where it speaks HTTP/2; it then carries many requests, and no single one is its own.
    var http2: HTTP2SessionRef?
    /// Requests for tunnels that wait to hear whether the instance has them; admission bounds their number.
    var waitingTunnels: [ExchangeRef] = []
    var isIdle = false
    var nextIdle: UpstreamRef?
    var previousIdle: UpstreamRef?

    init(descriptor: Int32, pool: PoolRef, isConnecting: Bool, now: Nanoseconds) {
        head = Channel(.upstream, descriptor: descriptor)
        head.isConnecting = isConnecting
        self.pool = pool
        since = now
    }
}

typealias UpstreamRef = UnsafeMutablePointer<Upstream>

/// Connections to instances from their begin to their end.
extension ProxyLoop {
    /// Begins a connection; nil when the kernel refuses at once.
    func connect(_ pool: PoolRef) -> UpstreamRef? {
        guard var address = pool.pointee.socketAddress else { return nil }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return nil }
        SocketOptions.setForInstance(descriptor)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            Glibc.close(descriptor)
            return nil
        }
        let upstream = upstreams.take()
        upstream.initialize(
            to: Upstream(descriptor: descriptor, pool: pool, isConnecting: result != 0, now: now))
        shared.instanceConnections.add(1)
        guard watch(upstream.channel, edgeEvents) == 0 else {
            close(upstream.channel)
            return nil
        }
        return upstream
    }

    func closeUpstream(_ upstream: UpstreamRef) {
        removeIdle(upstream)
        upstream.pointee.kept.removeAll()
        close(upstream.channel)
    }

    func freeUpstream(_ upstream: UpstreamRef) {
        shared.instanceConnections.add(-1)
        upstream.pointee.kept.removeAll()
        if let session = upstream.pointee.http2 {
            session.deinitialize(count: 1)
            session.deallocate()
        }
        upstream.deinitialize(count: 1)
        upstreams.give(upstream)
    }

    /// Sends a request's head; its body follows from the client's connection.
    func carry(_ exchange: ExchangeRef, over upstream: UpstreamRef) {
        upstream.pointee.exchange = exchange
        exchange.pointee.upstream = upstream
        upstream.pointee.heardAnything = false
        upstream.pointee.interimCount = 0
        upstream.pointee.since = now
        exchange.pointee.lastActivityAt = now
        upstream.pointee.connectTimeout = exchange.pointee.timeouts.connect
        if upstream.pointee.head.isConnecting {
            timers.arm(upstream.channel, at: now + upstream.pointee.connectTimeout)
        } else {
            exchange.pointee.connectNanoseconds = 0
        }
        if exchange.pointee.requestBody.isEnded { awaitAnswer(upstream, exchange) }
        let isSent = exchange.pointee.head.withUnsafeBytes { send(upstream.channel, $0) }
        if !isSent { readOut(upstream) }
        if exchange.pointee.stream != 0 {
            pumpBody(exchange)
        } else if exchange.pointee.hasBody, let client = exchange.pointee.client {
            schedule(client.channel)
        }
    }

    /// The request has been sent whole: its answer's head has to come in time.
    func awaitAnswer(_ upstream: UpstreamRef, _ exchange: ExchangeRef) {
        let deadline = now + exchange.pointee.timeouts.responseHeader
        if upstream.pointee.http2 != nil {
            exchange.pointee.askedAt = now
            if let client = exchange.pointee.client { timers.arm(client.channel, at: deadline) }
            return
        }
        upstream.pointee.askedAt = now
        // The total limit ends it anyhow where this one is not the shorter.
        if deadline < exchange.pointee.deadline { timers.arm(upstream.channel, at: deadline) }
    }

    /// The request has ended from the other side: nobody waits for the answer.
    func release(_ upstream: UpstreamRef) {
        upstream.pointee.exchange = nil
        closeUpstream(upstream)
    }

    /// Writing failed: what the instance said before it closed may still be there to be read.
    func readOut(_ upstream: UpstreamRef) {
        upstream.pointee.head.isReadable = true
        schedule(upstream.channel)
    }

    func upstreamEvent(_ upstream: UpstreamRef, _ events: UInt32) {
        if upstream.pointee.head.isConnecting, !finishConnecting(upstream, events) { return }
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            upstream.pointee.head.hasHungUp = true
            upstream.pointee.head.isReadable = true
        }
        if events & EPOLLIN.rawValue != 0 { upstream.pointee.head.isReadable = true }
        if events & EPOLLOUT.rawValue != 0, !upstream.pointee.head.output.isEmpty { upstreamFlushed(upstream) }
        runUpstream(upstream)
    }

    private func upstreamFlushed(_ upstream: UpstreamRef) {
        if !flush(upstream.channel) { readOut(upstream) }
        if let session = upstream.pointee.http2 {
            http2Connected(upstream, session)
            return
        }
        guard upstream.pointee.head.output.count < Limits.sendQueueBytesMax / 2,
            let exchange = upstream.pointee.exchange, let client = exchange.pointee.client
        else { return }
        if let http2 = client.pointee.http2 {
            pumpBody(exchange)
            settleWindow(exchange, upstream, http2)
        } else {
            schedule(client.channel)
        }
    }

    /// False when there is no connection.
    private func finishConnecting(_ upstream: UpstreamRef, _ events: UInt32) -> Bool {
        guard events & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 else { return false }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(upstream.pointee.head.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else {
            connectFailed(upstream)
            return false
        }
        upstream.pointee.head.isConnecting = false
        upstream.pointee.exchange?.pointee.connectNanoseconds = now - upstream.pointee.since
        upstreamFlushed(upstream)
        return true
    }

    private func connectFailed(_ upstream: UpstreamRef) {
        if let session = upstream.pointee.http2 {
            http2ConnectFailed(upstream, session)
            return
        }
        let exchange = upstream.pointee.exchange
        upstream.pointee.exchange = nil
        closeUpstream(upstream)
        guard let exchange else { return }
        exchange.pointee.upstream = nil
        unreachable(exchange)
    }

    func upstreamTimer(_ upstream: UpstreamRef) -> Nanoseconds? {
        if upstream.pointee.head.isConnecting {
            let deadline = upstream.pointee.since + upstream.pointee.connectTimeout
            guard now >= deadline else { return deadline }
            connectFailed(upstream)
            return upstream.pointee.head.isClosed ? nil : now + timeouts.upstreamIdle
        }
        if let session = upstream.pointee.http2 { return http2UpstreamTimer(upstream, session) }
        if let exchange = upstream.pointee.exchange {
            guard !upstream.pointee.hasHead, exchange.pointee.requestBody.isEnded else { return nil }
            let deadline = upstream.pointee.askedAt + exchange.pointee.timeouts.responseHeader
            guard now >= deadline else { return deadline }
            fail(exchange, .requestTimeout)
            return nil
        }
        guard upstream.pointee.isIdle else { return nil }
        let deadline = upstream.pointee.since + timeouts.upstreamIdle
        guard now >= deadline else { return deadline }
        closeUpstream(upstream)
        return nil
    }

    func runUpstream(_ upstream: UpstreamRef) {
        if let session = upstream.pointee.http2 {
            runHTTP2(upstream, session)
            return
        }
        guard !upstream.pointee.head.isConnecting else { return }
        var reads = 0
        while !upstream.pointee.head.isClosed, upstream.pointee.head.isReadable || upstream.pointee.isHeld {
            guard let exchange = upstream.pointee.exchange, let client = exchange.pointee.client else {
                // An unused connection that speaks or ends is of no use.
                closeUpstream(upstream)
                return
            }
            let hasHead = upstream.pointee.hasHead || exchange.pointee.isTunnel
            guard let limit = readLimit(exchange, client, hasHead: hasHead) else { return }
            if upstream.pointee.isHeld {
                upstream.pointee.isHeld = false
                let count = upstream.pointee.kept.count
                buffer.load(upstream.pointee.kept.bytes)
                upstream.pointee.kept.removeAll()
                receiveAnswer(upstream, buffer.bytes(count).span, exchange, client)
                continue
            }
            guard reads < Limits.readsPerTurnMax else {
                schedule(upstream.channel)
                return
            }
            reads += 1
            switch buffer.read(upstream.channel, keeping: upstream.pointee.kept.bytes, limit: limit) {
            case .bytes(let count):
                upstream.pointee.kept.removeAll()
                receiveAnswer(upstream, buffer.bytes(count).span, exchange, client)
            case .nothing: break
            case .end: instanceEnded(upstream, exchange, isRegular: true)
            case .failed: instanceEnded(upstream, exchange, isRegular: false)
            }
        }
    }
}
