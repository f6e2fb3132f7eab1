/// A zip file in the making, byte by byte, so that tests can build honest and hostile ones alike.
///
/// Source: PKWARE APPNOTE 6.3.
public struct ZipWriter: Sendable {
    /// One file; what is not given is what it should be.
    public struct Entry: Sendable {
        /// The path inside.
        public var name: String
        /// The bytes once they are uncompressed.
        public var content: [UInt8]
        /// As it stands in the file; nil is the content as it is.
        public var stored: [UInt8]?
        /// 0 stored, 8 deflated.
        public var method: UInt16 = 0
        /// 1 is encrypted.
        public var flags: UInt16 = 0
        /// What the directory says the size is.
        public var size: UInt32?
        /// What the directory says the checksum is.
        public var checksum: UInt32?
        /// Where the directory says it is; nil is where it is.
        public var offset: UInt32?
        /// Whether its sizes stand where those beyond 4 GiB would.
        public var isLarge = false

        /// Takes what matters; the rest is an honest stored file.
        public init(
            name: String,
            content: [UInt8],
            stored: [UInt8]? = nil,
            method: UInt16 = 0,
            flags: UInt16 = 0,
            size: UInt32? = nil,
            checksum: UInt32? = nil,
            offset: UInt32? = nil,
            isLarge: Bool = false,
        ) {
            self.name = name
            self.content = content
            self.stored = stored
            self.method = method
            self.flags = flags
            self.size = size
            self.checksum = checksum
            self.offset = offset
            self.isLarge = isLarge
        }
    }

    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// A file without entries.
    public init() {}

    /// Adds a stored file with a text.
    public mutating func add(_ name: String, _ content: String) { add(Entry(name: name, content: Array(content.utf8))) }

    /// Adds a file as it is described.
    public mutating func add(_ entry: Entry) {
        let stored = entry.stored ?? entry.content
        let offset = entry.offset ?? UInt32(bytes.count)
        let name = Array(entry.name.utf8)
        var common = number(UInt32(20), 2) + number(UInt32(entry.flags), 2)
        common += number(UInt32(entry.method), 2)
        common += number(UInt32(0), 4)
        common += number(entry.checksum ?? Self.checksum(entry.content), 4)
        let sizes = number(UInt32(stored.count), 4) + number(size(entry), 4)
        common += entry.isLarge ? [UInt8](repeating: 0xFF, count: 8) : sizes
        common += number(name.count, 2)
        bytes += [0x50, 0x4B, 3, 4]
        bytes += common
        bytes += number(0, 2)
        bytes += name
        bytes += stored
        var extra: [UInt8] = []
        if entry.isLarge {
            for (value, count) in [(1, 2), (16, 2), (size(entry), 4), (0, 4), (UInt32(stored.count), 4), (0, 4)] {
                extra += number(value, count)
            }
        }
        directory += [0x50, 0x4B, 1, 2]
        directory += number(20, 2)
        directory += common
        for (value, count) in [(UInt32(extra.count), 2), (0, 2), (0, 4), (0, 4), (offset, 4)] {
            directory += number(value, count)
        }
        directory += name
        directory += extra
        count += 1
    }

    /// The whole file; `isLarge` with the records for more than 65,535 entries.
    public func finished(count claimed: Int? = nil, isLarge: Bool = false, comment: String = "") -> [UInt8] {
        let count = UInt32(claimed ?? count)
        var file = bytes + directory
        if isLarge {
            let place = UInt32(file.count)
            file += [0x50, 0x4B, 6, 6]
            for (value, width) in [(UInt32(44), 4), (0, 4), (0, 4), (0, 8)] { file += number(value, width) }
            for value in [count, count, UInt32(directory.count), UInt32(bytes.count)] { file += number(value, 8) }
            file += [0x50, 0x4B, 6, 7]
            for (value, width) in [(UInt32(0), 4), (place, 8), (1, 4)] { file += number(value, width) }
        }
        file += [0x50, 0x4B, 5, 6]
        let unknown = UInt32.max
        let sizes = isLarge ? (unknown, unknown) : (UInt32(directory.count), UInt32(bytes.count))
        let written = isLarge ? unknown : count
        for (value, width) in [(0, 4), (written, 2), (written, 2), (sizes.0, 4), (sizes.1, 4)] {
            file += number(value, width)
        }
        file += number(comment.utf8.count, 2)
        return file + Array(comment.utf8)
    }

    private func size(_ entry: Entry) -> UInt32 { entry.size ?? UInt32(entry.content.count) }

    private func number(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 4 ? UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) : 0 }
    }

    private func number(_ value: Int, _ count: Int) -> [UInt8] { number(UInt32(value), count) }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
        }
        return ~value
    }
}
