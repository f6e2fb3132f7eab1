import OCI
import Synchronization

/// Who holds which content: any number of users at once, or one who removes it and nobody else.
///
/// A user holds a digest from before its file is published until whatever refers to it is written down. A remover gets
/// it only when no user has it; whoever comes meanwhile waits until the file is gone and then brings his own.
final class ContentLeases: Sendable {
    private struct Table {
        var users: [Digest: Int] = [:]
        var removing: [Digest: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var ticket: UInt64 = 0
    }

    private let table = Mutex(Table())

    /// Takes content to use it; false while somebody removes it.
    func use(_ digest: Digest) -> Bool {
        table.withLock { table in
            guard table.removing[digest] == nil else { return false }
            table.users[digest, default: 0] += 1
            return true
        }
    }

    /// Gives content back that was taken with ``use(_:)``.
    func release(_ digest: Digest) {
        table.withLock { table in
            let left = (table.users[digest] ?? 1) - 1
            table.users[digest] = left > 0 ? left : nil
        }
    }

    /// Takes content to remove it; false when somebody uses or removes it.
    func beginRemoval(_ digest: Digest) -> Bool {
        table.withLock { table in
            guard table.users[digest] == nil, table.removing[digest] == nil else { return false }
            table.removing[digest] = [:]
            return true
        }
    }

    /// Lets content go that was taken with ``beginRemoval(_:)``, whether it was removed or not.
    func endRemoval(_ digest: Digest) {
        let waiting = table.withLock { $0.removing.removeValue(forKey: digest) } ?? [:]
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns once nobody removes the content, or the task is cancelled.
    func wait(for digest: Digest) async {
        let ticket = table.withLock { table in
            table.ticket += 1
            return table.ticket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHeld = table.withLock { table in
                    guard !Task.isCancelled, table.removing[digest] != nil else { return false }
                    table.removing[digest]?[ticket] = continuation
                    return true
                }
                if !isHeld { continuation.resume() }
            }
        } onCancel: {
            table.withLock { $0.removing[digest]?.removeValue(forKey: ticket) }?.resume()
        }
    }
}
