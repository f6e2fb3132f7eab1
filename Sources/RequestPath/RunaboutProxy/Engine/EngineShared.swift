import Glibc
import RunaboutModel
import RunaboutRouting

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

    init(
        loops: Int, _ listeners: [ListeningSocket], _ voice: RouterVoice, _ run: RouterRun,
    ) throws(EngineError) {
        httpsPort = listeners.first(where: \.isTLS)?.port
        book = LedgerBook(run)
        var mailboxes: [Mailbox] = []
        for _ in 0..<loops { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        let tickets = TLSTicketSecret(start: MonotonicTime(nanoseconds: clockNow()))
        let serverCount = httpsPort == nil ? 0 : loops
        tls = (0..<serverCount).map { _ in TLSServer(tickets: tickets, offersHTTP2: true) }
        self.voice = voice
        limiter = ConnectionLimiter(connectionsMax: Self.connectionsMax())
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
