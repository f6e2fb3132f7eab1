import CEpoll
import Glibc
public import RunaboutLink
public import RunaboutModel
import RunaboutRouting
import Synchronization

/// The proxy: accepts on listening sockets and serves by the routes it is told, on threads of its own.
public final class ProxyEngine: Sendable {
    /// What an engine is made of.
    public struct Configuration: Sendable {
        /// Where it accepts.
        ///
        /// The engine uses copies of the descriptors; these stay with the caller.
        public var listeners: [ListeningSocket]
        /// Loops, each on a thread of its own.
        ///
        /// 1...`Limits.proxyLoopsMax`; one for each core is what the machine can use.
        public var loops: Int
        /// How long to wait for the first route table before accepting; nil accepts at once.
        ///
        /// Connections wait in the kernel meanwhile, so that a router that takes another's place does not deny services
        /// it has not heard of.
        public var routesWait: Duration?
        /// Whether every connection begins with a PROXY protocol header, version 1 or 2; one without is closed.
        ///
        /// For listeners that only load balancers reach: whoever else does may name any address as its own.
        public var expectsProxyHeader = false
        /// How long it waits for clients and unused connections.
        public var timeouts = EngineTimeouts()
        /// Where it tells of each request; nil where nobody wants that.
        ///
        /// Made for as many loops; the caller starts it before the engine and stops it after.
        public var accessLog: AccessLog?
        /// Gets what the control plane is to be told, and the number of the connection it is meant for.
        ///
        /// Called on the loops' threads: must not block.
        public var say: @Sendable (RouterMessage, UInt64) -> Void
        /// Gets a line for each change of state that an operator would want to know.
        public var log: @Sendable (String) -> Void
        /// The time for people and records.
        public var wallClock: @Sendable () -> UnixTime

        /// Takes all parts.
        public init(
            listeners: [ListeningSocket],
            loops: Int = 1,
            routesWait: Duration? = nil,
            say: @escaping @Sendable (RouterMessage, UInt64) -> Void,
            log: @escaping @Sendable (String) -> Void = { _ in },
            wallClock: @escaping @Sendable () -> UnixTime = { systemTime() },
        ) {
            self.listeners = listeners
            self.loops = loops
            self.routesWait = routesWait
            self.say = say
            self.log = log
            self.wallClock = wallClock
        }
    }

    private let configuration: Configuration
    private let shared: EngineShared
    private let publisher: RoutePublisher
    private let threads = Mutex<[NamedThread]>([])
    private let running = Atomic<Int>(0)
    private let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    /// Prepares; nothing is accepted before ``start()``.
    ///
    /// - Throws: ``EngineError``.
    public init(_ configuration: Configuration) throws(EngineError) {
        self.configuration = configuration
        let loops = min(max(1, configuration.loops), Limits.proxyLoopsMax)
        let voice = RouterVoice(configuration.say)
        let run = RouterRun(processID: getpid(), startedAt: configuration.wallClock())
        shared = try EngineShared(
            loops: loops, configuration.listeners, voice, run: run, accessLog: configuration.accessLog)
        publisher = RoutePublisher(
            shared.mailboxes, shared.tls, voice, shared.book, run: run, log: configuration.log)
        (ended, end) = AsyncStream.makeStream(of: Void.self)
    }

    /// Starts the loops' threads.
    ///
    /// - Throws: `ThreadError` when the machine has no thread left.
    public func start() throws {
        for index in shared.mailboxes.indices {
            running.add(1, ordering: .relaxed)
            let started: NamedThread
            do {
                started = try NamedThread(name: "proxy-\(index)") { [self] in runLoop(index) }
            } catch {
                loopEnded(index)
                throw error
            }
            threads.withLock { $0.append(started) }
        }
    }

    private func runLoop(_ index: Int) {
        do throws(EngineError) {
            try ProxyLoop(index, shared, configuration).run()
        } catch {
            configuration.log("\(error)")
        }
        loopEnded(index)
    }

    private func loopEnded(_ index: Int) {
        for command in shared.mailboxes[index].shut() {
            switch command {
            case .settle(let continuation): continuation.resume()
            case .certificates(let table): table.free()
            default: break
            }
        }
        if running.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { end.finish() }
    }

    /// Passes on what happens on the link.
    ///
    /// In order, from one thread.
    public func handle(_ event: LinkClientEvent) { publisher.handle(event) }

    /// Returns when all that was handed to ``handle(_:)`` before has taken effect.
    public func settle() async {
        for mailbox in shared.mailboxes {
            await withCheckedContinuation { continuation in
                if !mailbox.post(.settle(continuation)) { continuation.resume() }
            }
        }
    }

    /// Accepts nothing more, lets running requests end for at most this long, then stops.
    ///
    /// Again to hurry.
    public func beginStop(within deadline: Duration) {
        for mailbox in shared.mailboxes { mailbox.post(.drain(deadline)) }
    }

    /// Like ``beginStop(within:)``; returns when it has stopped.
    public func stop(within deadline: Duration) async {
        beginStop(within: deadline)
        for await _ in ended {}
        waitUntilStopped()
    }

    /// Blocks until it has stopped; not for the cooperative pool.
    public func waitUntilStopped() {
        let started = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in started { thread.join() }
    }
}

/// The wall clock.
public func systemTime() -> UnixTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
}
