import Foundation
import GRDB
import RunaboutTestSupport
import Testing
import Vulnerabilities

@Suite struct ImportTests {
    @Test func everyKindOfSourceIsTaken() async throws {
        try await withTemporaryDirectory { directory in
            var zip = ZipWriter()
            zip.add("A.json", advisory("A"))
            zip.add("readme.txt", "nothing")
            zip.add("B.json", advisory("B"))
            try Data(zip.finished()).write(to: directory.appending(path: "all.zip"))
            try advisory("C").write(to: directory.appending(path: "C.json"), atomically: true, encoding: .utf8)
            let lines = "\n\(line(advisory("D")))\n\n\(line(advisory("E")))"
            try lines.dropFirst().description.write(
                to: directory.appending(path: "lines"), atomically: true, encoding: .utf8)
            let deep = directory.appending(path: "tree/2026/01")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            try advisory("F").write(to: deep.appending(path: "F.json"), atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                at: deep.appending(path: "loop"), withDestinationURL: directory.appending(path: "tree"))
            for (source, count) in [("all.zip", 2), ("C.json", 1), ("lines", 2), ("tree", 1)] {
                let summary = try run(directory, directory.appending(path: source).path)
                #expect(summary.added == count, "\(source)")
                #expect(summary.skipped == 0, "\(source)")
            }
            let database = try VulnerabilityDatabase(path: path(directory))
            #expect(try database.description().advisoryCount == 6)
            #expect(try database.description().importedAtSeconds == 50)
        }
    }

    @Test func newerFormsReplaceOlderOnesAndWithdrawnOnesFindNothing() async throws {
        try await withTemporaryDirectory { directory in
            let first = try summary(of: advisory("A"), .adding, directory)
            #expect(first.added == 1)
            #expect(try summary(of: advisory("A"), .adding, directory).unchanged == 1)
            #expect(try summary(of: advisory("A", modified: "2025-01-01T00:00:00Z"), .adding, directory).unchanged == 1)
            #expect(try summary(of: advisory("B"), .adding, directory).added == 1)
            #expect(try summary(of: advisory("A", modified: "2026-02-01T00:00:00Z"), .adding, directory).replaced == 1)
            let withdrawn = advisory(
                "A", modified: "2026-03-01T00:00:00Z", more: #""withdrawn": "2026-03-01T00:00:00Z""#)
            #expect(try summary(of: withdrawn, .adding, directory).withdrawn == 1)
            #expect(try summary(of: advisory("A", modified: "2026-02-01T00:00:00Z"), .adding, directory).unchanged == 1)
            #expect(try VulnerabilityDatabase(path: path(directory)).description().advisoryCount == 1)
            #expect(try summary(of: advisory("C", "crates.io"), .adding, directory).irrelevant == 1)
            #expect(try summary(of: advisory("C"), .replacing, directory).added == 1)
            #expect(try VulnerabilityDatabase(path: path(directory)).description().advisoryCount == 1)
        }
    }

    @Test func whatIsNoAdvisoryIsSkippedAndSaid() async throws {
        try await withTemporaryDirectory { directory in
            var zip = ZipWriter()
            zip.add("good.json", advisory("A"))
            zip.add("bad.json", "{}")
            zip.add("worse.json", String(repeating: "[", count: 100_000))
            zip.add(.init(name: "damaged.json", content: [1], checksum: 0))
            let file = directory.appending(path: "all.zip")
            try Data(zip.finished()).write(to: file)
            let summary = try run(directory, file.path)
            #expect(summary.added == 1)
            #expect(summary.skipped == 3)
            #expect(summary.reasons.map { $0.prefix { $0 != ":" } } == ["bad.json", "worse.json", "damaged.json"])
        }
    }

    @Test func anImportThatFailsLeavesTheDatabaseAsItWas() async throws {
        try await withTemporaryDirectory { directory in
            let good = directory.appending(path: "good.json")
            try advisory("A").write(to: good, atomically: true, encoding: .utf8)
            _ = try run(directory, good.path)
            let before = try Data(contentsOf: URL(filePath: path(directory)))
            let bad = directory.appending(path: "bad.json")
            try "no advisory".write(to: bad, atomically: true, encoding: .utf8)
            #expect(throws: VulnerabilityDatabaseError.self) { try run(directory, bad.path) }
            #expect(throws: VulnerabilityDatabaseError.self) { try run(directory, directory.path + "/nowhere") }
            try Data([0x50, 0x4B, 1]).write(to: bad)
            #expect(throws: VulnerabilityDatabaseError.self) { try run(directory, bad.path, .replacing) }
            // An import that was killed leaves its new file, which the next one removes.
            try Data("left".utf8).write(to: URL(filePath: path(directory) + ".new"))
            var limits = ImportLimits.standard
            limits.documentsMax = 0
            #expect(throws: VulnerabilityDatabaseError.limitExceeded("there are more than 0 documents")) {
                try run(directory, good.path, limits: limits)
            }
            limits = .standard
            limits.bytesMax = 10
            #expect(throws: VulnerabilityDatabaseError.limitExceeded("there are more than 10 bytes")) {
                try run(directory, good.path, limits: limits)
            }
            #expect(try Data(contentsOf: URL(filePath: path(directory))) == before)
            #expect(!FileManager.default.fileExists(atPath: path(directory) + ".new"))
        }
    }

    @Test func directoriesAndLinesAreBounded() async throws {
        try await withTemporaryDirectory { directory in
            var limits = ImportLimits.standard
            limits.directoryDepthMax = 2
            let deep = directory.appending(path: "a/b/c")
            try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
            #expect(throws: VulnerabilityDatabaseError.self) { try run(directory, directory.path, limits: limits) }
            limits = .standard
            limits.documentBytesMax = 1_000
            let file = directory.appending(path: "lines")
            try "\(line(advisory("A")))\n\(String(repeating: "x", count: 3_000_000))".write(
                to: file, atomically: true, encoding: .utf8)
            #expect(throws: VulnerabilityDatabaseError.limitExceeded("a line has more than 1000 bytes")) {
                try run(directory, file.path, limits: limits)
            }
        }
    }

    @Test func whatIsNoDatabaseIsNotOpened() async throws {
        try await withTemporaryDirectory { directory in
            #expect(throws: VulnerabilityDatabaseError.missing(path: path(directory))) {
                try VulnerabilityDatabase(path: path(directory))
            }
            try Data("something else, long enough to have a header of its own, or so it seems at least".utf8)
                .write(to: URL(filePath: path(directory)))
            #expect(throws: VulnerabilityDatabaseError.self) { try VulnerabilityDatabase(path: path(directory)) }
            let good = directory.appending(path: "good.json")
            try advisory("A").write(to: good, atomically: true, encoding: .utf8)
            #expect(throws: VulnerabilityDatabaseError.self) { try run(directory, good.path) }
            #expect(try run(directory, good.path, .replacing).added == 1)
            let queue = try DatabaseQueue(path: path(directory))
            try await queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
            try queue.close()
            #expect(throws: VulnerabilityDatabaseError.self) { try VulnerabilityDatabase(path: path(directory)) }
        }
    }

    @Test func onlyOneImportRunsAtATime() async throws {
        try await withTemporaryDirectory { directory in
            let good = directory.appending(path: "good.json")
            try advisory("A").write(to: good, atomically: true, encoding: .utf8)
            let lock = open(path(directory) + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
            #expect(throws: VulnerabilityDatabaseError.busy(path: path(directory))) { try run(directory, good.path) }
            close(lock)
            #expect(try run(directory, good.path).added == 1)
        }
    }

    /// Imports one document.
    private func summary(of document: String, _ mode: DatabaseImport.Mode, _ directory: URL) throws -> ImportSummary {
        let file = directory.appending(path: "x.json")
        try document.write(to: file, atomically: true, encoding: .utf8)
        return try run(directory, file.path, mode)
    }

    private func path(_ directory: URL) -> String { directory.appending(path: "vulnerabilities.sqlite").path }

    private func run(
        _ directory: URL, _ source: String, _ mode: DatabaseImport.Mode = .adding, limits: ImportLimits = .standard,
    ) throws -> ImportSummary {
        try DatabaseImport(into: path(directory), limits: limits).run(from: source, mode: mode, nowSeconds: 50)
    }
}
