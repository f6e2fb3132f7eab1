import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel

/// Waits for descriptors and times, edge-triggered, on one thread; does nothing while nothing happens.
///
/// Nothing is called from inside another call: events, turns and timers run one after the other from ``run()``.
final class EventLoop {
    let epoll: Int32
    let buffer = ReadBuffer()
    /// The time at the begin of this round.
    private(set) var now = monotonicNow()

    var scheduled: [Endpoint] = []
    private var endpoints: [Endpoint?] = []
    private var uses: [UInt32] = []
    private var timers = TimerHeap()
    private var events: UnsafeMutableBufferPointer<epoll_event>
    private var isStopping = false
    private(set) var endpointCount = 0

    /// Timers whose keys have the top bit belong to whoever sets this.
    var onForeignTimer: (UInt64) -> Void = { _ in }
    /// Runs at the end of each round and gives the time of the next that it needs.
    var onRoundEnd: () -> MonotonicTime? = { nil }

    /// Set in the keys of timers that belong to no endpoint.
    static let foreignTimerBit: UInt64 = 1 << 63

    init() throws(EngineError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw EngineError("Making an epoll instance", code: errno) }
        events = .allocate(capacity: 256)
    }

    deinit {
        close(epoll)
        events.deallocate()
    }

    /// Runs until ``stop()``.
    func run() {
        var next = onRoundEnd()
        while !isStopping {
            let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), timeout(until: next))
            now = monotonicNow()
            for index in 0..<max(0, Int(count)) {
                let event = events[index]
                if let endpoint = endpoint(withKey: withUnsafePointer(to: event) { cepoll_number($0) }) {
                    endpoint.handle(event.events)
                }
            }
            runScheduled()
            runTimers()
            next = onRoundEnd()
        }
    }

    /// Ends ``run()`` with this round.
    func stop() { isStopping = true }

    /// All endpoints there are.
    func forEachEndpoint(_ body: (Endpoint) -> Void) {
        for case let endpoint? in endpoints { body(endpoint) }
    }

    func armKey(_ key: UInt64, at time: MonotonicTime) { timers.insert(key, at: time) }

    func claimKey(_ endpoint: Endpoint) -> UInt64 {
        let index = Int(endpoint.descriptor)
        while endpoints.count <= index {
            endpoints.append(nil)
            uses.append(0)
        }
        endpoints[index] = endpoint
        endpointCount += 1
        uses[index] = (uses[index] &+ 1) & 0x7FFF_FFFF
        return UInt64(uses[index]) << 32 | UInt64(index)
    }

    func remove(_ endpoint: Endpoint) {
        let index = Int(endpoint.descriptor)
        guard index >= 0, index < endpoints.count, endpoints[index] === endpoint else { return }
        endpoints[index] = nil
        endpointCount -= 1
    }

    private func endpoint(withKey key: UInt64) -> Endpoint? {
        let index = Int(key & 0xFFFF_FFFF)
        guard index < endpoints.count, let endpoint = endpoints[index], endpoint.key == key else { return nil }
        return endpoint
    }

    private func runTimers() {
        while let entry = timers.popDue(now) {
            if entry.key & Self.foreignTimerBit != 0 {
                onForeignTimer(entry.key)
            } else if let endpoint = endpoint(withKey: entry.key) {
                fire(endpoint, at: entry.at)
            }
        }
    }

    /// Milliseconds to wait, rounded up, so that a time has passed when it is looked at.
    private func timeout(until time: MonotonicTime?) -> Int32 {
        if !scheduled.isEmpty { return 0 }
        let first: MonotonicTime?
        if let time, let timer = timers.earliest { first = min(time, timer) } else { first = time ?? timers.earliest }
        guard let first else { return -1 }
        let nanoseconds = (first - monotonicNow()).wholeNanoseconds
        return nanoseconds <= 0 ? 0 : Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
    }
}

/// The machine refused something that the engine can't go without.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted and why it failed, one sentence.
    public let description: String

    init(_ attempt: String, code: Int32) {
        description = "\(attempt) failed: \(String(cString: strerror(code)))."
    }
}
