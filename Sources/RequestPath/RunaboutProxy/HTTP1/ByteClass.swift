/// What single bytes may be in HTTP/1.
///
/// Source: RFC 9110 §5.6.2 (tokens), §5.5 (field values); RFC 3986 (targets, hosts).
enum ByteClass {
    static let cr: UInt8 = 13
    static let lf: UInt8 = 10
    static let space: UInt8 = 32
    static let tab: UInt8 = 9
    static let colon: UInt8 = 58

    private static let token: UInt8 = 1
    private static let value: UInt8 = 2
    private static let target: UInt8 = 4
    private static let host: UInt8 = 8
    private static let id: UInt8 = 16

    private static let table: [UInt8] = (0...255).map { number in
        let byte = UInt8(number)
        var classes: UInt8 = 0
        let isAlphanumeric =
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        if isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte) { classes |= token }
        if byte == tab || (byte >= 32 && byte != 127) { classes |= value }
        if (33...126).contains(byte), !"\"<>#".utf8.contains(byte) { classes |= target }
        if isAlphanumeric || "-._~!$&'()*+;=%".utf8.contains(byte) { classes |= host }
        if isAlphanumeric || "-._~+/=:".utf8.contains(byte) { classes |= id }
        return classes
    }

    static func isToken(_ byte: UInt8) -> Bool { table[Int(byte)] & token != 0 }
    /// Visible, space, tab, or above ASCII: what a field's value may hold.
    static func isValue(_ byte: UInt8) -> Bool { table[Int(byte)] & value != 0 }
    static func isTarget(_ byte: UInt8) -> Bool { table[Int(byte)] & target != 0 }
    static func isHost(_ byte: UInt8) -> Bool { table[Int(byte)] & host != 0 }
    /// What an identifier that we pass on may hold.
    static func isID(_ byte: UInt8) -> Bool { table[Int(byte)] & id != 0 }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit.
    static func hexadecimal(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 48...57: UInt64(byte - 48)
        case 65...70: UInt64(byte - 55)
        case 97...102: UInt64(byte - 87)
        default: nil
        }
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

    /// The text of a range, for messages and records.
    func text(_ range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        for index in range { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
