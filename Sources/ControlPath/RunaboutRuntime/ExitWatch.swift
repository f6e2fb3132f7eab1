import LinuxEvents
import RunaboutModel
import Synchronization

/// Notices the end of instances by the kernel's events and reports each once.
///
/// Three things tell of an end, in whichever order: the process ends, its monitor writes the exit status, the monitor
/// ends. A status that was written is the truth; without one, process and monitor must both have ended.
final class ExitWatch: Sendable {
    private struct Watched {
        let process: ProcessHandle?
        let monitor: ProcessHandle?
        let files: InstanceFiles
        let isOutOfMemory: @Sendable () -> Bool
        var exit: InstanceExit?
        var waiters: [AsyncStream<Void>.Continuation] = []

        var isSilentlyOver: Bool { process?.hasEnded ?? true && monitor?.hasEnded ?? true }
    }

    let exits: AsyncStream<InstanceExited>
    private let continuation: AsyncStream<InstanceExited>.Continuation
    private let events: KernelEvents
    private let state = Mutex<[InstanceID: Watched]>([:])

    /// Begins to watch the directory in which exit statuses appear.
    init(_ events: KernelEvents, directory: String) throws(LinuxError) {
        self.events = events
        // Unbounded: an element for each instance that ends, each once.
        (exits, continuation) = AsyncStream.makeStream(of: InstanceExited.self)
        try events.onChange(.appeared, in: directory) { [weak self] in self?.checkAll() }
    }

    /// Begins to watch an instance; does nothing when it is watched already.
    func watch(
        _ files: InstanceFiles, process: ProcessHandle?, monitor: ProcessHandle?,
        isOutOfMemory: @escaping @Sendable () -> Bool,
    ) {
        let id = files.id
        let isNew = state.withLock { state in
            guard state[id] == nil else { return false }
            state[id] = Watched(process: process, monitor: monitor, files: files, isOutOfMemory: isOutOfMemory)
            return true
        }
        guard isNew else { return }
        // A process that can't be waited for is checked by what remains: the directory.
        try? process?.whenEnded(events) { [weak self] in self?.check(id) }
        try? monitor?.whenEnded(events) { [weak self] in
            _ = monitor?.reap()
            self?.check(id)
        }
        check(id)
    }

    /// How a watched instance ended; nil while it runs, or when it is not watched.
    func exit(of id: InstanceID) -> InstanceExit? { state.withLock { $0[id]?.exit } }

    /// Whether an instance is being watched.
    func isWatched(_ id: InstanceID) -> Bool { state.withLock { $0[id] != nil } }

    /// A watched instance's first process.
    func process(of id: InstanceID) -> ProcessHandle? { state.withLock { $0[id]?.process } }

    /// Returns when a watched instance has ended, or the task is cancelled.
    func ended(_ id: InstanceID) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            if let watched = state[id], watched.exit == nil {
                state[id]?.waiters.append(continuation)
            } else {
                continuation.finish()
            }
        }
        for await _ in stream {}
    }

    /// Forgets an instance that was released.
    func forget(_ id: InstanceID) {
        let watched = state.withLock { $0.removeValue(forKey: id) }
        for waiter in watched?.waiters ?? [] {
            waiter.finish()
        }
    }

    private func checkAll() {
        let ids = state.withLock { state in state.filter { $0.value.exit == nil }.map(\.key) }
        for id in ids {
            check(id)
        }
    }

    private func check(_ id: InstanceID) {
        guard let watched = state.withLock({ $0[id] }), watched.exit == nil else { return }
        // In this order: what ended silently before the file was looked for has written it if it ever does.
        let isSilentlyOver = watched.isSilentlyOver
        let status = watched.files.exitStatus ?? (isSilentlyOver ? -1 : nil)
        guard let status else { return }
        let exit = InstanceExit(status: status, isOutOfMemory: status != 0 && watched.isOutOfMemory())
        let waiters = state.withLock { state -> [AsyncStream<Void>.Continuation]? in
            guard state[id] != nil, state[id]?.exit == nil else { return nil }
            state[id]?.exit = exit
            defer { state[id]?.waiters = [] }
            return state[id]?.waiters
        }
        guard let waiters else { return }
        continuation.yield(InstanceExited(id: id, exit: exit))
        for waiter in waiters {
            waiter.finish()
        }
    }
}
