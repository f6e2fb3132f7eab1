import CEpoll
import Glibc
import RunaboutModel

/// A listening socket.
///
/// Stops accepting while the process has no descriptor left, so that it neither spins nor grows.
final class Listener: Endpoint {
    private unowned let core: ProxyCore
    private let limiter: ConnectionLimiter
    private var isPaused = false

    init(descriptor: Int32, core: ProxyCore, limiter: ConnectionLimiter) {
        self.core = core
        self.limiter = limiter
        super.init(descriptor: descriptor, loop: core.loop)
    }

    /// Begins to accept, at once or when it is resumed, at the latest after a wait; 0 or an error number.
    func start(after wait: Duration?) -> Int32 {
        guard let wait else { return loop.add(self, events: EPOLLIN.rawValue) }
        isPaused = true
        let code = loop.add(self, events: 0)
        if code == 0 { loop.arm(self, at: loop.now + wait) }
        return code
    }

    override func handle(_ events: UInt32) {
        for _ in 0..<Limits.acceptsPerTurnMax {
            guard !isClosed, !isPaused else { return }
            guard limiter.hasRoom else {
                pause()
                return
            }
            guard accept() else { return }
        }
    }

    /// Accepts again if it had stopped.
    func resume() {
        guard isPaused, limiter.hasRoom, !isClosed else { return }
        isPaused = false
        loop.modify(self, events: EPOLLIN.rawValue)
    }

    override func timerFired() -> MonotonicTime? {
        resume()
        return nil
    }

    /// False when there is nothing to accept, or no means to.
    private func accept() -> Bool {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { cepoll_accept(self.descriptor, $0, &length) }
        }
        guard descriptor >= 0 else {
            switch errno {
            case EAGAIN: return false
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                limiter.refuseOne(self.descriptor)
                pause()
                return false
            default:
                // The connection broke before it was accepted, or a signal came: the next may be good.
                return true
            }
        }
        setNoDelay(descriptor)
        let (peer, isIPv6) = Self.text(of: address)
        limiter.opened()
        ClientConnection(descriptor: descriptor, peer: peer, peerIsIPv6: isIPv6, core: core).start()
        return true
    }

    private func pause() {
        isPaused = true
        loop.modify(self, events: 0)
        loop.arm(self, at: loop.now + Limits.acceptPause)
    }

    /// The peer's address as text; one of IPv4 that came over IPv6 as IPv4.
    private static func text(of address: sockaddr_storage) -> ([UInt8], isIPv6: Bool) {
        var address = address
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(address.ss_family)
        withUnsafePointer(to: &address) { storage in
            switch family {
            case AF_INET:
                storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    var host = $0.pointee.sin_addr
                    inet_ntop(AF_INET, &host, &text, socklen_t(text.count))
                }
            case AF_INET6:
                storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    var host = $0.pointee.sin6_addr
                    inet_ntop(AF_INET6, &host, &text, socklen_t(text.count))
                }
            default: break
            }
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        if bytes.isEmpty { return (Array("unknown".utf8), false) }
        let mapped = Array("::ffff:".utf8)
        if bytes.starts(with: mapped), bytes.contains(46) { return (Array(bytes.dropFirst(mapped.count)), false) }
        return (bytes, family == AF_INET6)
    }
}

/// How many client connections there may be, and the spare descriptor that lets one be refused when none is left.
final class ConnectionLimiter {
    private let connectionsMax: Int
    private var connections = 0
    private var spare: Int32

    /// - Parameter connectionsMax: each may need a second descriptor for its connection to an instance.
    init(connectionsMax: Int) {
        self.connectionsMax = connectionsMax
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    deinit { if spare >= 0 { close(spare) } }

    var hasRoom: Bool { connections < connectionsMax }
    var count: Int { connections }

    func opened() { connections += 1 }
    func closed() { connections -= 1 }

    /// Gives the spare descriptor up for a moment to tell one client that there is no room.
    func refuseOne(_ listener: Int32) {
        guard spare >= 0 else { return }
        close(spare)
        let descriptor = cepoll_accept(listener, nil, nil)
        if descriptor >= 0 {
            let answer: StaticString =
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
            _ = send(descriptor, answer.utf8Start, answer.utf8CodeUnitCount, Int32(MSG_NOSIGNAL))
            close(descriptor)
        }
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
