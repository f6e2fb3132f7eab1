import CEpoll
import Glibc
import RunaboutModel

/// Nanoseconds on the monotonic clock, or between two of its times.
///
/// The loop's own unit: comparing two costs one instruction, where `Duration` has 128 bits.
typealias Nanoseconds = Int64

extension Nanoseconds {
    /// A time that never comes; far enough from overflow to have a duration added.
    static let never = Int64.max / 2

    /// The duration in whole nanoseconds.
    init(_ duration: Duration) { self = duration.wholeNanoseconds }

    /// In whole milliseconds, the rest cut off.
    var milliseconds: Int64 { self / 1_000_000 }

    /// Of so many milliseconds.
    static func milliseconds(_ count: Int64) -> Nanoseconds { count.multipliedClamping(by: 1_000_000) }

    private func multipliedClamping(by factor: Int64) -> Int64 {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        return overflows || product > .never ? .never : product
    }
}

/// The time on the monotonic clock.
func clockNow() -> Nanoseconds {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
