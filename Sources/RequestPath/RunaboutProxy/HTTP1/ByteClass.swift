/// What single bytes may be in HTTP/1.
///
/// Source: RFC 9110 §5.6.2 (tokens), §5.5 (field values); RFC 3986 (targets, hosts).
enum ByteClass {
    static let cr: UInt8 = 13
    static let lf: UInt8 = 10
    static let space: UInt8 = 32
    static let tab: UInt8 = 9
    static let colon: UInt8 = 58

    /// Letters, digits and "!#$%&'*+-.^_`|~".
    private static let token = ASCIISet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// What is visible, without quotation mark, number sign and angle brackets.
    private static let target = ASCIISet(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF)
    /// Letters, digits and "-._~!$&'()*+;="; nobody needs the escapes of RFC 3986, and not everybody reads them.
    private static let host = ASCIISet(low: 0x2BFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    /// Letters, digits and "-._~+/=:".
    private static let id = ASCIISet(low: 0x27FF_E800_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool { token.contains(byte) }
    /// Visible, space, tab, or above ASCII: what a field's value may hold.
    @inline(__always)
    static func isValue(_ byte: UInt8) -> Bool { byte >= 32 ? byte != 127 : byte == tab }
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { target.contains(byte) }
    @inline(__always)
    static func isHost(_ byte: UInt8) -> Bool { host.contains(byte) }
    /// What an identifier that we pass on may hold.
    @inline(__always)
    static func isID(_ byte: UInt8) -> Bool { id.contains(byte) }
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    @inline(__always)
    static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexadecimal(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 48...57: UInt64(byte - 48)
        case 65...70: UInt64(byte - 55)
        case 97...102: UInt64(byte - 87)
        default: nil
        }
    }
}

/// Some of the ASCII characters, one bit for each.
///
/// Constants of it need no code to run before their first use.
private struct ASCIISet {
    /// Characters 0 to 63, the first lowest.
    let low: UInt64
    /// Characters 64 to 127.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 != 0
    }
}

extension Span<UInt8> {
    /// Whether the bytes of a range are this ASCII text, given in lower case, whatever their case.
    func isEqual(_ range: Range<Int>, ignoringCase text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for offset in 0..<letters.count {
            guard ByteClass.lowercase(self[range.lowerBound + offset]) == letters[offset] else { return false }
        }
        return true
    }

    /// Whether the bytes of a range begin with this ASCII text, given in lower case, whatever their case.
    func hasPrefix(_ range: Range<Int>, ignoringCase text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return range.count >= count
            && isEqual(range.lowerBound..<range.lowerBound + count, ignoringCase: text)
    }

    /// Whether two ranges hold the same bytes, whatever the case of their letters.
    func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count {
            let one = ByteClass.lowercase(self[left.lowerBound + offset])
            guard one == ByteClass.lowercase(self[right.lowerBound + offset]) else { return false }
        }
        return true
    }

    /// At most sixteen bytes of a range, in lower case; nil when there are more.
    @inline(__always)
    func shortText(_ range: Range<Int>) -> ShortText? {
        guard range.count <= 16 else { return nil }
        return ShortText(vector(at: range.lowerBound), count: range.count)
    }

    /// At most sixteen bytes of a range as they are; nil when there are more.
    @inline(__always)
    func exactShortText(_ range: Range<Int>) -> ShortText? {
        guard range.count <= 16 else { return nil }
        return ShortText(exactly: vector(at: range.lowerBound), count: range.count)
    }

    /// The text of a range, for messages and records.
    func text(_ range: Range<Int>) -> String {
        extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
