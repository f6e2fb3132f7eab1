import RunaboutModel
import RunaboutRouting

/// Turns records into lines of JSON, one object each.
///
/// Lines are ASCII: a byte of a text that is no printable ASCII character is written as the escape of the character with
/// its number, so that whatever a client sends gives one valid line. What does not apply is left out.
struct AccessLine {
    /// Lines that wait to be written.
    private(set) var bytes: [UInt8] = []

    /// Makes room for what is written at once, so that adding lines does not move them.
    init() { bytes.reserveCapacity(Limits.accessLogWriteBytes + Limits.accessLogLineBytesMax) }

    /// Takes all lines out, leaving the room.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Adds the line of a record; `wallOffset` is nanoseconds from the loop's clock to the clock of people.
    mutating func append(_ record: AccessRecord, _ texts: AccessTexts, isTargetCut: Bool, wallOffset: Int64) {
        add("{\"time\":\"")
        appendTime(nanoseconds: record.acceptedAt &+ wallOffset)
        add("\"")
        text("requestID", texts.requestID)
        text("peer", texts.peer)
        add(",\"protocol\":\"")
        add(record.version.name)
        add("\",\"tls\":")
        add(record.isTLS ? "true" : "false")
        text("method", texts.method)
        text("host", texts.host)
        text("target", texts.target)
        if isTargetCut { add(",\"targetCut\":true") }
        id("service", record.service)
        id("instance", record.instance)
        add(",\"outcome\":\"")
        for byte in record.outcome.name.utf8 { bytes.append(byte) }
        add("\"")
        if record.status != 0 { number("status", Int64(record.status)) }
        number("requestBytes", record.requestBytes)
        number("responseBytes", record.responseBytes)
        microseconds("queueMicroseconds", record.queueNanoseconds)
        microseconds("connectMicroseconds", record.connectNanoseconds)
        microseconds("firstByteMicroseconds", record.firstByteNanoseconds)
        microseconds("totalMicroseconds", record.totalNanoseconds)
        add("}\n")
    }

    /// Adds a line that says how many records are missing here.
    mutating func appendGap(_ dropped: UInt64, atNanoseconds time: Int64) {
        add("{\"time\":\"")
        appendTime(nanoseconds: time)
        add("\"")
        number("droppedRecords", Int64(clamping: dropped))
        add("}\n")
    }

    // MARK: Members

    private mutating func text(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        key(name)
        add("\"")
        for byte in value {
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0x20...0x7E: bytes.append(byte)
            default:
                add("\\u00")
                hexadecimal(byte)
            }
        }
        add("\"")
    }

    private mutating func id(_ name: StaticString, _ id: RecordedID) {
        guard id != .none else { return }
        key(name)
        add("\"")
        for half in [id.high, id.low] {
            for shift in stride(from: 56, through: 0, by: -8) { hexadecimal(UInt8(truncatingIfNeeded: half >> shift)) }
        }
        add("\"")
    }

    private mutating func microseconds(_ name: StaticString, _ nanoseconds: Int64) {
        if nanoseconds >= 0 { number(name, nanoseconds / 1_000) }
    }

    private mutating func number(_ name: StaticString, _ value: Int64) {
        key(name)
        for byte in String(value).utf8 { bytes.append(byte) }
    }

    private mutating func key(_ name: StaticString) {
        add(",\"")
        add(name)
        add("\":")
    }

    /// `2026-01-02T03:04:05.678901Z`, of a time since 1970 that is not before it.
    private mutating func appendTime(nanoseconds: Int64) {
        let microseconds = max(0, nanoseconds) / 1_000
        let seconds = microseconds / 1_000_000
        let day = CivilDay(daysSince1970: seconds / 86_400)
        let second = seconds % 86_400
        digits(day.year, 4)
        add("-")
        digits(day.month, 2)
        add("-")
        digits(day.day, 2)
        add("T")
        digits(second / 3_600, 2)
        add(":")
        digits(second / 60 % 60, 2)
        add(":")
        digits(second % 60, 2)
        add(".")
        digits(microseconds % 1_000_000, 6)
        add("Z")
    }

    private mutating func digits(_ value: Int64, _ count: Int) {
        var scale: Int64 = 1
        for _ in 1..<count { scale *= 10 }
        while scale > 0 {
            bytes.append(UInt8(0x30 + value / scale % 10))
            scale /= 10
        }
    }

    private mutating func hexadecimal(_ byte: UInt8) {
        for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }

    private mutating func add(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

/// A day of the Gregorian calendar, without Foundation.
struct CivilDay: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64

    /// The day so many days after 1970-01-01; not before it.
    ///
    /// Counts in years that begin in March, so that the day that some years have more is a year's last; 400 years have
    /// 146,097 days. Example: 59 days after is 1970-03-01.
    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
