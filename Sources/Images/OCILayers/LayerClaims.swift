import OCI
import Synchronization

/// Who unpacks which layer: the first who asks, while the others wait for it to end.
final class LayerClaims: Sendable {
    private struct Table {
        var waiting: [Digest: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var ticket: UInt64 = 0
        /// What was asked for since a collection last began.
        var recent: Set<Digest> = []
        var isCollecting = false
    }

    private let table = Mutex(Table())

    /// Takes a layer, or gives false when somebody has it.
    func claim(_ digest: Digest) -> Bool {
        table.withLock { table in
            guard table.waiting[digest] == nil else { return false }
            table.waiting[digest] = [:]
            return true
        }
    }

    /// Notes that somebody asks for a layer, before he claims it.
    func noteUse(of digest: Digest) { table.withLock { _ = $0.recent.insert(digest) } }

    /// Forgets who asked for what until now; false while another collection counts on it.
    func beginCollection() -> Bool {
        table.withLock { table in
            guard !table.isCollecting else { return false }
            table.isCollecting = true
            table.recent = []
            return true
        }
    }

    /// Ends a collection that was begun.
    func endCollection() { table.withLock { $0.isCollecting = false } }

    /// Whether somebody asked for a layer since the collection began.
    func isRecent(_ digest: Digest) -> Bool { table.withLock { $0.recent.contains(digest) } }

    /// Lets a layer go and wakes all who wait, whatever came of it: each looks for itself.
    func release(_ digest: Digest) {
        let waiting = table.withLock { $0.waiting.removeValue(forKey: digest) } ?? [:]
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns once nobody has the layer, or the task is cancelled.
    func wait(for digest: Digest) async {
        let ticket = table.withLock { table in
            table.ticket += 1
            return table.ticket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHeld = table.withLock { table in
                    guard !Task.isCancelled, table.waiting[digest] != nil else { return false }
                    table.waiting[digest]?[ticket] = continuation
                    return true
                }
                if !isHeld { continuation.resume() }
            }
        } onCancel: {
            table.withLock { $0.waiting[digest]?.removeValue(forKey: ticket) }?.resume()
        }
    }
}
