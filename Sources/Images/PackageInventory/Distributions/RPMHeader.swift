import Zip

/// What an RPM package says of itself, as RPM's databases hold it.
///
/// Shape: how many index records, how many bytes of values, both 32 bits; index records of tag, type, offset and count,
/// 32 bits each; values. Numbers have their most significant byte first.
/// Source: RPM 4.18, "RPM V4 Package format", Header Structure.
struct RPMHeader {
    private enum Tag {
        static let name = 1_000
        static let version = 1_001
        static let release = 1_002
        static let epoch = 1_003
        static let architecture = 1_022
        static let sourceRPM = 1_044
        static let directoryIndexes = 1_116
        static let baseNames = 1_117
        static let directoryNames = 1_118
    }

    private struct Record {
        let type: Int
        let offset: Int
        let count: Int
    }

    private static let recordBytes = 16
    private static let recordsMax = 65_535
    private static let numberType = 4

    private let bytes: [UInt8]
    private let valuesStart: Int
    private var records: [Int: Record] = [:]

    init(_ bytes: [UInt8]) throws(ArchiveError) {
        self.bytes = bytes
        let (count, valueBytes) = (Int(try bytes.bigEndian(0, size: 4)), Int(try bytes.bigEndian(4, size: 4)))
        guard count <= Self.recordsMax else { throw .malformed("a package's header has \(count) records") }
        valuesStart = 8 + count * Self.recordBytes
        guard bytes.count >= valuesStart + valueBytes else { throw .truncated }
        for index in 0..<count {
            let start = 8 + index * Self.recordBytes
            let tag = Int(try bytes.bigEndian(start, size: 4))
            guard records[tag] == nil else { continue }
            records[tag] = Record(
                type: Int(try bytes.bigEndian(start + 4, size: 4)),
                offset: Int(try bytes.bigEndian(start + 8, size: 4)),
                count: Int(try bytes.bigEndian(start + 12, size: 4)))
        }
    }

    /// The package; nil for the keys that RPM keeps among packages.
    func package(at place: Place) throws -> InstalledPackage? {
        guard let name = try strings(Tag.name).first, let version = try strings(Tag.version).first,
            let release = try strings(Tag.release).first
        else { throw ArchiveError.malformed("a package's header names no package") }
        if name == "gpg-pubkey" { return nil }
        let epoch = try numbers(Tag.epoch).first ?? 0
        let prefix = epoch == 0 ? "" : "\(epoch):"
        let source = try strings(Tag.sourceRPM).first.flatMap { Self.source($0, epoch: prefix) }
        return try place.package(
            .rpm, name, "\(prefix)\(version)-\(release)", architecture: try strings(Tag.architecture).first,
            source: source)
    }

    /// The package's files, one a line, without a leading `/`.
    func ownedPaths() throws(ArchiveError) -> [UInt8] {
        let directories = try strings(Tag.directoryNames)
        let (names, indexes) = (try strings(Tag.baseNames), try numbers(Tag.directoryIndexes))
        guard names.count == indexes.count else { throw .malformed("a package's header has files without directories") }
        var paths: [UInt8] = []
        for (name, index) in zip(names, indexes) {
            guard index < directories.count else {
                throw .malformed("a package's header has files without directories")
            }
            paths += directories[Int(index)].utf8.drop { $0 == UInt8(ascii: "/") }
            paths += name.utf8
            paths.append(UInt8(ascii: "\n"))
        }
        return paths
    }

    /// `NAME-VERSION-RELEASE.src.rpm`; sources have no epoch of their own there, so the package's stands for it.
    private static func source(_ file: String, epoch: String) -> SourcePackage? {
        let parts = file.split(separator: "-")
        guard file.hasSuffix(".rpm"), parts.count >= 3 else { return nil }
        let release = parts[parts.count - 1].dropLast(".rpm".count)
        guard let dot = release.lastIndex(of: ".") else { return nil }
        return SourcePackage(
            name: parts.dropLast(2).joined(separator: "-"),
            version: "\(epoch)\(parts[parts.count - 2])-\(release[..<dot])")
    }

    private func strings(_ tag: Int) throws(ArchiveError) -> [String] {
        guard let record = records[tag], [6, 8, 9].contains(record.type) else { return [] }
        var values: [String] = []
        var rest = bytes.dropFirst(valuesStart).dropFirst(record.offset)
        for _ in 0..<record.count {
            guard let end = rest.firstIndex(of: 0) else { throw .truncated }
            values.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[(end + 1)...]
        }
        return values
    }

    private func numbers(_ tag: Int) throws(ArchiveError) -> [UInt64] {
        guard let record = records[tag], record.type == Self.numberType else { return [] }
        guard record.count <= (bytes.count - valuesStart) / 4 else { throw .truncated }
        var values: [UInt64] = []
        for index in 0..<record.count {
            values.append(try bytes.bigEndian(valuesStart + record.offset + index * 4, size: 4))
        }
        return values
    }
}
