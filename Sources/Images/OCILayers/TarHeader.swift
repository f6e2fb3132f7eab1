/// The 512 bytes in front of an entry.
///
/// Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's binary numbers.
struct TarHeader {
    static let blockBytes = 512

    private let block: [UInt8]

    /// Takes a block; nil when it is all zero, which ends an archive.
    ///
    /// - Throws: `LayerError.malformed` when the checksum is wrong.
    init?(_ block: [UInt8]) throws(LayerError) {
        guard block.contains(where: { $0 != 0 }) else { return nil }
        self.block = block
        var unsigned: UInt64 = 0
        var signed: Int64 = 0
        for (index, byte) in block.enumerated() {
            let counted = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += UInt64(counted)
            signed += Int64(Int8(bitPattern: counted))
        }
        let stated = try number(148..<156, "checksum")
        guard stated == Int64(unsigned) || stated == signed else {
            throw .malformed("a header's checksum is wrong")
        }
    }

    var typeFlag: UInt8 { block[156] }

    /// The name, with the prefix that ustar splits off.
    var path: [UInt8] {
        let name = text(0..<100)
        guard block[257..<263].elementsEqual("ustar\0".utf8) else { return name }
        let prefix = text(345..<500)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    var target: [UInt8] { text(157..<257) }

    func mode() throws(LayerError) -> UInt32 { UInt32(truncatingIfNeeded: try number(100..<108, "mode") & 0o7777) }

    func userID() throws(LayerError) -> UInt64 { UInt64(try natural(108..<116, "owner")) }

    func groupID() throws(LayerError) -> UInt64 { UInt64(try natural(116..<124, "group")) }

    func size() throws(LayerError) -> Int64 { try natural(124..<136, "size") }

    func modifiedSeconds() throws(LayerError) -> Int64 { max(0, try number(136..<148, "time")) }

    private func text(_ range: Range<Int>) -> [UInt8] { Array(block[range].prefix { $0 != 0 }) }

    private func natural(_ range: Range<Int>, _ field: String) throws(LayerError) -> Int64 {
        let value = try number(range, field)
        guard value >= 0 else { throw .malformed("a header's \(field) is negative") }
        return value
    }

    /// Octal digits between blanks, or, with the first bit set, a binary number in two's complement.
    private func number(_ range: Range<Int>, _ field: String) throws(LayerError) -> Int64 {
        let bytes = block[range]
        if let first = bytes.first, first & 0x80 != 0 {
            var value = Int64(first & 0x3F) - (first & 0x40 != 0 ? 64 : 0)
            for byte in bytes.dropFirst() {
                let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow else { throw .malformed("a header's \(field) is too large") }
                value = shifted + Int64(byte)
            }
            return value
        }
        let blank = UInt8(ascii: " ")
        let digits = bytes.drop { $0 == blank || $0 == 0 }.prefix { $0 != blank && $0 != 0 }
        var value: Int64 = 0
        for byte in digits {
            guard (48...55).contains(byte) else { throw .malformed("a header's \(field) is no number") }
            value = value << 3 | Int64(byte - 48)
        }
        return value
    }
}
