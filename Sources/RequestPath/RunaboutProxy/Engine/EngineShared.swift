import Glibc
import RunaboutModel
import RunaboutRouting

/// What the loops of one engine have together; all of it may be used by any thread.
final class EngineShared: Sendable {
    let mailboxes: [Mailbox]
    let limiter: ConnectionLimiter
    let voice: RouterVoice
    let book: LedgerBook

    init(loops: Int, _ voice: RouterVoice, _ run: RouterRun) throws(EngineError) {
        book = LedgerBook(run)
        var mailboxes: [Mailbox] = []
        for _ in 0..<loops { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        self.voice = voice
        limiter = ConnectionLimiter(connectionsMax: Self.connectionsMax())
    }

    private static func connectionsMax() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return max(16, (Int(clamping: limit.rlim_cur) - Limits.descriptorsReserved) / 2)
    }
}
