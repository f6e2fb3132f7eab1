import RunaboutModel
import Synchronization

/// Tells everybody who watches events that a commit added some.
final class EventBroadcast: Sendable {
    private struct Watcher {
        /// The service whose events it wants; nil for all.
        let service: ServiceID?
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var isClosed = false
        var lastWatcher = 0
        var watchers: [Int: Watcher] = [:]
    }

    private let state = Mutex(State())

    /// Whether every stream has ended.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// How many watch now.
    var watcherCount: Int { state.withLock { $0.watchers.count } }

    /// A stream that holds at most one signal.
    ///
    /// Its place is free again when its consumer is gone.
    func subscribe(to service: ServiceID?) throws(StoreError) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let watcher = try state.withLock { state throws(StoreError) -> Int in
            guard state.watchers.count < Limits.eventStreamsMax else {
                throw StoreError(
                    .limitExceeded,
                    "\(Limits.eventStreamsMax) event streams are open, which is as many as may be; close one first")
            }
            state.lastWatcher += 1
            if !state.isClosed {
                state.watchers[state.lastWatcher] = Watcher(service: service, continuation: continuation)
            }
            return state.lastWatcher
        }
        continuation.onTermination = { [weak self] _ in self?.remove(watcher) }
        if state.withLock({ $0.isClosed }) { continuation.finish() }
        return stream
    }

    /// Wakes those who watch the service, and those who watch all.
    func signal(_ service: ServiceID?) {
        let watchers = state.withLock { state in
            state.watchers.values.filter { $0.service == nil || $0.service == service }
        }
        for watcher in watchers { watcher.continuation.yield() }
    }

    /// Ends every stream, and those that are asked for later at once.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.continuation.finish() }
    }

    private func remove(_ watcher: Int) {
        // The continuation is released after the lock: its stream may be its last owner's.
        let removed = state.withLock { $0.watchers.removeValue(forKey: watcher) }
        _ = removed
    }
}
