import RunaboutModel

/// Reads the records of a log file: `2026-11-23T20:55:29.676515524+00:00 stdout F text`.
///
/// `P` marks a part of a line that goes on in the stream's next record. Source: Kubernetes' CRI log format, which
/// conmon calls `k8s-file`.
struct LogParser {
    /// The parts of each stream's unfinished line.
    private var pending: [LogLine.Stream: [UInt8]] = [:]
    private let lineBytesMax: Int

    init(lineBytesMax: Int = Int(Limits.logLineBytesMax.bytes)) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes one record without its line end; gives a line when the record completes one.
    ///
    /// A line above the bound is given in pieces. A record that is none is skipped: the file may begin within one
    /// after it was started anew.
    mutating func take(_ record: ArraySlice<UInt8>) -> LogLine? {
        guard let fields = Self.fields(record) else { return nil }
        pending[fields.stream, default: []].append(contentsOf: fields.text)
        let isOver = fields.isFull || (pending[fields.stream]?.count ?? 0) >= lineBytesMax
        guard isOver, let bytes = pending.removeValue(forKey: fields.stream) else { return nil }
        return LogLine(at: fields.at, stream: fields.stream, text: String(decoding: bytes, as: UTF8.self))
    }

    /// Whether a record ends a line.
    static func isFull(_ record: ArraySlice<UInt8>) -> Bool { fields(record)?.isFull ?? false }

    private static func fields(
        _ record: ArraySlice<UInt8>,
    ) -> (at: UnixTime, stream: LogLine.Stream, isFull: Bool, text: ArraySlice<UInt8>)? {
        let parts = record.split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let at = time(parts[0]) else { return nil }
        guard let stream = LogLine.Stream(rawValue: String(decoding: parts[1], as: UTF8.self)) else { return nil }
        guard parts[2].elementsEqual([70]) || parts[2].elementsEqual([80]) else { return nil }
        return (at, stream, parts[2].first == 70, parts[3])
    }

    /// `2026-11-23T20:55:29.676515524+00:00` in milliseconds since 1970.
    private static func time(_ text: ArraySlice<UInt8>) -> UnixTime? {
        let bytes = Array(text)
        guard bytes.count >= 25 else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        guard let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19) else { return nil }
        let zone = bytes.count - 6
        guard let zoneHour = number(zone + 1..<zone + 3), let zoneMinute = number(zone + 4..<zone + 6) else {
            return nil
        }
        let milliseconds = bytes[19] == 46 && zone >= 23 ? number(20..<23) ?? 0 : 0
        let east = (zoneHour * 60 + zoneMinute) * (bytes[zone] == 45 ? -1 : 1)
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - east
        return UnixTime(milliseconds: (minutes * 60 + second) * 1_000 + milliseconds)
    }

    /// Days from 1970-01-01 to a date: 2000-03-01 is day 11,017.
    ///
    /// Years begin in March here, so that a leap day is a year's last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let monthOfYear = (month + 9) % 12
        let dayOfYear = (153 * monthOfYear + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
