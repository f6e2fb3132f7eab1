import Glibc
import RunaboutModel
import RunaboutRouting
import Synchronization

/// What the loops of one engine have together; all of it may be used by any thread.
final class EngineShared: Sendable {
    let mailboxes: [Mailbox]
    let limiter: ConnectionLimiter
    let voice: RouterVoice
    let book: LedgerBook
    /// One for each loop where a listener speaks TLS, else none.
    let tls: [TLSServer]
    /// Where the first listener that speaks TLS listens; nil when none does.
    let httpsPort: Int?
    /// Connections to instances that all loops have together.
    let instanceConnections: ConnectionCount

    init(
        loops: Int, _ listeners: [ListeningSocket], _ voice: RouterVoice, run: RouterRun, accessLog: AccessLog?,
    ) throws(EngineError) {
        httpsPort = listeners.first(where: \.isTLS)?.port
        var mailboxes: [Mailbox] = []
        for _ in 0..<loops { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        let tickets = TLSTicketSecret(start: MonotonicTime(nanoseconds: clockNow()))
        let serverCount = httpsPort == nil ? 0 : loops
        tls = (0..<serverCount).map { _ in TLSServer(tickets: tickets, offersHTTP2: true) }
        self.voice = voice
        let limiter = ConnectionLimiter(connectionsMax: Self.connectionsMax())
        let instanceConnections = ConnectionCount()
        self.limiter = limiter
        self.instanceConnections = instanceConnections
        book = LedgerBook(run: run, loops: loops) { status in
            status.clientConnections = limiter.count
            status.acceptedConnections = limiter.openedCount
            status.refusedConnections = limiter.refusedCount
            status.instanceConnections = instanceConnections.value
            let lost = accessLog?.counts
            status.lostAccessRecords = Int64(clamping: (lost?.dropped ?? 0) &+ (lost?.failed ?? 0))
        }
    }

    deinit {
        for server in tls { server.free() }
    }

    private static func connectionsMax() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return max(16, (Int(clamping: limit.rlim_cur) - Limits.descriptorsReserved) / 2)
    }
}

/// A count that all loops change.
final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ change: Int) { count.add(change, ordering: .relaxed) }
}
