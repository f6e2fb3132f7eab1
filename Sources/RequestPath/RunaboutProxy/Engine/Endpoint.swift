import CEpoll
import Glibc
import RunaboutModel

/// A descriptor that the loop watches.
///
/// Confined to the loop's thread, as everything that it refers to.
class Endpoint {
    private(set) var descriptor: Int32
    unowned let loop: EventLoop

    /// Names it to the loop: its descriptor, and how often that was used before.
    fileprivate(set) var key: UInt64 = 0
    /// When the loop will look at its deadline next.
    fileprivate(set) var armedAt: MonotonicTime?
    fileprivate(set) var isScheduled = false

    /// Whether a read may give something.
    ///
    /// Events are edges: it stays true until a read has said otherwise.
    var isReadable = false
    /// Whether the peer has ended its side, or the connection is broken.
    var hasHungUp = false
    /// What the socket did not take yet.
    var output = SendQueue()
    /// Whether writing failed, for good.
    private(set) var isWriteBroken = false

    var isClosed: Bool { descriptor < 0 }

    init(descriptor: Int32, loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    /// What happened to the descriptor.
    func handle(_ events: UInt32) {}

    /// Its turn has come after `EventLoop.schedule`.
    func run() {}

    /// A time that was armed has come.
    ///
    /// Gives the next one.
    func timerFired() -> MonotonicTime? { nil }

    /// Closes the descriptor; nothing happens to it any more.
    func close() {
        guard descriptor >= 0 else { return }
        loop.remove(self)
        _ = Glibc.close(descriptor)
        descriptor = -1
        output.removeAll()
    }

    /// Closes so that the peer gets an error instead of an end that looks regular.
    func abort() {
        guard descriptor >= 0 else { return }
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Sends bytes, or queues what the socket does not take.
    ///
    /// False when writing has failed.
    @discardableResult
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isWriteBroken || isClosed { return false }
        var sent = 0
        if output.isEmpty, canWrite {
            sent = write(bytes)
            if sent < 0 { return false }
        }
        if sent < bytes.count { output.append(UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
        return true
    }

    /// Sends what a writer holds.
    @discardableResult
    func send(_ writer: borrowing ByteWriter) -> Bool { writer.bytes.withUnsafeBytes { send($0) } }

    /// Sends part of what was read.
    @discardableResult
    func send(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        bytes.extracting(range).withUnsafeBytes { send($0) }
    }

    /// Sends queued bytes as far as the socket takes them.
    ///
    /// False when writing has failed.
    @discardableResult
    func flush() -> Bool {
        guard !output.isEmpty, !isClosed else { return !isWriteBroken }
        let sent = output.withBytes { write($0) }
        if sent > 0 { output.removeFirst(sent) }
        return sent >= 0
    }

    /// Whether the socket is ready to be written at all: false while it connects.
    var canWrite: Bool { true }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EAGAIN { return 0 }
            if errno == EINTR { continue }
            isWriteBroken = true
            output.removeAll()
            return -1
        }
    }
}

extension EventLoop {
    /// Begins to watch a descriptor; 0 or an error number.
    func add(_ endpoint: Endpoint, events: UInt32) -> Int32 {
        endpoint.key = claimKey(endpoint)
        if cepoll_add(epoll, endpoint.descriptor, events, endpoint.key) != 0 {
            let code = errno
            remove(endpoint)
            return code
        }
        return 0
    }

    /// Changes what is watched.
    func modify(_ endpoint: Endpoint, events: UInt32) {
        _ = cepoll_modify(epoll, endpoint.descriptor, events, endpoint.key)
    }

    /// Gives the endpoint a turn in this round or, when its turn is now, in the next.
    func schedule(_ endpoint: Endpoint) {
        guard !endpoint.isScheduled, !endpoint.isClosed else { return }
        endpoint.isScheduled = true
        scheduled.append(endpoint)
    }

    /// Makes sure that the endpoint's deadline is looked at no later than at this time.
    func arm(_ endpoint: Endpoint, at time: MonotonicTime) {
        if let armed = endpoint.armedAt, armed <= time { return }
        endpoint.armedAt = time
        armKey(endpoint.key, at: time)
    }

    func runScheduled() {
        guard !scheduled.isEmpty else { return }
        let turn = scheduled
        scheduled = []
        for endpoint in turn {
            endpoint.isScheduled = false
            if !endpoint.isClosed { endpoint.run() }
        }
    }

    func fire(_ endpoint: Endpoint, at time: MonotonicTime) {
        // An entry that is not the armed one was overtaken by an earlier one, which has been looked at.
        guard endpoint.armedAt == time else { return }
        endpoint.armedAt = nil
        guard let next = endpoint.timerFired(), !endpoint.isClosed else { return }
        arm(endpoint, at: next)
    }
}
