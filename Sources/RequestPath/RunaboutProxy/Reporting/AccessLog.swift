import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import Synchronization

/// Writes what the loops tell of their requests to a file, on a thread of its own: one line of JSON for each request.
///
/// A request costs its loop a copy into a ring. The writer looks at the rings once in `Limits.accessLogInterval` as long
/// as records come; after that it sleeps until a loop wakes it, so that a router without requests does nothing.
public final class AccessLog: Sendable {
    /// How many records became lines, and how many did not.
    public struct Counts: Hashable, Sendable {
        /// Lines that were written.
        public var written: UInt64 = 0
        /// Records that were dropped because the writer did not keep up.
        public var dropped: UInt64 = 0
        /// Lines that the file did not take.
        public var failed: UInt64 = 0
    }

    private struct Orders {
        var reopens = false
        var isStopping = false
    }

    private let log: @Sendable (String) -> Void
    private let orders = Mutex(Orders())
    private let wake: Int32
    private let rings: [AccessRing]
    // One atomic word for all loops, freed with this after the rings that point to it.
    private nonisolated(unsafe) let isAsleep: UnsafeMutablePointer<Atomic<Bool>>
    private let thread = Mutex<NamedThread?>(nil)
    private let file: Mutex<Sink>
    private let written = Atomic<UInt64>(0)
    private let failed = Atomic<UInt64>(0)

    /// What the writer's thread works on; the lock is its own but for the start.
    private struct Sink: ~Copyable {
        let file: AccessLogFile
        var lines = AccessLine()
        var lineCount: UInt64 = 0
        var isFailing = false
    }

    /// Opens the file; nothing is written before ``start()``.
    ///
    /// - Parameters:
    ///   - path: of the file, which the router must be able to make again when it was renamed.
    ///   - loops: how many loops there are.
    ///   - log: gets a line when writing begins to fail, and when it works again.
    /// - Throws: ``AccessLogError`` when the file can't be opened.
    public init(path: String, loops: Int, log: @escaping @Sendable (String) -> Void) throws(AccessLogError) {
        let file = AccessLogFile(path: path)
        if let failure = file.open() { throw AccessLogError(description: failure) }
        self.file = Mutex(Sink(file: file))
        self.log = log
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else { throw AccessLogError(description: "Making an eventfd failed.") }
        self.wake = wake
        let isAsleep = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: 1)
        isAsleep.initialize(to: Atomic(false))
        self.isAsleep = isAsleep
        rings = (0..<loops).map { _ in
            AccessRing.make(capacity: Limits.accessLogRingBytes, isAsleep: isAsleep, wake: wake)
        }
    }

    deinit {
        for ring in rings { ring.free() }
        isAsleep.deinitialize(count: 1)
        isAsleep.deallocate()
        close(wake)
    }

    /// The ring of one loop; counts until this is freed.
    func ring(_ loop: Int) -> AccessRing { rings[loop] }

    /// What became of all records until now.
    public var counts: Counts {
        Counts(
            written: written.load(ordering: .relaxed), dropped: rings.reduce(0) { $0 &+ $1.dropped },
            failed: failed.load(ordering: .relaxed))
    }

    /// Starts the writer's thread.
    ///
    /// - Throws: `ThreadError`.
    public func start() throws {
        orders.withLock { $0.isStopping = false }
        let started = try NamedThread(name: "access-log") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Has the file opened anew: something else stands at its path now.
    public func reopen() { order { $0.reopens = true } }

    /// Writes what there is and ends the thread.
    ///
    /// Order: after the loops have ended. Blocks; not for the cooperative pool.
    public func stop() {
        order { $0.isStopping = true }
        thread.withLock { $0.take() }?.join()
    }

    private func order(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func run() {
        while true {
            let orders = orders.withLock { orders in
                defer { orders.reopens = false }
                return orders
            }
            if orders.isStopping { break }
            if orders.reopens { file.withLock { $0.file.close() } }
            let foundAny = drain()
            if foundAny {
                isAsleep.pointee.store(false, ordering: .relaxed)
                wait(Limits.accessLogInterval)
            } else if isAsleep.pointee.load(ordering: .relaxed) {
                wait(nil)
            } else {
                // A loop that appends right now may not see this. What it appends is seen after one more interval,
                // long after both have become visible; only then the wait is without end.
                isAsleep.pointee.store(true, ordering: .sequentiallyConsistent)
                wait(Limits.accessLogInterval)
            }
        }
        while drain() {}
    }

    private func wait(_ duration: Duration?) {
        var events = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
        guard poll(&events, 1, Int32(duration?.wholeMilliseconds ?? -1)) > 0 else { return }
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
    }

    /// Writes what is in the rings; false when there was nothing.
    private func drain() -> Bool {
        file.withLock { sink in
            let wallOffset = Self.wallNanoseconds() - monotonicNow().nanoseconds
            var foundAny = false
            for ring in rings {
                let dropped = ring.takeDropped()
                if dropped > 0 { sink.lines.appendGap(dropped, atNanoseconds: Self.wallNanoseconds()) }
                let found = ring.drain { record, texts, isTargetCut in
                    sink.lines.append(record, texts, isTargetCut: isTargetCut, wallOffset: wallOffset)
                    sink.lineCount += 1
                    if sink.lines.bytes.count >= Limits.accessLogWriteBytes { flush(&sink) }
                    return true
                }
                foundAny = found || foundAny
            }
            flush(&sink)
            return foundAny
        }
    }

    private func flush(_ sink: inout Sink) {
        guard !sink.lines.bytes.isEmpty else { return }
        switch sink.file.write(sink.lines.bytes) {
        case .written:
            written.wrappingAdd(sink.lineCount, ordering: .relaxed)
            if sink.isFailing { log("the access log is written again") }
            sink.isFailing = false
        case .failed(let reason):
            failed.wrappingAdd(sink.lineCount, ordering: .relaxed)
            if !sink.isFailing { log("access records are lost: \(reason)") }
            sink.isFailing = true
        }
        sink.lines.removeAll()
        sink.lineCount = 0
    }

    private static func wallNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The access log can't be begun.
public struct AccessLogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, on what, and why it failed.
    public let description: String
}
