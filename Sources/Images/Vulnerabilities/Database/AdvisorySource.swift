import FoundationEssentials
import Glibc
import Zip

/// Where advisories are imported from: a zip file of JSON documents, a directory of them, one document, or one on each
/// line.
struct AdvisorySource {
    let path: String
    let limits: ImportLimits

    /// Gives the body each document with a name for messages; what can't be read at all is given as an error.
    func forEachDocument(_ body: (String, Result<[UInt8], ArchiveError>) throws -> Void) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw unreadable(ArchiveError.fileSystem(operation: "open", errno: errno))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            var count = 0
            try readDirectory(path, depth: 1, &count, body)
            return
        }
        let file: FileBytes
        let beginning: [UInt8]
        do {
            file = try FileBytes(path: path)
            beginning = try file.read(at: 0, count: min(4, file.count))
        } catch {
            throw unreadable(error)
        }
        if beginning.starts(with: [0x50, 0x4B]) {
            try readArchive(file, body)
        } else {
            try readText(file, body)
        }
    }

    private func unreadable(_ error: ArchiveError) -> VulnerabilityDatabaseError {
        .sourceUnreadable(source: path, reason: "\(error)")
    }

    private func readArchive(
        _ file: FileBytes, _ body: (String, Result<[UInt8], ArchiveError>) throws -> Void,
    ) throws {
        let archive: ZipArchive
        do {
            archive = try ZipArchive(
                file,
                limits: .init(
                    entriesMax: limits.documentsMax, directoryBytesMax: limits.archiveDirectoryBytesMax))
        } catch {
            throw unreadable(error)
        }
        for entry in archive.entries where entry.text.hasSuffix(".json") {
            let content: Result<[UInt8], ArchiveError>
            do throws(ArchiveError) {
                content = .success(try archive.content(of: entry, bytesMax: limits.documentBytesMax))
            } catch {
                content = .failure(error)
            }
            try body(entry.text, content)
        }
    }

    /// Links are not followed, so that no directory is read twice or for ever.
    private func readDirectory(
        _ directory: String, depth: Int, _ count: inout Int,
        _ body: (String, Result<[UInt8], ArchiveError>) throws -> Void,
    ) throws {
        guard depth <= limits.directoryDepthMax else {
            throw VulnerabilityDatabaseError.limitExceeded(
                "'\(directory)' is more than \(limits.directoryDepthMax) directories deep")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try readDirectory(path, depth: depth + 1, &count, body)
            case S_IFREG where name.hasSuffix(".json"):
                try body(path, document(at: path))
            default: break
            }
        }
    }

    private func document(at path: String) -> Result<[UInt8], ArchiveError> {
        do throws(ArchiveError) {
            let file = try FileBytes(path: path)
            guard file.count <= limits.documentBytesMax else {
                throw .limitExceeded("it has more than \(limits.documentBytesMax) bytes")
            }
            return .success(try file.read(at: 0, count: file.count))
        } catch {
            return .failure(error)
        }
    }

    /// A file is one document, unless its first line is one and more follow.
    private func readText(_ file: FileBytes, _ body: (String, Result<[UInt8], ArchiveError>) throws -> Void) throws {
        var lines = LineReader(file: file, bytesMax: limits.documentBytesMax)
        var number = 0
        while let line = try lines.next() {
            number += 1
            guard line.contains(where: { !isBlank($0) }) else { continue }
            // A first line that is no whole object begins a document that goes on.
            let isWhole = (try? JSONDecoder().decode(Anything.self, from: Data(line))) != nil
            if number == 1, !isWhole { return try body(path, document(at: path)) }
            try body("\(path), line \(number)", .success(line))
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: Key.self) }

        private enum Key: CodingKey {}
    }
}

/// The lines of a file, which is read a piece at a time.
private struct LineReader {
    private static let chunkBytes = 1_048_576

    private let file: FileBytes
    private let bytesMax: Int
    private var offset = 0
    private var held: [UInt8] = []
    private var position = 0

    init(file: FileBytes, bytesMax: Int) {
        self.file = file
        self.bytesMax = bytesMax
    }

    /// The next line without its end; nil behind the last.
    mutating func next() throws -> [UInt8]? {
        var searched = position
        while true {
            if let end = held[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return Array(held[position..<end])
            }
            held.removeFirst(position)
            position = 0
            searched = held.count
            guard held.count <= bytesMax else {
                throw VulnerabilityDatabaseError.limitExceeded("a line has more than \(bytesMax) bytes")
            }
            guard offset < file.count else {
                defer { held = [] }
                return held.isEmpty ? nil : held
            }
            let count = min(Self.chunkBytes, file.count - offset)
            held += try file.read(at: offset, count: count)
            offset += count
        }
    }
}
