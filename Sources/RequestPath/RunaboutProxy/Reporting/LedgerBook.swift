import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// What all loops have counted since the router started.
final class LedgerBook: Sendable {
    private struct State {
        var traffic: [ServiceID?: ServiceTraffic] = [:]
        var status: RouterStatus
        /// Services that are gone, the first at the front.
        var gone: [ServiceID] = []
    }

    private let run: RouterRun
    private let state: Mutex<State>
    private let look: @Sendable (inout RouterStatus) -> Void

    /// Begins with nothing counted; `look` puts what the router has now into a status.
    init(run: RouterRun, loops: Int, look: @escaping @Sendable (inout RouterStatus) -> Void) {
        self.run = run
        self.look = look
        state = Mutex(State(status: RouterStatus(run: run, loops: loops)))
    }

    /// Adds what a loop has counted and says the new totals, in the order in which loops come here.
    func add(
        _ counted: [(service: ServiceID?, ServiceTraffic)], entries: [LedgerEntry], dropped: Int64,
        _ voice: RouterVoice,
    ) {
        state.withLock { state in
            let changed = counted.map { service, more in
                state.traffic[service, default: ServiceTraffic()] += more
                return Self.totals(service, state.traffic[service] ?? more)
            }
            if !changed.isEmpty || !entries.isEmpty {
                voice.tell(.ledger(LedgerReport(entries: entries, dropped: dropped, totals: changed, run: run)))
            }
            let before = state.status
            look(&state.status)
            if state.status != before { voice.tell(.status(state.status)) }
        }
    }

    /// Says everything: nobody who listens now has heard it.
    func sayAll(_ voice: RouterVoice) {
        state.withLock { state in
            let gone = Set(state.gone)
            let known = state.traffic.filter { service, _ in service.map { !gone.contains($0) } ?? true }
            let all = known.map { Self.totals($0.key, $0.value) }
            voice.tell(.ledger(LedgerReport(entries: [], dropped: 0, totals: all, run: run)))
            look(&state.status)
            voice.tell(.status(state.status))
        }
    }

    /// A service is there, or there again.
    func remember(_ service: ServiceID) { state.withLock { state in state.gone.removeAll { $0 == service } } }

    /// A service is gone: nobody who comes new is told of it, and its totals go once many others are gone too.
    ///
    /// Not at once, because requests of it may still end, and totals never go down.
    func forget(_ service: ServiceID) {
        state.withLock { state in
            state.gone.append(service)
            while state.gone.count > Limits.deletedServicesKeptMax { state.traffic[state.gone.removeFirst()] = nil }
        }
    }

    private static func totals(_ service: ServiceID?, _ counted: ServiceTraffic) -> ServiceTotals {
        ServiceTotals(service: service, totals: counted.totals, traffic: counted.traffic)
    }
}
