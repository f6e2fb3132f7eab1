/// A zip file's list of entries, and the content of each.
///
/// Reads the central directory only, as installers and class loaders do; what is between entries is not looked at.
/// Stored and deflated entries, also beyond 4 GiB or 65,535 entries; no encryption, no volumes.
/// Source: PKWARE APPNOTE 6.3.
public struct ZipArchive: Sendable {
    /// What is read at most.
    public struct Limits: Hashable, Sendable {
        /// Entries.
        public var entriesMax: Int
        /// Bytes of the central directory.
        public var directoryBytesMax: Int

        /// Takes both.
        public init(entriesMax: Int, directoryBytesMax: Int) {
            self.entriesMax = entriesMax
            self.directoryBytesMax = directoryBytesMax
        }
    }

    /// One file, as the directory describes it; nothing of it is trusted.
    public struct Entry: Hashable, Sendable {
        /// The path inside; never used as a path of the host.
        public let name: [UInt8]
        /// Bytes as they are stored.
        public let compressedSize: UInt64
        /// Bytes once they are uncompressed.
        public let size: UInt64
        let checksum: UInt32
        let method: UInt16
        let flags: UInt16
        let headerOffset: UInt64

        /// Whether it is a directory, by its name.
        public var isDirectory: Bool { name.last == UInt8(ascii: "/") }

        /// The name for people.
        public var text: String { String(decoding: name, as: UTF8.self) }
    }

    private static let endBytes = 22
    /// What DEFLATE may add to content that it can't make smaller.
    private static let overheadBytes: UInt64 = 1_024
    private static let commentBytesMax = 65_535
    private static let localBytes = 30
    private static let centralBytes = 46
    private static let unknown32: UInt64 = 0xFFFF_FFFF

    /// All entries, in the directory's order.
    public let entries: [Entry]
    private let bytes: any RandomAccessBytes

    /// Reads the directory.
    ///
    /// - Throws: `ArchiveError`.
    public init(_ bytes: any RandomAccessBytes, limits: Limits) throws(ArchiveError) {
        self.bytes = bytes
        let directory = try Self.directory(of: bytes)
        guard directory.count <= UInt64(limits.entriesMax) else {
            throw .limitExceeded("it has more than \(limits.entriesMax) entries")
        }
        guard directory.size <= UInt64(limits.directoryBytesMax) else {
            throw .limitExceeded("its directory has more than \(limits.directoryBytesMax) bytes")
        }
        guard directory.offset <= UInt64(bytes.count) else { throw .truncated }
        let records = try bytes.read(at: Int(directory.offset), count: Int(directory.size))
        var entries: [Entry] = []
        var position = 0
        for _ in 0..<directory.count { entries.append(try Self.entry(in: records, &position)) }
        self.entries = entries
    }

    /// An entry's bytes, checked against its checksum.
    ///
    /// - Throws: `ArchiveError.limitExceeded` when it has more than `bytesMax`, whatever the directory says.
    public func content(of entry: Entry, bytesMax: Int) throws(ArchiveError) -> [UInt8] {
        guard entry.flags & 1 == 0 else { throw .unsupported("an encrypted entry") }
        guard entry.size <= UInt64(bytesMax), entry.compressedSize <= UInt64(bytesMax) + Self.overheadBytes else {
            throw .limitExceeded("an entry has more than \(bytesMax) bytes")
        }
        guard entry.headerOffset <= UInt64(bytes.count) else { throw .truncated }
        let offset = Int(entry.headerOffset)
        let header = try bytes.read(at: offset, count: Self.localBytes)
        guard try header.littleEndian(0, size: 4) == 0x0403_4B50 else { throw .malformed("an entry has no header") }
        let start =
            offset + Self.localBytes + Int(try header.littleEndian(26, size: 2) + header.littleEndian(28, size: 2))
        let stored = try bytes.read(at: start, count: Int(entry.compressedSize))
        let content: [UInt8]
        switch entry.method {
        case 0: content = stored
        case 8: content = try Inflate.inflate(stored, bytesMax: Int(entry.size))
        default: throw .unsupported("compression method \(entry.method)")
        }
        guard UInt64(content.count) == entry.size, Checksum.of(content) == entry.checksum else {
            throw .malformed("an entry's content is not what its directory says")
        }
        return content
    }

    private static func directory(
        of bytes: any RandomAccessBytes,
    ) throws(ArchiveError) -> (offset: UInt64, size: UInt64, count: UInt64) {
        let tailBytes = min(bytes.count, endBytes + commentBytesMax)
        guard tailBytes >= endBytes else { throw .malformed("it is too short for a zip file") }
        let tailStart = bytes.count - tailBytes
        let tail = try bytes.read(at: tailStart, count: tailBytes)
        let signature: [UInt8] = [0x50, 0x4B, 5, 6]
        let found = stride(from: tailBytes - endBytes, through: 0, by: -1).first { index in
            tail[index] == signature[0] && tail[index..<(index + 4)].elementsEqual(signature)
        }
        guard let found else { throw .malformed("it has no end of a zip file's directory") }
        let end = Array(tail[found...])
        let (count, size) = (try end.littleEndian(10, size: 2), try end.littleEndian(12, size: 4))
        let offset = try end.littleEndian(16, size: 4)
        guard count == 0xFFFF || size == unknown32 || offset == unknown32 else {
            let disks = try end.littleEndian(4, size: 4)
            guard disks == 0 else { throw .unsupported("an archive of several volumes") }
            return (offset, size, count)
        }
        return try largeDirectory(of: bytes, before: tailStart + found)
    }

    private static func largeDirectory(
        of bytes: any RandomAccessBytes, before end: Int,
    ) throws(ArchiveError) -> (offset: UInt64, size: UInt64, count: UInt64) {
        let locator = try bytes.read(at: end - 20, count: 20)
        guard try locator.littleEndian(0, size: 4) == 0x0706_4B50 else {
            throw .malformed("its large directory is missing")
        }
        let place = try locator.littleEndian(8, size: 8)
        guard place <= UInt64(bytes.count) else { throw .truncated }
        let record = try bytes.read(at: Int(place), count: 56)
        guard try record.littleEndian(0, size: 4) == 0x0606_4B50 else {
            throw .malformed("its large directory is missing")
        }
        return (
            try record.littleEndian(48, size: 8), try record.littleEndian(40, size: 8),
            try record.littleEndian(32, size: 8)
        )
    }

    private static func entry(in records: [UInt8], _ position: inout Int) throws(ArchiveError) -> Entry {
        let record = records[position...]
        guard try record.littleEndian(0, size: 4) == 0x0201_4B50 else { throw .malformed("its directory is damaged") }
        let nameBytes = Int(try record.littleEndian(28, size: 2))
        let extraBytes = Int(try record.littleEndian(30, size: 2))
        let commentBytes = Int(try record.littleEndian(32, size: 2))
        guard record.count >= centralBytes + nameBytes + extraBytes + commentBytes else { throw .truncated }
        let nameStart = position + centralBytes
        let extra = records[(nameStart + nameBytes)..<(nameStart + nameBytes + extraBytes)]
        var values = [
            try record.littleEndian(24, size: 4), try record.littleEndian(20, size: 4),
            try record.littleEndian(42, size: 4),
        ]
        try readLargeValues(extra, &values)
        position += centralBytes + nameBytes + extraBytes + commentBytes
        return Entry(
            name: Array(records[nameStart..<(nameStart + nameBytes)]),
            compressedSize: values[1],
            size: values[0],
            checksum: UInt32(try record.littleEndian(16, size: 4)),
            method: UInt16(try record.littleEndian(10, size: 2)),
            flags: UInt16(try record.littleEndian(8, size: 2)),
            headerOffset: values[2],
        )
    }

    /// Values that need more than 32 bits stand in an extra field, in this order, each only when it is needed.
    private static func readLargeValues(_ extra: ArraySlice<UInt8>, _ values: inout [UInt64]) throws(ArchiveError) {
        guard values.contains(unknown32) else { return }
        var field = extra
        while field.count >= 4 {
            let (id, size) = (try field.littleEndian(0, size: 2), Int(try field.littleEndian(2, size: 2)))
            guard field.count >= 4 + size else { throw .truncated }
            guard id == 1 else {
                field = field.dropFirst(4 + size)
                continue
            }
            var content = field.dropFirst(4).prefix(size)
            for index in values.indices where values[index] == unknown32 {
                values[index] = try content.littleEndian(0, size: 8)
                content = content.dropFirst(8)
            }
            return
        }
    }
}
