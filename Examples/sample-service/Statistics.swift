import Glibc
import Synchronization

/// What the service counts about itself.
///
/// A request is counted from its head until just before its answer's last byte is handed to the kernel. Counting until
/// after it would make the service see more requests than its sender: who has the answer may send the next one before
/// this thread runs again.
final class Statistics: Sendable {
    /// The numbers, all taken at one moment.
    struct Numbers: Sendable {
        /// Requests being worked on.
        var inFlight = 0
        /// The most there were at once.
        var maxInFlight = 0
        /// Requests answered since the start.
        var served = 0
    }

    private let numbers = Mutex(Numbers())

    /// The numbers now.
    var current: Numbers { numbers.withLock { $0 } }

    /// Counts a request's beginning.
    func begin() {
        numbers.withLock {
            $0.inFlight += 1
            $0.maxInFlight = max($0.maxInFlight, $0.inFlight)
        }
    }

    /// Counts a request's end.
    func end() {
        numbers.withLock {
            $0.inFlight -= 1
            $0.served += 1
        }
    }
}

/// Milliseconds since 1970.
func wallClockMilliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}

/// Nanoseconds of CPU time this thread has used.
func threadCPUNanoseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Waits; signals do not shorten it.
func pause(milliseconds: Int) {
    var left = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
}

/// Writes one line to standard output at once.
func log(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// Runs a closure on a thread of its own.
///
/// - Returns: Whether the thread could be made.
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 131_072)
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    if status != 0 { box.release() }
    return status == 0
}
