import OCI
import Synchronization

/// Which layers were asked for since a collection began: none of these may go with it.
final class RecentLayers: Sendable {
    private struct State {
        var layers: Set<Digest> = []
        var isCollecting = false
    }

    private let state = Mutex(State())

    /// Notes that somebody asks for a layer, before he claims it.
    func noteUse(of digest: Digest) {
        state.withLock { state in
            if state.isCollecting { state.layers.insert(digest) }
        }
    }

    /// From now on notes who asks for what; false while another collection counts on it.
    func beginCollection() -> Bool {
        state.withLock { state in
            guard !state.isCollecting else { return false }
            state = State(isCollecting: true)
            return true
        }
    }

    /// Ends a collection that was begun.
    func endCollection() { state.withLock { $0 = State() } }

    /// Whether somebody asked for a layer since the collection began.
    func contains(_ digest: Digest) -> Bool { state.withLock { $0.layers.contains(digest) } }
}
