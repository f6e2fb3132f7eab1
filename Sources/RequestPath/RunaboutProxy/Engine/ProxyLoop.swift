import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// One loop: a thread that waits for descriptors and times and carries requests between clients and instances.
///
/// Everything it refers to belongs to its thread, except what ``EngineShared`` holds. Events, turns and timers run one
/// after the other from ``run()``. The files beside this one and in `Downstream`, `Upstream` and `Admission` add what it
/// does for each kind of record.
final class ProxyLoop {
    let index: Int
    let shared: EngineShared
    let mailbox: Mailbox
    let limiter: ConnectionLimiter
    let reporter: Reporter
    let timeouts: LoopTimeouts
    /// Whether every connection begins with a PROXY protocol header.
    let expectsProxyHeader: Bool
    let epoll: Int32
    /// The time at the begin of this round.
    var now = clockNow()

    let buffer = ReadBuffer()
    /// Nil where no listener speaks TLS.
    let tls: TLSServer?
    var sealed: SealedBuffers
    var timers: TimerWheel
    var serviceTimers = TimerHeap()
    var clients = Slab<Client>(keptMax: Limits.recordsKeptMax)
    var upstreams = Slab<Upstream>(keptMax: Limits.recordsKeptMax)
    var unusedExchanges: ExchangeRef?
    private var scheduled: ChannelRef?
    private var closed: ChannelRef?
    private let events: UnsafeMutableBufferPointer<epoll_event>
    private let mailboxChannel: ChannelRef

    /// For a head that is being read; nothing keeps it.
    var fields = FieldTable()
    /// For a header section of HTTP/2 that is being read; nothing keeps it.
    var block = FieldBlock()
    /// For a head that is turned from HTTP/2 into HTTP/1.1; nothing keeps it.
    var headText = ByteWriter()
    /// For bytes that are sent at once; nothing keeps it.
    var scratch = ByteWriter()
    /// A host in lower case, while its service is looked up.
    let hostBytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Limits.hostBytesMax)
    var random: IdentityGenerator
    /// The wall clock in seconds, no older than a second, for ids that hold a time.
    private(set) var unixSeconds: UInt64 = 0
    private var unixSecondsAt: Nanoseconds = 0
    var exchangesMade: UInt64 = 0
    /// Bytes for clients of HTTP/1 that were handed to their sockets or queues.
    var deliveredBytes: Int64 = 0
    /// A client's address, while a record is made.
    var peerText = ByteWriter()
    /// Where records of requests go; nil where none are wanted.
    let records: AccessRing?

    var services: [ServiceID: ServiceRef] = [:]
    var servicesByNumber: [UInt64: ServiceRef] = [:]
    var hosts = HostTable<ServiceRef>()
    var waiting: [UInt64: ExchangeRef] = [:]

    var settings = RouterSettings()
    var trustedProxies = TrustedProxies()
    var listeners: [ListenerRef] = []
    var spareDescriptor = openSpare()
    /// All client connections, so that a stop finds them.
    var firstClient: ClientRef?
    var clientCount = 0
    var isDraining = false
    private var drainDeadline: Nanoseconds?
    private var isStopping = false

    init(_ index: Int, _ shared: EngineShared, _ configuration: ProxyEngine.Configuration) throws(EngineError) {
        self.index = index
        self.shared = shared
        mailbox = shared.mailboxes[index]
        limiter = shared.limiter
        tls = shared.tls.isEmpty ? nil : shared.tls[index]
        sealed = SealedBuffers(isNeeded: tls != nil)
        timeouts = LoopTimeouts(configuration.timeouts)
        expectsProxyHeader = configuration.expectsProxyHeader
        records = configuration.accessLog?.ring(index)
        reporter = Reporter(voice: shared.voice, book: shared.book, wallClock: configuration.wallClock)
        timers = TimerWheel(now: now)
        var generator = SystemRandomNumberGenerator()
        random = IdentityGenerator(seed: generator.next())
        events = .allocate(capacity: 256)
        mailboxChannel = .allocate(capacity: 1)
        mailboxChannel.initialize(to: Channel(.mailbox, descriptor: mailbox.descriptor))
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw EngineError("Making an epoll instance", code: errno) }
        let code = watch(mailboxChannel, EPOLLIN.rawValue)
        guard code == 0 else { throw EngineError("Watching the mailbox", code: code) }
        for socket in configuration.listeners {
            let descriptor = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { throw EngineError("Copying a listener's descriptor", code: errno) }
            let code = addListener(descriptor, isTLS: socket.isTLS, after: configuration.routesWait)
            guard code == 0 else { throw EngineError("Watching a listener", code: code) }
        }
    }

    deinit {
        Glibc.close(epoll)
        if spareDescriptor >= 0 { Glibc.close(spareDescriptor) }
        events.deallocate()
        hostBytes.deallocate()
        mailboxChannel.deallocate()
        sealed.deallocate()
        for listener in listeners { listener.deallocate() }
    }

    /// Runs until a drain has ended.
    func run() {
        var next = roundEnd()
        while !isStopping {
            let count = cepoll_wait(epoll, events.baseAddress, Int32(events.count), timeout(until: next))
            now = clockNow()
            if now >= unixSecondsAt { readWallClock() }
            for index in 0..<max(0, Int(count)) {
                let number = withUnsafePointer(to: events[index]) { cepoll_number($0) }
                guard let channel = ChannelRef(bitPattern: UInt(number)) else { continue }
                if !channel.pointee.isClosed { dispatch(channel, events[index].events) }
            }
            runScheduled()
            runTimers()
            next = roundEnd()
        }
        endAll()
        reporter.report(now)
        buryClosed()
    }

    private func readWallClock() {
        unixSeconds = reporter.unixSeconds()
        unixSecondsAt = now + 250_000_000
    }

    private func dispatch(_ channel: ChannelRef, _ events: UInt32) {
        switch channel.pointee.kind {
        case .client: clientEvent(channel.client, events)
        case .upstream: upstreamEvent(channel.upstream, events)
        case .listener: acceptEvent(channel.listener)
        case .mailbox: readMailbox()
        }
    }

    private func runScheduled() {
        guard scheduled != nil else { return }
        var channel = scheduled
        scheduled = nil
        while let current = channel {
            channel = current.pointee.next
            current.pointee.next = nil
            current.pointee.isScheduled = false
            if current.pointee.isClosed {
                // It closed between its wish for a turn and now.
                bury(current)
                continue
            }
            switch current.pointee.kind {
            case .client: runClient(current.client)
            case .upstream: runUpstream(current.upstream)
            case .listener, .mailbox: break
            }
        }
    }

    private func runTimers() {
        while let channel = timers.popDue(now) {
            let next: Nanoseconds?
            switch channel.pointee.kind {
            case .client: next = clientTimer(channel.client)
            case .upstream: next = upstreamTimer(channel.upstream)
            case .listener:
                resume(channel.listener)
                next = nil
            case .mailbox: next = nil
            }
            if let next, !channel.pointee.isClosed { timers.arm(channel, at: next) }
        }
        while let entry = serviceTimers.popDue(MonotonicTime(nanoseconds: now)) { serviceTimer(entry.key) }
    }

    private func roundEnd() -> Nanoseconds? {
        let next = reporter.roundEnd(now)
        buryClosed()
        guard let drainDeadline else { return next }
        if clientCount == 0 || now >= drainDeadline { isStopping = true }
        return min(next ?? drainDeadline, drainDeadline)
    }

    private func beginDrain(within duration: Duration) {
        let deadline = now + Nanoseconds(duration)
        if drainDeadline == nil {
            isDraining = true
            closeListeners()
            forEachClient { closeIfIdle($0) }
        }
        drainDeadline = min(drainDeadline ?? deadline, deadline)
    }

    /// Ends everything that still runs.
    private func endAll() {
        closeListeners()
        forEachClient { endForStop($0) }
        for service in services.values { closePools(service) }
    }

    /// Milliseconds to wait, rounded up, so that a time has passed when it is looked at.
    private func timeout(until time: Nanoseconds?) -> Int32 {
        if scheduled != nil { return 0 }
        var first = time ?? .never
        if let timer = timers.earliest { first = min(first, timer) }
        if let timer = serviceTimers.earliest { first = min(first, timer.nanoseconds) }
        guard first != .never else { return -1 }
        let wait = first - clockNow()
        return wait <= 0 ? 0 : Int32(clamping: (wait + 999_999) / 1_000_000)
    }
}

/// Commands of other threads.
extension ProxyLoop {
    private func readMailbox() {
        for command in mailbox.take() {
            switch command {
            case .update(let update): apply(update)
            case .settings(let settings):
                self.settings = settings
                trustedProxies = TrustedProxies(settings.trustedProxies)
            case .certificates(let table):
                // Only an engine with a listener for TLS makes tables.
                if let tls { tls.install(table)?.free() }
            case .snapshotTaken: resumeListeners()
            case .dispatch(let dispatch): send(dispatch)
            case .refuse(let refusal): refuse(refusal)
            case .report: reporter.report(now)
            case .settle(let continuation): continuation.resume()
            case .drain(let duration): beginDrain(within: duration)
            }
        }
    }
}

/// Channels.
extension ProxyLoop {
    /// Begins to watch a descriptor; 0 or an error number.
    func watch(_ channel: ChannelRef, _ events: UInt32) -> Int32 {
        let number = UInt64(UInt(bitPattern: channel))
        return cepoll_add(epoll, channel.pointee.descriptor, events, number) == 0 ? 0 : errno
    }

    /// Gives the channel a turn in this round or, when its turn is now, in the next.
    func schedule(_ channel: ChannelRef) {
        guard !channel.pointee.isScheduled, !channel.pointee.isClosed else { return }
        channel.pointee.isScheduled = true
        channel.pointee.next = scheduled
        scheduled = channel
    }

    /// Closes the descriptor; nothing happens to the channel any more, and its record goes at the end of the round.
    func close(_ channel: ChannelRef) {
        guard !channel.pointee.isClosed else { return }
        Glibc.close(channel.pointee.descriptor)
        channel.pointee.descriptor = -1
        channel.pointee.tls?.free()
        channel.pointee.tls = nil
        channel.pointee.output.removeAll()
        timers.disarm(channel)
        // What waits for its turn is in another list, and buried when that comes.
        if !channel.pointee.isScheduled { bury(channel) }
    }

    /// Makes the peer get an error instead of an end that looks regular.
    func resetOnClose(_ channel: ChannelRef) {
        guard !channel.pointee.isClosed else { return }
        var option = Glibc.linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        setsockopt(channel.pointee.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    }

    private func bury(_ channel: ChannelRef) {
        channel.pointee.next = closed
        closed = channel
    }

    private func buryClosed() {
        while let channel = closed {
            closed = channel.pointee.next
            switch channel.pointee.kind {
            case .client: freeClient(channel.client)
            case .upstream: freeUpstream(channel.upstream)
            case .listener, .mailbox: break
            }
        }
    }

    /// Sends bytes, or queues what the socket does not take.
    ///
    /// False when writing has failed.
    @discardableResult
    func send(_ channel: ChannelRef, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if let session = channel.pointee.tls {
            return seal(channel, session, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return sendAsIs(channel, bytes)
    }

    /// Sends bytes that are no plain text, or need not be hidden.
    @discardableResult
    func sendAsIs(_ channel: ChannelRef, _ bytes: UnsafeRawBufferPointer) -> Bool {
        if channel.pointee.isWriteBroken || channel.pointee.isClosed { return false }
        var sent = 0
        if channel.pointee.output.isEmpty, !channel.pointee.isConnecting {
            sent = write(channel, bytes)
            if sent < 0 { return false }
        }
        if sent < bytes.count {
            channel.pointee.output.append(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
        }
        return true
    }

    /// Sends two pieces with one call.
    @discardableResult
    func send(_ channel: ChannelRef, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bool {
        if first.isEmpty { return send(channel, second) }
        if second.isEmpty { return send(channel, first) }
        if let session = channel.pointee.tls { return seal(channel, session, first, second) }
        if channel.pointee.isWriteBroken || channel.pointee.isClosed { return false }
        var sent = 0
        if channel.pointee.output.isEmpty, !channel.pointee.isConnecting {
            sent = write(channel, first, second)
            if sent < 0 { return false }
        }
        if sent < first.count {
            channel.pointee.output.append(UnsafeRawBufferPointer(rebasing: first[sent...]))
            sent = first.count
        }
        if sent - first.count < second.count {
            channel.pointee.output.append(UnsafeRawBufferPointer(rebasing: second[(sent - first.count)...]))
        }
        return true
    }

    /// Sends queued bytes as far as the socket takes them.
    ///
    /// False when writing has failed.
    @discardableResult
    func flush(_ channel: ChannelRef) -> Bool {
        guard !channel.pointee.output.isEmpty, !channel.pointee.isClosed else { return !channel.pointee.isWriteBroken }
        let sent = write(channel, channel.pointee.output.bytes)
        if sent > 0 { channel.pointee.output.removeFirst(sent) }
        return sent >= 0
    }

    private func write(_ channel: ChannelRef, _ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = cepoll_send(channel.pointee.descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return count }
            if errno == EINTR { continue }
            return writeFailed(channel)
        }
    }

    private func write(
        _ channel: ChannelRef, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
    ) -> Int {
        var pieces = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
        )
        return withUnsafeMutableBytes(of: &pieces) { pieces in
            var message = msghdr()
            message.msg_iov = pieces.assumingMemoryBound(to: iovec.self).baseAddress
            message.msg_iovlen = 2
            while true {
                let count = cepoll_send_pieces(channel.pointee.descriptor, &message)
                if count >= 0 { return count }
                if errno == EINTR { continue }
                return writeFailed(channel)
            }
        }
    }

    /// 0 when the socket is full for now.
    private func writeFailed(_ channel: ChannelRef) -> Int {
        if errno == EAGAIN { return 0 }
        channel.pointee.isWriteBroken = true
        channel.pointee.output.removeAll()
        return -1
    }
}

/// Edges of everything: each is told once when it happens.
let edgeEvents = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue

/// Numbers for request ids: unique for all practical purposes, not secret.
///
/// SplitMix64.
struct IdentityGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
