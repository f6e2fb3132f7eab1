import OCI
import Synchronization

/// Who holds which content: any number of users at once, or one who removes it and nobody else.
///
/// A user holds a digest from before its file is published until whatever refers to it is written down. A remover gets
/// it only when no user has it; whoever comes meanwhile waits until the file is gone and then brings his own.
final class ContentLeases: Sendable {
    private let users = Mutex<[Digest: Int]>([:])
    private let removals = DigestClaims()

    /// Takes content to use it; false while somebody removes it.
    func use(_ digest: Digest) -> Bool {
        users.withLock { users in
            guard !removals.isClaimed(digest) else { return false }
            users[digest, default: 0] += 1
            return true
        }
    }

    /// Gives content back that was taken with ``use(_:)``.
    func release(_ digest: Digest) {
        users.withLock { users in
            let left = (users[digest] ?? 1) - 1
            users[digest] = left > 0 ? left : nil
        }
    }

    /// Takes content to remove it; false when somebody uses or removes it.
    func beginRemoval(_ digest: Digest) -> Bool {
        users.withLock { $0[digest] == nil && removals.claim(digest) }
    }

    /// Lets content go that was taken with ``beginRemoval(_:)``, whether it was removed or not.
    func endRemoval(_ digest: Digest) { removals.release(digest) }

    /// Returns once nobody removes the content, or the task is cancelled.
    func wait(for digest: Digest) async { await removals.wait(for: digest) }
}
