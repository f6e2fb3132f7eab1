import CEpoll
import Glibc
import RunaboutModel
import Synchronization

/// A listening socket as one loop watches it; all loops watch the same sockets.
struct Listener: Channeled {
    var head: Channel
    /// Whether clients speak TLS.
    let isTLS: Bool
    var isPaused: Bool
}

typealias ListenerRef = UnsafeMutablePointer<Listener>

/// How many client connections all loops have together.
final class ConnectionLimiter: Sendable {
    private let connectionsMax: Int
    private let connections = Atomic<Int>(0)
    private let allOpened = Atomic<Int64>(0)
    private let allRefused = Atomic<Int64>(0)

    /// - Parameter connectionsMax: each may need a second descriptor for its connection to an instance.
    init(connectionsMax: Int) { self.connectionsMax = connectionsMax }

    var hasRoom: Bool { connections.load(ordering: .relaxed) < connectionsMax }

    /// Connections that are open.
    var count: Int { connections.load(ordering: .relaxed) }
    /// Connections that were ever opened.
    var openedCount: Int64 { allOpened.load(ordering: .relaxed) }
    /// Connections that were refused because there was no descriptor for them.
    var refusedCount: Int64 { allRefused.load(ordering: .relaxed) }

    func opened() {
        connections.add(1, ordering: .relaxed)
        allOpened.add(1, ordering: .relaxed)
    }
    func refused() { allRefused.add(1, ordering: .relaxed) }
    func closed() { connections.subtract(1, ordering: .relaxed) }
}

extension ProxyLoop {
    /// Begins to accept, at once or when it is resumed, at the latest after a wait; 0 or an error number.
    func addListener(_ descriptor: Int32, isTLS: Bool, after wait: Duration?) -> Int32 {
        let listener = ListenerRef.allocate(capacity: 1)
        listener.initialize(
            to: Listener(head: Channel(.listener, descriptor: descriptor), isTLS: isTLS, isPaused: wait != nil))
        listeners.append(listener)
        guard let wait else { return watch(listener.channel, acceptEvents) }
        timers.arm(listener.channel, at: now + Nanoseconds(wait))
        return 0
    }

    func acceptEvent(_ listener: ListenerRef) {
        for _ in 0..<Limits.acceptsPerTurnMax {
            guard !listener.pointee.head.isClosed, !listener.pointee.isPaused else { return }
            guard limiter.hasRoom else {
                pause(listener)
                return
            }
            guard accept(listener) else { return }
        }
    }

    /// Accepts again where that had stopped.
    func resumeListeners() {
        for listener in listeners where listener.pointee.isPaused { resume(listener) }
    }

    func resume(_ listener: ListenerRef) {
        guard listener.pointee.isPaused, !listener.pointee.head.isClosed, limiter.hasRoom else { return }
        listener.pointee.isPaused = false
        _ = watch(listener.channel, acceptEvents)
    }

    func closeListeners() {
        for listener in listeners { close(listener.channel) }
    }

    /// Level-triggered, and told to one loop only: a connection that waits is taken by whichever loop has time.
    private var acceptEvents: UInt32 { EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue }

    /// False when there is nothing to accept, or no means to.
    private func accept(_ listener: ListenerRef) -> Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                cepoll_accept(listener.pointee.head.descriptor, $0, &length)
            }
        }
        guard descriptor >= 0 else {
            switch errno {
            case EAGAIN: return false
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                refuseOne(listener)
                pause(listener)
                return false
            default:
                // The connection broke before it was accepted, or a signal came: the next may be good.
                return true
            }
        }
        startClient(descriptor, peer: PeerAddress(address), isTLS: listener.pointee.isTLS)
        return true
    }

    private func pause(_ listener: ListenerRef) {
        listener.pointee.isPaused = true
        _ = cepoll_remove(epoll, listener.pointee.head.descriptor)
        timers.arm(listener.channel, at: now + Nanoseconds(Limits.acceptPause))
    }

    /// Gives the spare descriptor up for a moment to tell one client that there is no room.
    private func refuseOne(_ listener: ListenerRef) {
        guard spareDescriptor >= 0 else { return }
        Glibc.close(spareDescriptor)
        let descriptor = cepoll_accept(listener.pointee.head.descriptor, nil, nil)
        if descriptor >= 0 {
            // Over TLS it would take a handshake to say so.
            let answer: StaticString =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
            if !listener.pointee.isTLS {
                _ = Glibc.send(descriptor, answer.utf8Start, answer.utf8CodeUnitCount, Int32(MSG_NOSIGNAL))
            }
            Glibc.close(descriptor)
            limiter.refused()
            reporter.noteConnection(now)
        }
        spareDescriptor = openSpare()
    }
}

/// A descriptor kept back for the time when there is none left.
func openSpare() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }
