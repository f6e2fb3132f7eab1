import RunaboutModel

/// Encodes fields without a table of its own: names that HPACK knows go as numbers, all else as it is.
///
/// A table would save bytes and cost a look-up and a copy for each field; decision 0018 weighs them.
/// Source: RFC 7541 §6.2.
struct HPACKEncoder {
    private let statics = StaticTable.shared
    /// What the peer believes our table may hold.
    private var announced = HPACKEncoder.initialTableSize
    /// What the peer allows since, and the least it allowed in between.
    private var allowed = HPACKEncoder.initialTableSize
    private var leastAllowed = HPACKEncoder.initialTableSize

    /// Source: RFC 9113 §6.5.2, SETTINGS_HEADER_TABLE_SIZE.
    private static let initialTableSize = 4_096

    /// The peer changes what our table may hold; said to it at the beginning of the next section.
    mutating func allow(tableSize: Int) {
        allowed = min(tableSize, Self.initialTableSize)
        leastAllowed = min(leastAllowed, allowed)
    }

    /// To be called before the first field of each section.
    mutating func beginSection(to output: inout ByteStore) {
        guard leastAllowed < announced || allowed != announced else { return }
        if leastAllowed < allowed { Self.append(leastAllowed, prefix: 5, flags: 0x20, to: &output) }
        Self.append(allowed, prefix: 5, flags: 0x20, to: &output)
        announced = allowed
        leastAllowed = allowed
    }

    func appendStatus(_ status: Int, to output: inout ByteStore) {
        switch status {
        case 200: output.append(0x88)
        case 204: output.append(0x89)
        case 206: output.append(0x8A)
        case 304: output.append(0x8B)
        case 400: output.append(0x8C)
        case 404: output.append(0x8D)
        case 500: output.append(0x8E)
        default:
            Self.append(8, prefix: 4, flags: 0, to: &output)
            output.append(3)
            output.append(UInt8(truncatingIfNeeded: 48 + status / 100 % 10))
            output.append(UInt8(truncatingIfNeeded: 48 + status / 10 % 10))
            output.append(UInt8(truncatingIfNeeded: 48 + status % 10))
        }
    }

    /// Appends a field whose name HPACK knows, by its index.
    func append(
        _ index: StaticName, _ bytes: Span<UInt8>, _ value: Range<Int>, to output: inout ByteStore,
    ) {
        Self.append(index.rawValue, prefix: 4, flags: 0, to: &output)
        Self.append(value.count, prefix: 7, flags: 0, to: &output)
        output.append(bytes, value)
    }

    /// Appends a field whose value is a text with a number behind it.
    func append(_ index: StaticName, _ text: StaticString, decimal number: UInt64, to output: inout ByteStore) {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        Self.append(index.rawValue, prefix: 4, flags: 0, to: &output)
        Self.append(text.utf8CodeUnitCount + digits, prefix: 7, flags: 0, to: &output)
        output.append(text)
        output.append(decimal: number)
    }

    /// Appends a field as a whole, when HPACK knows it so.
    func append(_ field: StaticField, to output: inout ByteStore) { output.append(0x80 | field.rawValue) }

    /// Appends a field, its name in lower case.
    func append(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, to output: inout ByteStore) {
        let index = statics.index(ofName: bytes, name)
        // What identifies a user must not go into a table that others on the way keep.
        let flags: UInt8 = Self.isSecret(index) ? 0x10 : 0
        Self.append(index, prefix: 4, flags: flags, to: &output)
        if index == 0 {
            Self.append(name.count, prefix: 7, flags: 0, to: &output)
            output.reserve(name.count)
            for position in name { output.append(ByteClass.lowercase(bytes[position])) }
        }
        Self.append(value.count, prefix: 7, flags: 0, to: &output)
        output.append(bytes, value)
    }

    /// Appends a field from texts, the name in lower case.
    func append(_ name: StaticString, _ value: StaticString, to output: inout ByteStore) {
        output.append(0)
        Self.append(name.utf8CodeUnitCount, prefix: 7, flags: 0, to: &output)
        output.append(name)
        Self.append(value.utf8CodeUnitCount, prefix: 7, flags: 0, to: &output)
        output.append(value)
    }

    func append(
        _ name: StaticString, _ bytes: Span<UInt8>, _ value: Range<Int>, to output: inout ByteStore,
    ) {
        output.append(0)
        Self.append(name.utf8CodeUnitCount, prefix: 7, flags: 0, to: &output)
        output.append(name)
        Self.append(value.count, prefix: 7, flags: 0, to: &output)
        output.append(bytes, value)
    }

    private static func isSecret(_ index: Int) -> Bool {
        switch StaticName(rawValue: index) {
        case .authorization, .cookie, .proxyAuthorization, .setCookie: true
        default: false
        }
    }

    /// Source: RFC 7541 §5.1.
    static func append(_ number: Int, prefix bits: UInt8, flags: UInt8, to output: inout ByteStore) {
        let mask = (1 << Int(bits)) - 1
        guard number >= mask else { return output.append(flags | UInt8(truncatingIfNeeded: number)) }
        output.append(flags | UInt8(truncatingIfNeeded: mask))
        var rest = number - mask
        while rest >= 128 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Names that we write or treat by themselves, by their index in the static table.
enum StaticName: Int, Sendable {
    case authority = 1
    case method = 2
    case path = 4
    case scheme = 6
    case authorization = 23
    case contentLength = 28
    case contentType = 31
    case cookie = 32
    case proxyAuthorization = 49
    case retryAfter = 53
    case setCookie = 55
    case strictTransportSecurity = 56
}

/// Fields of the static table that we write as a whole.
enum StaticField: UInt8, Sendable {
    case methodGET = 2
    case methodPOST = 3
    case pathRoot = 4
    case schemeHTTP = 6
    case schemeHTTPS = 7
}
