import RunaboutModel
import RunaboutWire

/// How long ago a time was: `now`, `12 s`, `3 m`, `5 h`, `2 d`.
func age(of time: Timestamp, now: UnixTime) -> String {
    let seconds = max(0, (now.milliseconds - time.time.milliseconds) / 1_000)
    return switch seconds {
    case 0: "now"
    case 1..<60: "\(seconds) s"
    case 60..<3_600: "\(seconds / 60) m"
    case 3_600..<86_400: "\(seconds / 3_600) h"
    default: "\(seconds / 86_400) d"
    }
}

/// The same with its word: `now`, `3 m ago`.
func when(_ time: Timestamp, now: UnixTime) -> String {
    let age = age(of: time, now: now)
    return age == "now" ? age : age + " ago"
}

/// A duration: `412 ms`, `1.5 s`, `2 m 5 s`.
func duration(milliseconds: Int64) -> String {
    switch milliseconds {
    case ..<1_000: return "\(milliseconds) ms"
    case ..<60_000:
        let tenths = milliseconds / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    default: return "\(milliseconds / 60_000) m \(milliseconds / 1_000 % 60) s"
    }
}

/// A number with its digits in groups of three: `1,204`.
func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}

/// A count with its noun: `1 instance`, `4 instances`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Thousandths of a CPU from `500m`, `1`, `0.5`; nil when it is something else.
func cpuMillis(from text: String) -> Int? {
    if text.hasSuffix("m") { return Int(text.dropLast()) }
    guard let cores = Double(text), cores.isFinite, cores >= 0, cores < 1_000 else { return nil }
    return Int((cores * 1_000).rounded())
}

/// Binary megabytes from `512`, `512Mi`, `512M`, `1Gi`, `1G`; nil when it is something else.
func memoryMebibytes(from text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
    switch text.dropFirst(digits.count).lowercased() {
    case "", "m", "mi", "mib", "mb": return number
    case "g", "gi", "gib", "gb": return number * 1_024
    default: return nil
    }
}
