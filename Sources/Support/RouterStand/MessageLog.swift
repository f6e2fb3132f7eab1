import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// What a router has said, oldest first, and a way to wait for more of it.
///
/// Keeps at least the newest ``messagesMax`` messages; older ones go.
final class MessageLog: Sendable {
    /// Messages that are kept for certain.
    static let messagesMax = 10_000

    struct State: Sendable {
        /// What is kept.
        var messages: [RouterMessage] = []
        /// How many of these have been given to somebody who asked for the next.
        var taken = 0
        /// How many are gone.
        var dropped = 0
        /// The router's greeting on the connection that stands.
        var hello: RouterHello?
        /// The generation of each service's route that the router last counted under.
        var generations: [ServiceID: Int64] = [:]
        /// The newest totals of each service; those without a service under nil.
        var totals: [ServiceID?: LedgerTotals] = [:]
        /// Why nothing comes any more, once that is so.
        var end: String?
        fileprivate var waiting: [Int32] = []
    }

    private let state = Mutex(State())

    /// A look at what there is.
    func read<Value: Sendable>(_ look: (State) -> Value) -> Value { state.withLock { look($0) } }

    func append(_ message: RouterMessage) {
        change { state in
            if state.messages.count >= 2 * Self.messagesMax {
                state.messages.removeFirst(Self.messagesMax)
                state.taken = max(0, state.taken - Self.messagesMax)
                state.dropped += Self.messagesMax
            }
            state.messages.append(message)
            switch message {
            case .hello(let hello): state.hello = hello
            case .demand(let demand): for entry in demand { state.generations[entry.service] = entry.generation }
            case .ledger(let report): for entry in report.totals { state.totals[entry.service] = entry.totals }
            default: break
            }
        }
    }

    /// A connection begins, for which nothing has been said.
    func restart() {
        change { state in
            state.hello = nil
            state.generations = [:]
        }
    }

    /// Nothing comes any more; those who wait fail with the reason.
    func end(_ reason: String) {
        change { state in if state.end == nil { state.end = reason } }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            var one: UInt64 = 1
            for wake in state.waiting { _ = write(wake, &one, 8) }
        }
    }

    /// Waits until a look at the log gives a value.
    ///
    /// Blocks; not for the cooperative pool.
    /// - Throws: when the time is over, or the router is.
    func wait<Value: Sendable>(
        within limit: Duration, for what: String, _ look: (inout State) -> Value?,
    ) throws(StandError) -> Value {
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else { throw StandError("Waiting for \(what)", code: errno) }
        state.withLock { $0.waiting.append(wake) }
        defer {
            state.withLock { state in state.waiting.removeAll { $0 == wake } }
            close(wake)
        }
        let deadline = monotonicNow() + limit
        while true {
            let (value, end) = state.withLock { state in (look(&state), state.end) }
            if let value { return value }
            if let end { throw StandError("Waiting for \(what): \(end)") }
            let left = (deadline - monotonicNow()).wholeMilliseconds
            guard left > 0 else { throw StandError("Waiting for \(what): it did not come within \(limit).") }
            var events = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            guard poll(&events, 1, Int32(min(left, 60_000))) > 0 else { continue }
            var count: UInt64 = 0
            _ = Glibc.read(wake, &count, 8)
        }
    }
}
