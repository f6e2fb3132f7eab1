import Glibc

/// A log file in conmon's form: `2026-11-23T20:55:29.676515524+00:00 stdout F text`, `P` for a part of a line.
///
/// Beyond its bound it starts anew; a line that can't be written (full disk) is lost and the program goes on.
final class InstanceLogFile {
    private let path: String
    private let bytesMax: Int
    private var file: Int32
    private var bytes: Int

    init(path: String, bytesMax: Int) {
        self.path = path
        self.bytesMax = bytesMax
        self.file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let end = file >= 0 ? lseek(file, 0, SEEK_END) : 0
        self.bytes = max(0, Int(end))
    }

    /// Writes what was read from one stream; the last piece is a part when it has no line end.
    func write(_ chunk: UnsafeRawBufferPointer, stream: String) {
        let head = Self.timestamp() + " " + stream
        var record: [UInt8] = []
        var start = 0
        while start < chunk.count {
            var end = start
            while end < chunk.count, chunk[end] != 10 { end += 1 }
            record.append(contentsOf: head.utf8)
            record.append(contentsOf: (end < chunk.count ? " F " : " P ").utf8)
            record.append(contentsOf: chunk[start..<end])
            record.append(10)
            start = end + 1
        }
        append(record)
    }

    private func append(_ record: [UInt8]) {
        if bytes + record.count > bytesMax { startAnew() }
        let written = record.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if written > 0 { bytes += written }
    }

    private func startAnew() {
        let fresh = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard fresh >= 0 else { return }
        guard rename(path + ".new", path) == 0 else {
            close(fresh)
            return
        }
        close(file)
        file = fresh
        bytes = 0
    }

    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        return "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
            + "T\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
            + ".\(padded(now.tv_nsec, 9))+00:00"
    }

    private static func padded(_ number: some BinaryInteger, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
