/// A number of bytes.
public struct ByteCount: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The number, in bytes.
    public let bytes: Int64

    /// Takes a number of bytes.
    public init(bytes: Int64) { self.bytes = bytes }

    /// Takes a number of binary megabytes (1,048,576 bytes each).
    public static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count * 1_048_576) }

    /// Takes a number of binary kilobytes (1,024 bytes each).
    public static func kibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count * 1_024) }

    /// The largest binary unit that gives a number of at least one, with one digit after the point: `1.5 MiB`.
    public var description: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var tenths = bytes * 10
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1_024
            unit += 1
        }
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// Orders by number of bytes.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
    /// Adds two counts.
    public static func + (left: Self, right: Self) -> Self { Self(bytes: left.bytes + right.bytes) }
    /// Subtracts two counts; the result may be negative.
    public static func - (left: Self, right: Self) -> Self { Self(bytes: left.bytes - right.bytes) }
}

/// A point of wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
///
/// For people and records. Decisions about waiting use ``MonotonicTime``, which never jumps.
public struct UnixTime: Hashable, Sendable, Comparable, Codable {
    /// Milliseconds since the epoch.
    public let milliseconds: Int64

    /// Takes milliseconds since the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    /// The time a duration earlier, to the millisecond.
    public static func - (left: Self, right: Duration) -> Self {
        Self(milliseconds: left.milliseconds - right.wholeMilliseconds)
    }
}

/// A point on a clock that only goes forward: nanoseconds since some start that stays the same while the machine runs.
public struct MonotonicTime: Hashable, Sendable, Comparable, Codable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: Int64

    /// Takes nanoseconds since the clock's start.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The clock's start.
    public static let zero = MonotonicTime(nanoseconds: 0)

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
    /// The time a duration later.
    public static func + (left: Self, right: Duration) -> Self {
        Self(nanoseconds: left.nanoseconds + right.wholeNanoseconds)
    }
    /// The time a duration earlier.
    public static func - (left: Self, right: Duration) -> Self {
        Self(nanoseconds: left.nanoseconds - right.wholeNanoseconds)
    }
    /// How long after `right` the time `left` is.
    public static func - (left: Self, right: Self) -> Duration { .nanoseconds(left.nanoseconds - right.nanoseconds) }
}

extension Duration {
    /// The duration in whole nanoseconds, the rest cut off.
    public var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// The duration in whole milliseconds, the rest cut off.
    public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
