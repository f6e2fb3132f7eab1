import Glibc
import LinuxEvents
import RunaboutModel

/// Reads an instance's log from near its end and, when following, on as it grows; across the file's starting anew.
///
/// Pulled by its consumer: a slow one delays nobody and nothing piles up.
actor LogReader {
    /// Bytes read at once.
    private static let pieceBytes = 65_536

    private let files: InstanceFiles
    private let tail: Int
    private let isFollowing: Bool
    private let events: KernelEvents
    private var changes: AsyncStream<Void>.Iterator?
    private var descriptor: Int32 = -1
    private var offset = 0
    private var parser = LogParser()
    private var rest: [UInt8] = []
    private var due: ArraySlice<LogLine> = []
    private var hasBegun = false

    init(_ files: InstanceFiles, tail: Int, follow: Bool, events: KernelEvents) {
        self.files = files
        self.tail = max(0, tail)
        self.isFollowing = follow
        self.events = events
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// All lines, read as the consumer asks for them.
    nonisolated var lines: AsyncThrowingStream<LogLine, any Error> {
        AsyncThrowingStream { try await self.next() }
    }

    /// The next line; nil when there is no more, or none will come since the instance was released.
    func next() async throws -> LogLine? {
        if !hasBegun { try begin() }
        while true {
            if let line = due.popFirst() { return line }
            try Task.checkCancellation()
            guard isFollowing else { return nil }
            // Looked at before reading: what was written before the release is still read.
            let isReleased = access(files.record, F_OK) != 0
            if readOn() { continue }
            if startedAnew() { continue }
            if isReleased { return nil }
            guard await waitForChange() else { return nil }
        }
    }

    private func begin() throws {
        hasBegun = true
        guard access(files.directory, F_OK) == 0 else {
            throw RuntimeError(
                step: .logs, instance: files.id,
                message: "Instance \(files.id.short) has no log: it never ran, or its log was deleted.")
        }
        // Watching begins before reading, so that nothing written in between is missed.
        if isFollowing {
            changes = try events.changes([.written, .appeared, .vanished], in: files.directory).makeAsyncIterator()
        }
        descriptor = open(files.log, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        readTail()
    }

    private func waitForChange() async -> Bool {
        guard var iterator = changes else { return false }
        let hasChanged = await iterator.next(isolation: self) != nil
        changes = iterator
        return hasChanged
    }

    /// Reads backwards, a piece at a time, until the wanted lines are in memory.
    private func readTail() {
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var start = size
        var bytes: [UInt8] = []
        while start > 0, Self.fullRecords(bytes) <= tail {
            let count = min(Self.pieceBytes, start)
            var piece = [UInt8](repeating: 0, count: count)
            guard pread(descriptor, &piece, count, start - count) == count else { break }
            start -= count
            bytes = piece + bytes
        }
        offset = size
        // What is before the first line end is the end of a record, unless the file begins there.
        let first = start == 0 ? 0 : (bytes.firstIndex(of: 10) ?? bytes.count - 1) + 1
        take(bytes[first...])
        due = due.suffix(tail)
    }

    private static func fullRecords(_ bytes: [UInt8]) -> Int {
        bytes.split(separator: 10).count { LogParser.isFull($0) }
    }

    /// Reads what was written since; false when nothing was.
    private func readOn() -> Bool {
        if descriptor < 0 {
            descriptor = open(files.log, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
        }
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = pread(descriptor, &piece, piece.count, offset)
        guard count > 0 else { return false }
        offset += count
        take(piece[..<count])
        return true
    }

    /// Whether another file has the log's name now; then that one is read, from its beginning.
    private func startedAnew() -> Bool {
        var own = stat()
        var named = stat()
        guard descriptor >= 0, fstat(descriptor, &own) == 0, stat(files.log, &named) == 0 else { return false }
        guard own.st_ino != named.st_ino || own.st_dev != named.st_dev else { return false }
        let fresh = open(files.log, O_RDONLY | O_CLOEXEC)
        guard fresh >= 0 else { return false }
        close(descriptor)
        descriptor = fresh
        offset = 0
        rest = []
        return true
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        rest.append(contentsOf: bytes)
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: 10) {
            if let line = parser.take(rest[start..<end]) { due.append(line) }
            start = end + 1
        }
        rest.removeSubrange(..<start)
    }
}
