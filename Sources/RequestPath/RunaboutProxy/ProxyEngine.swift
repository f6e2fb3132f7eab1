import CEpoll
import Glibc
public import RunaboutLink
public import RunaboutModel
import RunaboutRouting
import Synchronization

/// The proxy: accepts on listening sockets and serves by the routes it is told, on a thread of its own.
public final class ProxyEngine: Sendable {
    /// What an engine is made of.
    public struct Configuration: Sendable {
        /// Where it accepts.
        ///
        /// The engine uses copies of the descriptors; these stay with the caller.
        public var listeners: [ListeningSocket]
        /// How long to wait for the first route table before accepting; nil accepts at once.
        ///
        /// Connections wait in the kernel meanwhile, so that a router that takes another's place does not deny services
        /// it has not heard of.
        public var routesWait: Duration?
        /// Gets what the control plane is to be told, and the number of the connection it is meant for.
        ///
        /// Called on the loop's thread: must not block.
        public var say: @Sendable (RouterMessage, UInt64) -> Void
        /// Gets a line for each change of state that an operator would want to know.
        public var log: @Sendable (String) -> Void
        /// The time for people and records.
        public var wallClock: @Sendable () -> UnixTime

        /// Takes all parts.
        public init(
            listeners: [ListeningSocket],
            routesWait: Duration? = nil,
            say: @escaping @Sendable (RouterMessage, UInt64) -> Void,
            log: @escaping @Sendable (String) -> Void = { _ in },
            wallClock: @escaping @Sendable () -> UnixTime = { systemTime() },
        ) {
            self.listeners = listeners
            self.routesWait = routesWait
            self.say = say
            self.log = log
            self.wallClock = wallClock
        }
    }

    private let configuration: Configuration
    private let mailbox: Mailbox
    private let thread = Mutex<NamedThread?>(nil)
    private let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    /// Prepares; nothing is accepted before ``start()``.
    ///
    /// - Throws: ``EngineError``.
    public init(_ configuration: Configuration) throws(EngineError) {
        self.configuration = configuration
        mailbox = try Mailbox()
        (ended, end) = AsyncStream.makeStream(of: Void.self)
    }

    /// Starts the loop's thread.
    ///
    /// - Throws: ``EngineError`` or `ThreadError`.
    public func start() throws {
        let configuration = configuration
        let mailbox = mailbox
        let end = end
        let started = try NamedThread(name: "proxy") {
            do throws(EngineError) {
                try ProxyLoop(configuration, mailbox).run()
            } catch {
                configuration.log("\(error)")
            }
            for case .settle(let continuation) in mailbox.shut() { continuation.resume() }
            end.finish()
        }
        thread.withLock { $0 = started }
    }

    /// Passes on what happens on the link.
    ///
    /// In order, from one thread.
    public func handle(_ event: LinkClientEvent) { mailbox.post(.link(event)) }

    /// Returns when all that was handed to ``handle(_:)`` before has taken effect.
    public func settle() async {
        await withCheckedContinuation { continuation in
            if !mailbox.post(.settle(continuation)) { continuation.resume() }
        }
    }

    /// Accepts nothing more, lets running requests end for at most this long, then stops.
    ///
    /// Again to hurry.
    public func beginStop(within deadline: Duration) { mailbox.post(.drain(deadline)) }

    /// Like ``beginStop(within:)``; returns when it has stopped.
    public func stop(within deadline: Duration) async {
        beginStop(within: deadline)
        for await _ in ended {}
        waitUntilStopped()
    }

    /// Blocks until it has stopped; not for the cooperative pool.
    public func waitUntilStopped() { thread.withLock { $0.take() }?.join() }
}

/// The wall clock.
public func systemTime() -> UnixTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
}

/// Puts the parts of one loop together and runs them.
///
/// Lives and dies on the loop's thread.
private final class ProxyLoop {
    private let loop: EventLoop
    private let core: ProxyCore
    private let limiter: ConnectionLimiter
    private let mailbox: Mailbox
    private var listeners: [Listener] = []
    private var drainDeadline: MonotonicTime?

    init(_ configuration: ProxyEngine.Configuration, _ mailbox: Mailbox) throws(EngineError) {
        self.mailbox = mailbox
        loop = try EventLoop()
        let run = RouterRun(processID: getpid(), startedAt: configuration.wallClock())
        let reporter = Reporter(say: configuration.say, run: run, wallClock: configuration.wallClock)
        var random = SystemRandomNumberGenerator()
        let identity = RouterIdentity(
            processID: run.processID, startedAt: run.startedAt, seed: random.next(),
            wallClock: configuration.wallClock)
        core = ProxyCore(loop: loop, reporter: reporter, identity: identity, onState: configuration.log)
        limiter = ConnectionLimiter(connectionsMax: Self.connectionsMax())
        for socket in configuration.listeners {
            let descriptor = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { throw EngineError("Copying a listener's descriptor", code: errno) }
            let listener = Listener(descriptor: descriptor, core: core, limiter: limiter)
            listeners.append(listener)
            let code = listener.start(after: configuration.routesWait)
            guard code == 0 else { throw EngineError("Watching a listener", code: code) }
        }
    }

    func run() throws(EngineError) {
        let endpoint = MailboxEndpoint(mailbox, loop: loop) { [unowned self] in handle($0) }
        let code = loop.add(endpoint, events: EPOLLIN.rawValue)
        guard code == 0 else { throw EngineError("Watching the mailbox", code: code) }
        loop.onForeignTimer = { [unowned self] in core.timerFired($0) }
        loop.onRoundEnd = { [unowned self] in roundEnd() }
        core.onClientClosed = { [unowned self] in
            limiter.closed()
            for listener in listeners { listener.resume() }
        }
        core.onSnapshot = { [unowned self] in for listener in listeners { listener.resume() } }
        loop.run()
        core.endAll()
        core.reporter.report(loop.now)
        loop.forEachEndpoint { $0.close() }
    }

    private func handle(_ command: LoopCommand) {
        switch command {
        case .link(let event): core.handle(event)
        case .settle(let continuation): continuation.resume()
        case .drain(let duration):
            let deadline = loop.now + duration
            if drainDeadline == nil { core.beginDrain() }
            drainDeadline = min(drainDeadline ?? deadline, deadline)
        }
    }

    private func roundEnd() -> MonotonicTime? {
        let next = core.reporter.roundEnd(loop.now)
        guard let drainDeadline else { return next }
        if limiter.count == 0 || loop.now >= drainDeadline { loop.stop() }
        return min(next ?? drainDeadline, drainDeadline)
    }

    private static func connectionsMax() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return max(16, (Int(clamping: limit.rlim_cur) - Limits.descriptorsReserved) / 2)
    }
}
