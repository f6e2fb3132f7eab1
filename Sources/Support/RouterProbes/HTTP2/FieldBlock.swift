/// A header field as bytes, so that what no text can be can be sent.
package struct HTTP2Field: Equatable, Sendable, CustomStringConvertible {
    /// The name, of any bytes.
    package let name: [UInt8]
    /// The value, of any bytes.
    package let value: [UInt8]

    /// Takes a name and a value of any bytes.
    package init(_ name: [UInt8], _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    /// Takes texts.
    package init(_ name: String, _ value: String) { self.init(Array(name.utf8), Array(value.utf8)) }

    /// The name as text.
    package var nameText: String { String(decoding: name, as: UTF8.self) }
    /// The value as text.
    package var valueText: String { String(decoding: value, as: UTF8.self) }
    /// `name: value`.
    package var description: String { "\(nameText): \(valueText)" }
}

/// Writes field blocks piece by piece, right ones and wrong ones.
///
/// Keeps no table: what is added to the server's is the rule's own affair.
/// Source: RFC 7541, 6.
struct FieldBlock {
    /// How a literal is represented.
    enum Form: UInt8 {
        case indexed = 0x80
        case adding = 0x40
        case plain = 0x00
        case never = 0x10

        /// How many bits of the first byte hold the index.
        var prefix: Int {
            switch self {
            case .indexed: 7
            case .adding: 6
            case .plain, .never: 4
            }
        }
    }

    private(set) var bytes: [UInt8] = []

    init() {}

    /// All fields as literals that leave the table alone.
    init(_ fields: [HTTP2Field]) {
        for field in fields { literal(field) }
    }

    mutating func raw(_ more: [UInt8]) { bytes += more }

    /// An integer with its first bits in a byte that has others too.
    ///
    /// Source: RFC 7541, 5.1.
    static func integer(_ value: Int, prefix: Int, pattern: UInt8 = 0) -> [UInt8] {
        let most = (1 << prefix) - 1
        guard value >= most else { return [pattern | UInt8(value)] }
        var bytes = [pattern | UInt8(most)]
        var rest = value - most
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func string(_ text: [UInt8], isHuffman: Bool = false) -> [UInt8] {
        let coded = isHuffman ? HuffmanText.encoded(text) : text
        return integer(coded.count, prefix: 7, pattern: isHuffman ? 0x80 : 0) + coded
    }

    mutating func index(_ index: Int) { bytes += Self.integer(index, prefix: 7, pattern: 0x80) }

    mutating func literal(_ field: HTTP2Field, form: Form = .plain, isHuffman: Bool = false) {
        bytes.append(form.rawValue)
        bytes += Self.string(field.name, isHuffman: isHuffman) + Self.string(field.value, isHuffman: isHuffman)
    }

    mutating func literal(nameIndex: Int, _ value: String, form: Form = .plain, isHuffman: Bool = false) {
        bytes += Self.integer(nameIndex, prefix: form.prefix, pattern: form.rawValue)
        bytes += Self.string(Array(value.utf8), isHuffman: isHuffman)
    }

    mutating func tableSize(_ size: Int) { bytes += Self.integer(size, prefix: 5, pattern: 0x20) }
}
