import Foundation
import RunaboutTestSupport
import Subprocess
import Testing
import Zip

@Suite struct ZipArchiveTests {
    private let limits = ZipArchive.Limits(entriesMax: 100, directoryBytesMax: 100_000)

    @Test(arguments: [false, true])
    func entriesAreListedAndRead(isLarge: Bool) throws {
        var writer = ZipWriter()
        writer.add("first.txt", "hello")
        writer.add("folder/", "")
        writer.add(.init(name: "folder/second", content: Array("large".utf8), isLarge: isLarge))
        let archive = try open(writer.finished(isLarge: isLarge, comment: "a comment"))
        #expect(archive.entries.map(\.text) == ["first.txt", "folder/", "folder/second"])
        #expect(archive.entries.map(\.isDirectory) == [false, true, false])
        #expect(try archive.content(of: archive.entries[0], bytesMax: 5) == Array("hello".utf8))
        #expect(try archive.content(of: archive.entries[2], bytesMax: 5) == Array("large".utf8))
    }

    @Test func contentBeyondTheLimitIsRefusedWhateverTheDirectorySays() throws {
        // Ten bytes that become 1,000: one literal, then repetitions of it.
        let zeros = [UInt8](repeating: 0, count: 1_000)
        var writer = ZipWriter()
        writer.add(.init(name: "honest", content: zeros))
        writer.add(.init(name: "liar", content: zeros, stored: deflatedZeros, method: 8, size: 10))
        writer.add(.init(name: "short", content: zeros, stored: deflatedZeros, method: 8))
        let archive = try open(writer.finished())
        #expect(throws: ArchiveError.limitExceeded("an entry has more than 999 bytes")) {
            try archive.content(of: archive.entries[0], bytesMax: 999)
        }
        #expect(throws: ArchiveError.limitExceeded("it has more than 10 bytes")) {
            try archive.content(of: archive.entries[1], bytesMax: 999)
        }
        #expect(try archive.content(of: archive.entries[2], bytesMax: 1_000) == zeros)
    }

    @Test func whatDoesNotMatchTheDirectoryIsRefused() throws {
        var writer = ZipWriter()
        writer.add(.init(name: "damaged", content: Array("x".utf8), checksum: 1))
        writer.add(.init(name: "longer", content: Array("x".utf8), size: 2))
        writer.add(.init(name: "nowhere", content: [], offset: 9_999_999))
        writer.add(.init(name: "in the middle", content: [], offset: 5))
        writer.add(.init(name: "encrypted", content: [], flags: 1))
        writer.add(.init(name: "method", content: [], method: 99))
        let archive = try open(writer.finished())
        for entry in archive.entries {
            #expect(throws: ArchiveError.self, "\(entry.text)") { try archive.content(of: entry, bytesMax: 100) }
        }
        #expect(archive.entries.count == 6)
    }

    @Test func aDirectoryThatIsTooLongOrDamagedIsRefused() throws {
        var writer = ZipWriter()
        for index in 0..<101 { writer.add("\(index)", "") }
        #expect(throws: ArchiveError.limitExceeded("it has more than 100 entries")) { try open(writer.finished()) }
        #expect(throws: ArchiveError.self) {
            try open(writer.finished(count: 100, isLarge: true).dropLast(4).map { $0 })
        }
        var few = ZipWriter()
        few.add("a", "b")
        #expect(throws: ArchiveError.self) { try open(few.finished(count: 2)) }
        #expect(throws: ArchiveError.malformed("it has no end of a zip file's directory")) {
            try open([UInt8](repeating: 0, count: 100_000))
        }
        #expect(throws: ArchiveError.malformed("it is too short for a zip file")) { try open([0x50, 0x4B]) }
        let whole = few.finished()
        for length in 0..<whole.count { #expect(throws: ArchiveError.self) { try open(Array(whole[..<length])) } }
    }

    @Test func everyChangedByteIsReadOrRefusedButNeverTraps() throws {
        var writer = ZipWriter()
        writer.add(.init(name: "a", content: [UInt8](repeating: 0, count: 1_000), stored: deflatedZeros, method: 8))
        writer.add(.init(name: "b", content: Array("text".utf8), isLarge: true))
        let whole = writer.finished(isLarge: true)
        for index in whole.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var changed = whole
                changed[index] = value
                guard let archive = try? open(changed) else { continue }
                for entry in archive.entries { _ = try? archive.content(of: entry, bytesMax: 2_000) }
            }
        }
    }

    @Test func whatGzipDeflatesIsInflated() async throws {
        var generator = SeededGenerator(seed: 7)
        let words = (0..<50).map { _ in String(UInt64.random(in: 0...9_999_999, using: &generator), radix: 36) }
        let text = (0..<20_000).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
        let noise = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for (content, level) in [(Array(text.utf8), "-9"), (Array(text.utf8), "-1"), (noise, "-6"), ([], "-6")] {
            let output = try await run(
                .name("gzip"), arguments: ["-cn", level], input: .array(content), output: .bytes(limit: 1_000_000),
                error: .discarded)
            // A header of ten bytes in front, checksum and length behind.
            let deflated = Array(output.standardOutput.dropFirst(10).dropLast(8))
            #expect(try Inflate.inflate(deflated, bytesMax: content.count) == content)
            if !content.isEmpty {
                #expect(throws: ArchiveError.limitExceeded("it has more than \(content.count - 1) bytes")) {
                    try Inflate.inflate(deflated, bytesMax: content.count - 1)
                }
                #expect(throws: ArchiveError.truncated) {
                    try Inflate.inflate(Array(deflated.dropLast(10)), bytesMax: content.count)
                }
            }
        }
    }

    @Test(arguments: [
        [UInt8](), [0x07], [0x01, 1, 0, 1, 0], [0x05, 0xFF, 0xFF, 0xFF, 0xFF], [0x03, 0x02, 0x00],
        [0xED, 0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ])
    func brokenDeflateIsRefused(bytes: [UInt8]) {
        #expect(throws: ArchiveError.self) { try Inflate.inflate(bytes, bytesMax: 1_000) }
    }

    @Test func filesAreReadAnywhereAndNotBeyond() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "file").path
            try Data("0123456789".utf8).write(to: URL(filePath: path))
            let file = try FileBytes(path: path)
            #expect(try file.read(at: 3, count: 4) == Array("3456".utf8))
            #expect(try file.read(at: 10, count: 0) == [])
            #expect(throws: ArchiveError.truncated) { try file.read(at: 8, count: 3) }
            #expect(throws: ArchiveError.truncated) { try file.read(at: -1, count: 1) }
            #expect(throws: ArchiveError.truncated) { try MemoryBytes([1]).read(at: 0, count: .max) }
            #expect(throws: ArchiveError.self) { try FileBytes(path: directory.path) }
            #expect(throws: ArchiveError.self) { try FileBytes(path: path + "x") }
        }
    }

    @Test func numbersAreReadInBothOrders() throws {
        let bytes: [UInt8] = [0, 1, 2, 3, 4]
        #expect(try bytes[1...].bigEndian(1, size: 3) == 0x020304)
        #expect(try bytes.littleEndian(1, size: 2) == 0x0201)
        #expect(throws: ArchiveError.truncated) { try bytes.littleEndian(4, size: 2) }
    }

    private let deflatedZeros: [UInt8] = [0x63, 0x60, 0x18, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0x00, 0x00]

    private func open(_ bytes: [UInt8]) throws -> ZipArchive { try ZipArchive(MemoryBytes(bytes), limits: limits) }
}
