/// A tar archive in the making, byte by byte, so that tests can build honest and hostile ones alike.
///
/// Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Interchange Format".
public struct TarArchive: Sendable {
    /// One entry's header; every field is written as it is given.
    public struct Header: Sendable {
        /// The path, at most 100 bytes; longer ones need a pax or GNU header in front.
        public var name: String
        /// The entry's kind: `0` file, `1` hard link, `2` symbolic link, `3` character device, `5` directory.
        public var type: Character
        /// Permission bits.
        public var mode: UInt32
        /// The owner's number.
        public var userID: UInt64
        /// The group's number.
        public var groupID: UInt64
        /// How many bytes follow; nil is the number of bytes given with it.
        public var size: UInt64?
        /// Seconds since 1970.
        public var modified: UInt64
        /// A link's target.
        public var target: String
        /// A device's numbers.
        public var device: (major: UInt64, minor: UInt64)

        /// Takes what matters; the rest is an ordinary file of root's.
        public init(
            _ name: String,
            type: Character = "0",
            mode: UInt32 = 0o644,
            userID: UInt64 = 0,
            groupID: UInt64 = 0,
            size: UInt64? = nil,
            modified: UInt64 = 1_700_000_000,
            target: String = "",
            device: (major: UInt64, minor: UInt64) = (0, 0),
        ) {
            self.name = name
            self.type = type
            self.mode = mode
            self.userID = userID
            self.groupID = groupID
            self.size = size
            self.modified = modified
            self.target = target
            self.device = device
        }
    }

    private var written: [UInt8] = []

    /// An archive without entries.
    public init() {}

    /// The archive so far, with the two empty blocks that end it.
    public var bytes: [UInt8] { written + [UInt8](repeating: 0, count: 1_024) }

    /// The archive so far, without an end.
    public var unterminatedBytes: [UInt8] { written }

    /// Adds an entry.
    public mutating func add(_ header: Header, content: [UInt8] = []) {
        written += Self.block(header, size: header.size ?? UInt64(content.count))
        pad(content)
    }

    /// Adds a regular file.
    public mutating func addFile(_ name: String, _ content: String, mode: UInt32 = 0o644) {
        add(Header(name, mode: mode), content: Array(content.utf8))
    }

    /// Adds a directory.
    public mutating func addDirectory(_ name: String, mode: UInt32 = 0o755) {
        add(Header(name, type: "5", mode: mode))
    }

    /// Adds a symbolic link.
    public mutating func addSymbolicLink(_ name: String, to target: String) {
        add(Header(name, type: "2", mode: 0o777, target: target))
    }

    /// Adds a hard link.
    public mutating func addHardLink(_ name: String, to target: String) {
        add(Header(name, type: "1", target: target))
    }

    /// Adds pax records that hold for the next entry.
    public mutating func addExtended(_ records: [(key: String, value: [UInt8])]) {
        let content = records.flatMap { Self.record($0.key, $0.value) }
        add(Header("PaxHeaders/x", type: "x"), content: content)
    }

    /// Adds a GNU long name (`L`) or long link target (`K`) that holds for the next entry.
    public mutating func addLong(_ type: Character, _ text: String) {
        add(Header("././@LongLink", type: type), content: Array(text.utf8) + [0])
    }

    /// Adds bytes as they are.
    public mutating func addRaw(_ bytes: [UInt8]) { written += bytes }

    private mutating func pad(_ content: [UInt8]) {
        written += content
        let rest = content.count % 512
        if rest > 0 { written += [UInt8](repeating: 0, count: 512 - rest) }
    }

    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = body.count + 1
        while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
        return Array(String(length).utf8) + body
    }

    private static func block(_ header: Header, size: UInt64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, limit: Int) {
            for (index, byte) in text.utf8.prefix(limit).enumerated() { block[offset + index] = byte }
        }
        func number(_ value: UInt64, at offset: Int, width: Int) {
            let digits = String(value, radix: 8)
            guard digits.utf8.count < width else {
                block[offset] = 0x80
                for index in 0..<min(8, width - 1) {
                    block[offset + width - 1 - index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
                }
                return
            }
            put(String(repeating: "0", count: width - 1 - digits.utf8.count) + digits, at: offset, limit: width - 1)
        }
        put(header.name, at: 0, limit: 100)
        number(UInt64(header.mode), at: 100, width: 8)
        number(header.userID, at: 108, width: 8)
        number(header.groupID, at: 116, width: 8)
        number(size, at: 124, width: 12)
        number(header.modified, at: 136, width: 12)
        put("        ", at: 148, limit: 8)
        put(String(header.type), at: 156, limit: 1)
        put(header.target, at: 157, limit: 100)
        put("ustar", at: 257, limit: 5)
        put("00", at: 263, limit: 2)
        number(header.device.major, at: 329, width: 8)
        number(header.device.minor, at: 337, width: 8)
        let sum = block.reduce(UInt64(0)) { $0 + UInt64($1) }
        number(sum, at: 148, width: 7)
        block[155] = UInt8(ascii: " ")
        return block
    }
}
