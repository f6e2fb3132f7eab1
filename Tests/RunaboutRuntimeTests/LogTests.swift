import Foundation
import LinuxEvents
import OCI
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutRuntime

struct LogParserTests {
    private func line(_ record: String, _ parser: inout LogParser) -> LogLine? { parser.take(Array(record.utf8)[...]) }

    @Test func aRecordIsALineWithItsTimeAndStream() {
        var parser = LogParser()
        let found = line("1970-01-02T00:00:01.500000000+00:00 stderr F hello there", &parser)
        #expect(found == LogLine(at: UnixTime(milliseconds: 86_401_500), stream: .stderr, text: "hello there"))
    }

    @Test func timesOfOtherZonesAreTheSameMoments() {
        var parser = LogParser()
        let east = line("2026-11-24T01:00:00.250000000+02:00 stdout F x", &parser)
        let here = line("2026-11-23T23:00:00.250000000+00:00 stdout F x", &parser)
        let west = line("2026-11-23T15:30:00.250000000-07:30 stdout F x", &parser)
        #expect(east?.at == here?.at)
        #expect(west?.at == here?.at)
        #expect(here?.at.milliseconds == 1_795_474_800_250)
    }

    @Test func partsOfALineAreJoinedPerStream() {
        var parser = LogParser()
        let time = "2026-11-23T23:00:00.000000000+00:00"
        #expect(line("\(time) stdout P one ", &parser) == nil)
        #expect(line("\(time) stderr F other", &parser)?.text == "other")
        #expect(line("\(time) stdout P two ", &parser) == nil)
        #expect(line("\(time) stdout F three", &parser)?.text == "one two three")
        #expect(line("\(time) stdout F ", &parser)?.text == "")
    }

    @Test func aLineWithoutEndIsGivenInPieces() {
        var parser = LogParser(lineBytesMax: 10)
        let time = "2026-11-23T23:00:00.000000000+00:00"
        #expect(line("\(time) stdout P 12345", &parser) == nil)
        #expect(line("\(time) stdout P 67890", &parser)?.text == "1234567890")
        #expect(line("\(time) stdout F rest", &parser)?.text == "rest")
    }

    @Test(arguments: [
        "", "x", "2026 stdout F x", "2026-11-23T23:00:00.000000000+00:00 other F x",
        "2026-11-23T23:00:00.000000000+00:00 stdout Q x", "2026-11-23T23:00:00.000000000+00:00 stdout F",
    ])
    func whatIsNoRecordIsSkipped(record: String) {
        var parser = LogParser()
        #expect(line(record, &parser) == nil)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct LogReaderTests {
    /// A log in a directory of its own that counts as an instance that is not released.
    private func withLog(_ body: (InstanceFiles, KernelEvents) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let files = InstanceFiles(InstanceID(high: 1, low: 1), state: directory.path)
            try FileManager.default.createDirectory(atPath: files.directory, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: URL(filePath: files.record))
            try await body(files, try KernelEvents())
        }
    }

    private func record(_ text: String, tag: String = "F") -> String {
        "2026-11-23T23:00:00.000000000+00:00 stdout \(tag) \(text)\n"
    }

    private func append(_ text: String, to files: InstanceFiles) throws {
        if access(files.log, F_OK) != 0 { try Data().write(to: URL(filePath: files.log)) }
        let handle = try #require(FileHandle(forWritingAtPath: files.log))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    @Test func theLastLinesOfALongFileAreFoundFromItsEnd() async throws {
        try await withLog { files, events in
            try append((1...20_000).map { record("line \($0)") }.joined(), to: files)
            let reader = LogReader(files, tail: 3_000, follow: false, events: events)
            var lines: [String] = []
            while let line = try await reader.next() { lines.append(line.text) }
            #expect(lines.count == 3_000)
            #expect(lines.first == "line 17001")
            #expect(lines.last == "line 20000")
        }
    }

    @Test func aLineOfManyPartsCountsOnce() async throws {
        try await withLog { files, events in
            let part = String(repeating: "x", count: 8_000)
            let long = String(repeating: record(part, tag: "P"), count: 20) + record("end")
            try append(record("first") + long, to: files)
            let reader = LogReader(files, tail: 1, follow: false, events: events)
            #expect(try await reader.next()?.text.utf8.count == 160_003)
            #expect(try await reader.next() == nil)
        }
    }

    @Test func aFollowerGoesOnInTheFileThatTookTheLogsPlace() async throws {
        try await withLog { files, events in
            try append(record("old"), to: files)
            let reader = LogReader(files, tail: 10, follow: true, events: events)
            #expect(try await reader.next()?.text == "old")
            try Data(record("new").utf8).write(to: URL(filePath: files.log + ".new"))
            #expect(rename(files.log + ".new", files.log) == 0)
            #expect(try await reader.next()?.text == "new")
            async let next = reader.next()
            try append(record("newer"), to: files)
            #expect(try await next?.text == "newer")
        }
    }

    @Test func aFollowerOfNothingYetGetsTheFirstLine() async throws {
        try await withLog { files, events in
            let reader = LogReader(files, tail: 10, follow: true, events: events)
            async let next = reader.next()
            try append("2026-11-23T23:00:00.000000000+00:00 std", to: files)
            try append("out F in two writes\n", to: files)
            #expect(try await next?.text == "in two writes")
        }
    }
}
