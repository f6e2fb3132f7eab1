package import OCI
import Synchronization

/// Who has what a digest names for himself: the first who asks, while the others wait for him to let it go.
package final class DigestClaims: Sendable {
    private struct Table {
        var waiting: [Digest: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var ticket: UInt64 = 0
    }

    private let table = Mutex(Table())

    /// Nothing is claimed.
    package init() {}

    /// Takes it, or gives false when somebody has it.
    package func claim(_ digest: Digest) -> Bool {
        table.withLock { table in
            guard table.waiting[digest] == nil else { return false }
            table.waiting[digest] = [:]
            return true
        }
    }

    /// Whether somebody has it.
    package func isClaimed(_ digest: Digest) -> Bool { table.withLock { $0.waiting[digest] != nil } }

    /// Lets it go and wakes all who wait, whatever came of it: each looks for itself.
    package func release(_ digest: Digest) {
        let waiting = table.withLock { $0.waiting.removeValue(forKey: digest) } ?? [:]
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns once nobody has it, or the task is cancelled.
    package func wait(for digest: Digest) async {
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
