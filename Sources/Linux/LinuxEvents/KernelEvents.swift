import CLinux
import Foundation
import Glibc
import Synchronization

/// One thread that waits for the kernel to say that a descriptor has something, and hands that on.
///
/// Everything this program learns of processes, directories and cgroups arrives here: nothing is polled.
public final class KernelEvents: Sendable {
    /// Stands for one descriptor that is being waited for.
    public struct Registration: Hashable, Sendable {
        let number: UInt64
    }

    private struct Entry {
        let descriptor: Int32
        let handle: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var given: UInt64 = 0
        var isStopped = false
    }

    private let epoll: Int32
    private let wake: Int32
    private let state = Mutex(State())
    let directories = Mutex(DirectoryWatches())
    let inotify: Int32

    /// Starts the thread.
    ///
    /// - Throws: when the process is out of descriptors.
    public init() throws(LinuxError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw LinuxError("epoll_create1") }
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let inotify = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard wake >= 0, inotify >= 0 else {
            let error = LinuxError("eventfd, inotify_init1")
            close(epoll)
            if wake >= 0 { close(wake) }
            throw error
        }
        self.epoll = epoll
        self.wake = wake
        self.inotify = inotify
        _ = clinux_epoll_add_number(epoll, wake, EPOLLIN.rawValue, 0)
        let waiting = Waiting(epoll: epoll, wake: wake)
        let thread = Thread { [weak self] in
            while waiting.next({ number in self?.deliver(number) ?? false }) {}
            waiting.close()
        }
        thread.name = "kernel-events"
        thread.start()
        try register(inotify) { [weak self] in self?.readDirectoryEvents() }
    }

    deinit {
        stop()
        close(inotify)
    }

    /// Calls the handler on the events thread each time the descriptor has something to read, until ``remove(_:)``.
    ///
    /// The handler must be short and must take what there is to read, or it is called again at once.
    ///
    /// - Parameters:
    ///   - descriptor: What to wait for; stays the caller's, who closes it after ``remove(_:)``.
    ///   - isOnce: Whether the first call is the last.
    ///   - handle: What to call.
    /// - Returns: What ``remove(_:)`` needs.
    /// - Throws: when the kernel refuses the descriptor.
    @discardableResult
    public func register(
        _ descriptor: Int32, isOnce: Bool = false, handle: @escaping @Sendable () -> Void,
    ) throws(LinuxError) -> Registration {
        let number = state.withLock { state in
            state.given += 1
            state.entries[state.given] = Entry(descriptor: descriptor, handle: handle)
            return state.given
        }
        let events = EPOLLIN.rawValue | (isOnce ? EPOLLONESHOT.rawValue : 0)
        guard clinux_epoll_add_number(epoll, descriptor, events, number) == 0 else {
            let error = LinuxError("wait for descriptor \(descriptor)")
            state.withLock { _ = $0.entries.removeValue(forKey: number) }
            throw error
        }
        return Registration(number: number)
    }

    /// Stops waiting, which has to happen before the descriptor is closed; doing it twice does nothing.
    public func remove(_ registration: Registration) {
        let entry = state.withLock { $0.entries.removeValue(forKey: registration.number) }
        if let entry { _ = clinux_epoll_remove(epoll, entry.descriptor) }
    }

    /// Returns when the descriptor has something to read, or the task is cancelled.
    public func readable(_ descriptor: Int32) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // A descriptor that can't be waited for would make every wait endless: it counts as readable, and the read
        // that follows says what is wrong with it.
        let registration = try? register(descriptor, isOnce: true) {
            continuation.yield()
            continuation.finish()
        }
        guard let registration else { return }
        for await _ in stream { break }
        remove(registration)
    }

    /// Ends the thread; nothing is delivered afterwards.
    public func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        if isFirst { eventfd_write(wake, 1) }
    }

    private func deliver(_ number: UInt64) -> Bool {
        let (handle, isStopped) = state.withLock { ($0.entries[number]?.handle, $0.isStopped) }
        if isStopped { return false }
        handle?()
        return true
    }
}

/// The thread's own side: it holds two descriptors and no reference, so that dropping the object ends the thread.
private struct Waiting: Sendable {
    let epoll: Int32
    let wake: Int32

    func next(_ deliver: (UInt64) -> Bool) -> Bool {
        var number: UInt64 = 0
        let count = clinux_epoll_wait_number(epoll, &number, -1)
        if count < 0 { return false }
        return count == 0 ? true : deliver(number)
    }

    func close() {
        Glibc.close(epoll)
        Glibc.close(wake)
    }
}
