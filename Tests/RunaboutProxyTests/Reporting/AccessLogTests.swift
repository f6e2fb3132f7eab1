import Foundation
import Glibc
import RunaboutModel
import RunaboutTestSupport
import Synchronization
import Testing

@testable import RunaboutProxy

@Suite(.serialized) struct AccessLogTests {
    private func lines(_ path: URL) throws -> [String] {
        try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func targets(_ path: URL) throws -> [String] {
        try lines(path).map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["target"] as? String ?? "none"
        }
    }

    /// Starts, appends, stops: everything is on disk then.
    private func write(_ log: AccessLog, _ targets: [String]) async throws {
        try log.start()
        for target in targets { SampleRecord(1, target: target).append(to: log.ring(0)) }
        try await onThread { log.stop() }
    }

    @Test func recordsOfAllLoopsBecomeLinesOfOneFile() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            try "kept\n".write(to: path, atomically: false, encoding: .utf8)
            let log = try AccessLog(path: path.path, loops: 2, log: { _ in })
            try log.start()
            for number in 0..<1_000 { SampleRecord(number, target: "/\(number)").append(to: log.ring(number % 2)) }
            try await onThread { log.stop() }
            let found = try lines(path)
            #expect(found.first == "kept")
            #expect(found.count == 1_001)
            for loop in 0..<2 {
                let own = found.dropFirst().compactMap { line -> Int? in
                    let number = line.split(separator: "\"target\":\"/").last?.prefix { $0.isNumber }
                    return number.flatMap { Int($0) }.flatMap { $0 % 2 == loop ? $0 : nil }
                }
                #expect(own == own.sorted() && own.count == 500)
            }
            #expect(log.counts.written == 1_000)
            #expect(log.counts.dropped == 0)
            #expect(log.counts.failed == 0)
        }
    }

    @Test func aFileThatCanNotBeOpenedIsAnErrorAtTheStart() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "missing/access.log").path
            let error = #expect(throws: AccessLogError.self) {
                _ = try AccessLog(path: path, loops: 1, log: { _ in })
            }
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test func aRenamedFileIsLeftAndAnotherMade() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            let file = AccessLogFile(path: path.path)
            #expect(file.open() == nil)
            #expect(file.write(Array("1\n".utf8)) == .written)
            try FileManager.default.moveItem(at: path, to: directory.appending(path: "access.log.1"))
            #expect(file.write(Array("2\n".utf8)) == .written)
            try FileManager.default.removeItem(at: path)
            #expect(file.write(Array("3\n".utf8)) == .written)
            #expect(try lines(directory.appending(path: "access.log.1")) == ["1"])
            #expect(try lines(path) == ["3"])
        }
    }

    @Test func anOrderToReopenIsFollowed() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            let log = try AccessLog(path: path.path, loops: 1, log: { _ in })
            // What a rotation that copies and cuts leaves to reopening: the path names the same file all along.
            log.reopen()
            try await write(log, ["/1"])
            #expect(try targets(path) == ["/1"])
        }
    }

    @Test func aFullDiskIsSaidOnceAndIsOverWhenThereIsRoom() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            try FileManager.default.createSymbolicLink(atPath: path.path, withDestinationPath: "/dev/full")
            let said = Mutex<[String]>([])
            let log = try AccessLog(path: path.path, loops: 1) { line in said.withLock { $0.append(line) } }
            try await write(log, ["/1", "/2"])
            try await write(log, ["/3"])
            #expect(log.counts.failed == 3)
            #expect(said.withLock { $0 }.count == 1)
            #expect(said.withLock { $0 }.first?.contains("No space left") == true)
            try FileManager.default.removeItem(at: path)
            try await write(log, ["/4"])
            #expect(try targets(path) == ["/4"])
            #expect(said.withLock { $0 }.last == "the access log is written again")
            #expect(said.withLock { $0 }.count == 2)
        }
    }

    @Test func aLineThatWasTornByAFullDiskIsCompletedFirst() async throws {
        try await withSmallDisk(mebibytes: 1) { disk in
            let path = disk.appending(path: "access.log")
            let ballast = disk.appending(path: "ballast")
            let file = AccessLogFile(path: path.path)
            #expect(file.open() == nil)
            let line = String(repeating: "x", count: 1_499) + "\n"
            let fill = String(repeating: "b", count: 4_096 * 200)
            try fill.write(to: ballast, atomically: false, encoding: .utf8)
            var wasFull = false
            for _ in 0..<1_000 where !wasFull { wasFull = file.write(Array(line.utf8)) != .written }
            #expect(wasFull)
            try FileManager.default.removeItem(at: ballast)
            #expect(file.write(Array("end\n".utf8)) == .written)
            let found = try lines(path)
            #expect(found.last == "end")
            #expect(found.dropLast().allSatisfy { $0.count == 1_499 }, "\(found.map(\.count))")
        }
    }

    @Test func whatDoesNotFitIsCountedAndSaidInTheFile() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            let log = try AccessLog(path: path.path, loops: 1, log: { _ in })
            // Nobody writes yet, so the ring fills.
            let long = String(repeating: "a", count: Limits.accessLogTargetBytesMax)
            let count = Limits.accessLogRingBytes / Limits.accessLogTargetBytesMax
            for number in 0..<count { SampleRecord(number, target: long).append(to: log.ring(0)) }
            #expect(log.counts.dropped > 0)
            try await write(log, [])
            let gaps = try lines(path).compactMap { line -> UInt64? in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return (object?["droppedRecords"] as? NSNumber)?.uint64Value
            }
            #expect(gaps == [log.counts.dropped])
            #expect(log.counts.written + log.counts.dropped == UInt64(count))
        }
    }

    @Test func theWriterWaitsWithoutEndWhileNothingComes() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "pipe").path
            #expect(mkfifo(path, 0o600) == 0)
            let reader = Wire(descriptor: open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))
            let log = try AccessLog(path: path, loops: 1, log: { _ in })
            try log.start()
            for number in 0..<3 {
                // One record after a rest is written at once, without any other event.
                try await within(.seconds(60), "the writer rests") {
                    while !Self.writerRests() {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                }
                SampleRecord(number, target: "/\(number)").append(to: log.ring(0))
                let line = try await onThread { try Self.readLine(reader.descriptor) }
                #expect(line.contains("\"target\":\"/\(number)\""))
            }
            try await onThread { log.stop() }
        }
    }

    /// Whether the writer's thread is in a poll that has no timeout.
    private static func writerRests() -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads {
            let directory = "/proc/self/task/\(thread)/"
            guard let name = FileManager.default.contents(atPath: directory + "comm"),
                String(decoding: name, as: UTF8.self) == "access-log\n",
                let call = FileManager.default.contents(atPath: directory + "syscall")
            else { continue }
            // The number of poll on this machine, then its arguments: the third is the timeout.
            let words = String(decoding: call, as: UTF8.self).split(separator: " ")
            if words.count > 3, words[0] == "7", words[3].hasSuffix("ffffffff") { return true }
        }
        return false
    }

    private static func readLine(_ descriptor: Int32) throws -> String {
        var bytes: [UInt8] = []
        while bytes.last != 10 {
            var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&events, 1, 20_000) > 0 else { throw SocketFailure("waiting for a line") }
            var byte: UInt8 = 0
            guard read(descriptor, &byte, 1) == 1 else { throw SocketFailure("reading a line") }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
