import CEpoll
import Glibc
public import RunaboutModel
import Synchronization

/// What happens on the router's side of the link.
public enum LinkClientEvent: Sendable {
    /// A connection stands; say hello on it first. Its number goes with every message that is meant for it.
    case connected(UInt64)
    /// The control plane said something. Its hello has been checked already.
    case received(ControlMessage)
    /// The connection is gone; another is being tried. The reason is one sentence.
    case disconnected(String)
}

/// The router's side of the link: connects to the control plane for ever, off the loop thread.
///
/// JSON is made and read on the link's own thread. When a connection breaks, everything queued for it is dropped: the
/// next one starts with a hello and all that matters is said anew.
public final class LinkClient: Sendable {
    private struct State {
        var connection: UInt64?
        var outgoing: [RouterMessage] = []
        var isStopping = false
        var overflowed = false
    }

    private let path: String
    private let deliver: @Sendable (LinkClientEvent) -> Void
    private let state = Mutex(State())
    private let wake: Int32
    private let thread = Mutex<NamedThread?>(nil)

    /// Prepares; nothing is connected before ``start()``.
    ///
    /// - Parameters:
    ///   - path: of the control plane's Unix socket.
    ///   - deliver: called on the link's thread, in order.
    public init(path: String, deliver: @escaping @Sendable (LinkClientEvent) -> Void) {
        self.path = path
        self.deliver = deliver
        self.wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { close(wake) }

    /// Starts its thread.
    ///
    /// - Throws: `ThreadError`.
    public func start() throws {
        let started = try NamedThread(name: "link") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Ends the connection, after what is queued was sent if the control plane takes it at once, and the thread.
    public func stop() {
        state.withLock { $0.isStopping = true }
        signal()
        thread.withLock { $0.take() }?.join()
    }

    /// Queues a message for a connection; dropped when that is not the one that stands.
    public func send(_ message: RouterMessage, on connection: UInt64) {
        state.withLock { state in
            guard state.connection == connection else { return }
            guard state.outgoing.count < Limits.linkMessagesQueuedMax else {
                state.overflowed = true
                return
            }
            state.outgoing.append(message)
        }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func run() {
        var number: UInt64 = 0
        var wait = Limits.linkRetryFirst
        var isConnectedBefore = true
        while !isStopping {
            let socket: Int32
            do {
                socket = try UnixSocket.connect(path)
            } catch {
                if isConnectedBefore { deliver(.disconnected("\(error)")) }
                isConnectedBefore = false
                pause(wait)
                wait = min(wait * 2, Limits.linkRetryMax)
                continue
            }
            number += 1
            state.withLock {
                $0.connection = number
                $0.outgoing = []
                $0.overflowed = false
            }
            isConnectedBefore = true
            deliver(.connected(number))
            var session = LinkSession(socket: socket, wake: wake)
            let end = session.run(deliver: deliver, outgoing: takeOutgoing)
            close(socket)
            state.withLock { $0.connection = nil }
            guard !isStopping else { return }
            deliver(.disconnected(end.reason))
            wait = end.heardHello ? Limits.linkRetryFirst : min(wait * 2, Limits.linkRetryMax)
            pause(wait)
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func takeOutgoing() -> LinkSession.Outgoing {
        state.withLock { state in
            let messages = state.outgoing
            state.outgoing = []
            return LinkSession.Outgoing(
                messages: messages, isStopping: state.isStopping, overflowed: state.overflowed)
        }
    }

    /// Waits, but no longer than until ``stop()``.
    private func pause(_ duration: Duration) {
        let end = monotonicNow() + duration
        while !isStopping {
            let left = (end - monotonicNow()).wholeMilliseconds
            guard left > 0 else { return }
            var events = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            guard poll(&events, 1, Int32(left)) > 0 else { continue }
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
        }
    }
}

/// The kernel's monotonic clock, for loops and threads; decisions get it as an argument.
public func monotonicNow() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
