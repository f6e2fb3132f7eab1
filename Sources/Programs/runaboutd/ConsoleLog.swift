import FoundationEssentials
import Glibc
import Logging

/// Writes log lines to standard error: for people, for the journal, or as JSON.
struct ConsoleLog: LogHandler {
    /// How a line looks.
    enum Style: Sendable {
        /// `23:18:27 message key=value`, with the level where it is not the usual one.
        case text
        /// The same without the time and with the level as syslog's number, which the journal takes off again.
        case journal
        /// One JSON object.
        case json
    }

    let style: Style
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]

    /// The style that fits where standard error goes.
    ///
    /// Source: systemd.exec(5), `$JOURNAL_STREAM`; sd-daemon(3), `<N>` prefixes.
    static func style(_ format: LogFormat, environment: [String: String]) -> Style {
        switch format {
        case .json: .json
        case .text: environment["JOURNAL_STREAM"] == nil ? .text : .journal
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        var line = Self.line(
            style, level: event.level, message: event.message.description, metadata: merged, at: Date())
        line.append("\n")
        // One call a line, so that lines of several threads do not mix. A reader that is gone is no reason to stop.
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// One line without its end.
    static func line(
        _ style: Style, level: Logger.Level, message: String, metadata: Logger.Metadata, at: Date,
    ) -> String {
        let entries = metadata.sorted { $0.key < $1.key }
        if style == .json { return json(level, message, entries, at) }
        var line = style == .journal ? "<\(severity(level))>" : clock(at) + " "
        if style == .text, level >= .warning || level < .info { line += "\(level): " }
        line += escaped(message)
        for (key, value) in entries {
            let text = escaped("\(value)")
            line += text.isEmpty || text.contains(" ") ? " \(key)=\"\(text)\"" : " \(key)=\(text)"
        }
        return line
    }

    private static func json(
        _ level: Logger.Level, _ message: String, _ entries: [(key: String, value: Logger.MetadataValue)], _ at: Date,
    ) -> String {
        var object = ["time": at.formatted(.iso8601), "level": "\(level)", "message": message]
        for (key, value) in entries where object[key] == nil { object[key] = "\(value)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts always encode; an empty object would at least show that a line was there.
        let bytes = (try? encoder.encode(object)) ?? Data("{}".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func clock(_ at: Date) -> String {
        var seconds = time_t(at.timeIntervalSince1970)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    /// Ends of lines and other control characters inside a text would let what is logged write lines of its own.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    /// Syslog's numbers.
    ///
    /// Source: syslog(3).
    private static func severity(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
