import RunaboutControlPlane
import RunaboutLinkServer
import RunaboutStore
import ServiceLifecycle
import Synchronization

/// Closes the store after everything that uses it has ended.
struct StoreService: ServiceLifecycle.Service {
    let store: Store

    func run() async throws {
        await gracefulShutdownOrCancellation()
        try store.close()
    }
}

/// Runs the link for as long as the daemon.
struct LinkService: ServiceLifecycle.Service {
    let link: LinkServer

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await link.run() }
    }
}

/// Keeps the images' index as the tags are for as long as the daemon runs.
struct LayoutIndexService: ServiceLifecycle.Service {
    let index: LayoutIndex

    func run() async throws {
        await cancelWhenGracefulShutdown { await index.run() }
    }
}

/// Returns when the daemon is to end.
func gracefulShutdownOrCancellation() async {
    await cancelWhenGracefulShutdown {
        let (forever, _) = AsyncStream.makeStream(of: Never.self)
        // Nothing ever comes; cancellation ends it.
        for await _ in forever {}
    }
}

/// Counts the parts that still have to come up, and says once when all have.
final class Readiness: Sendable {
    private let missing: Mutex<Int>
    private let whenReady: @Sendable () -> Void

    init(parts: Int, whenReady: @escaping @Sendable () -> Void) {
        self.missing = Mutex(parts)
        self.whenReady = whenReady
    }

    /// One more part is up.
    func partIsUp() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { whenReady() }
    }
}
