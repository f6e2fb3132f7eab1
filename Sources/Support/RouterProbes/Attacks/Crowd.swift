import CEpoll
import Glibc

/// Many connections to one port of this machine, driven by one thread.
///
/// Not thread-safe: it belongs to the thread that uses it.
package final class Crowd {
    /// How the proxy ended a connection.
    package enum End: Sendable {
        /// It closed, or ended its side.
        case closed
        /// It reset it.
        case reset
    }

    /// One connection.
    package struct Member {
        fileprivate(set) var descriptor: Int32
        /// Bytes that came.
        package fileprivate(set) var received = 0
        /// The first of them, to tell answers apart.
        package fileprivate(set) var begin: [UInt8] = []
        /// Nil while it is open.
        package fileprivate(set) var end: End?
        /// The rest of a piece that is being sent.
        fileprivate var unsent: ArraySlice<UInt8> = []
        /// Whether what comes is read; what is not read fills the proxy's buffers.
        package var reads = true

        /// The status of the answer that came; 0 when there is none.
        package var status: Int {
            guard begin.count >= 12, begin.starts(with: "HTTP/1.".utf8) else { return 0 }
            return begin[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
        }
    }

    /// The connections, in the order in which they were made.
    package var members: [Member] = []
    private let port: Int
    private let epoll: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private static let beginBytesMax = 64

    /// Prepares; nothing is connected yet.
    package init(port: Int) throws(ProbeFailure) {
        self.port = port
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw ProbeFailure(errno: "Making an epoll instance") }
    }

    deinit {
        for member in members where member.descriptor >= 0 { close(member.descriptor) }
        close(epoll)
    }

    /// Makes so many more connections; `receiveBuffer` is how many bytes the kernel takes for each before the proxy has to
    /// wait, nil for its default.
    ///
    /// - Throws: when one can't be made.
    package func connect(_ count: Int, receiveBuffer: Int32? = nil) throws(ProbeFailure) {
        for _ in 0..<count {
            let descriptor = try Self.connect(port: port, receiveBuffer: receiveBuffer)
            let number = UInt64(members.count)
            members.append(Member(descriptor: descriptor))
            let events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            guard cepoll_add(epoll, descriptor, events, number) == 0 else {
                throw ProbeFailure(errno: "Watching a connection")
            }
        }
    }

    /// How many are open.
    package var openCount: Int { members.count { $0.end == nil } }

    /// How many of the answers have a status.
    package func count(status: Int) -> Int { members.count { $0.status == status } }

    /// Sends to one connection, unless an earlier piece is still on its way: then nothing is sent, and false says so.
    ///
    /// What its socket does not take now goes first next time, so that pieces stay whole.
    @discardableResult
    package func send(_ bytes: [UInt8], to index: Int) -> Bool {
        guard members[index].end == nil, push(index) else { return false }
        members[index].unsent = bytes[...]
        push(index)
        return true
    }

    /// Whether all is sent.
    @discardableResult
    private func push(_ index: Int) -> Bool {
        let rest = members[index].unsent
        guard !rest.isEmpty else { return true }
        let sent = rest.withUnsafeBytes { bytes in
            Glibc.send(
                members[index].descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if sent > 0 { members[index].unsent = rest.dropFirst(sent) }
        return members[index].unsent.isEmpty
    }

    /// Sends to every connection that is open.
    package func sendAll(_ text: String) {
        let bytes = Array(text.utf8)
        for index in members.indices { send(bytes, to: index) }
    }

    /// Ends our side of a connection; the other goes on.
    package func endWriting(_ index: Int) {
        if members[index].end == nil { shutdown(members[index].descriptor, Int32(SHUT_WR)) }
    }

    /// Takes what comes until a condition holds or the time is over; gives whether it holds.
    @discardableResult
    package func pump(for limit: Duration, until isDone: (Crowd) -> Bool = { _ in false }) -> Bool {
        let deadline = ProbeClock.now + limit
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while !isDone(self) {
            let left = deadline - ProbeClock.now
            guard left > .zero else { return isDone(self) }
            let milliseconds = Int32(
                clamping: left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
            let count = epoll_wait(epoll, &events, Int32(events.count), milliseconds)
            for index in 0..<max(0, Int(count)) {
                let number = withUnsafePointer(to: events[index]) { cepoll_number($0) }
                take(Int(number), events[index].events)
            }
        }
        return true
    }

    /// Reads a little of each open connection, as a slow reader does.
    package func sip(_ bytes: Int) {
        for index in members.indices where members[index].end == nil { read(index, atMost: bytes) }
    }

    /// Reads all that comes of every connection from now on, what has come already first.
    package func readOn() {
        for index in members.indices {
            members[index].reads = true
            take(index, 0)
        }
    }

    /// Closes all from our side.
    package func closeAll() {
        for index in members.indices where members[index].descriptor >= 0 { finish(index, .closed) }
    }

    private func take(_ index: Int, _ events: UInt32) {
        guard members[index].end == nil else { return }
        if members[index].reads {
            // To the very end: an end that came together with the last bytes is no event of its own.
            while members[index].end == nil, read(index, atMost: buffer.count) > 0 {}
        }
        if members[index].end == nil, events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { finish(index, .reset) }
        // Who does not read still sees that the proxy has ended its side.
        if members[index].end == nil, !members[index].reads, events & EPOLLRDHUP.rawValue != 0 {
            finish(index, .closed)
        }
    }

    @discardableResult
    private func read(_ index: Int, atMost limit: Int) -> Int {
        let count = recv(members[index].descriptor, &buffer, min(limit, buffer.count), Int32(MSG_DONTWAIT))
        if count > 0 {
            members[index].received += count
            let room = Self.beginBytesMax - members[index].begin.count
            if room > 0 { members[index].begin += buffer[0..<min(room, count)] }
        } else if count == 0 {
            finish(index, .closed)
        } else if errno != EAGAIN, errno != EINTR {
            finish(index, .reset)
        }
        return count
    }

    private func finish(_ index: Int, _ end: End) {
        close(members[index].descriptor)
        members[index].descriptor = -1
        members[index].end = members[index].end ?? end
    }

    /// A connection to a port of this machine.
    static func connect(port: Int, receiveBuffer: Int32? = nil) throws(ProbeFailure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ProbeFailure(errno: "Making a socket") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            let failure = ProbeFailure(errno: "Connecting to port \(port)")
            close(descriptor)
            throw failure
        }
        return descriptor
    }
}

/// The kernel's monotonic clock.
enum ProbeClock {
    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension ProbeFailure {
    /// What was attempted, and the error number of the call that failed last.
    init(errno attempt: String) { self.init("\(attempt): \(String(cString: strerror(errno))).") }
}
