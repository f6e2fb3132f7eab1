/// The Huffman code of header strings, derived from the lengths of its codes alone: it is canonical, so that codes of one
/// length follow each other in the order of their symbols.
///
/// Source: RFC 7541, 5.2 and appendix B.
enum HuffmanText {
    /// A code: its bits, and how many.
    struct Code: Hashable {
        let bits: UInt32
        let count: Int
    }

    /// Why bytes are no Huffman text.
    enum Problem: Error {
        case endOfStringInside
        case paddingTooLong
        case paddingNotOnes
    }

    /// The symbol that never stands in a text and whose first bits are its padding.
    static let endOfString = 256

    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ]

    /// The code of each symbol, the end of the string last.
    static let codes: [Code] = {
        var codes = [Code](repeating: Code(bits: 0, count: 0), count: lengths.count)
        var bits: UInt32 = 0
        var length = 0
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        for symbol in order {
            bits <<= UInt32(Int(lengths[symbol]) - length)
            length = Int(lengths[symbol])
            codes[symbol] = Code(bits: bits, count: length)
            bits += 1
        }
        return codes
    }()

    private static let symbols = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($0.element, $0.offset) })

    /// Codes one after another, filled up to whole bytes with ones.
    static func encoded(symbols: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        var pending: UInt64 = 0
        var count = 0
        func append(_ code: Code) {
            pending = pending << UInt64(code.count) | UInt64(code.bits)
            count += code.count
            while count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
            }
        }
        for symbol in symbols { append(codes[symbol]) }
        if count > 0 { append(Code(bits: (1 << UInt32(8 - count)) - 1, count: 8 - count)) }
        return bytes
    }

    static func encoded(_ text: [UInt8]) -> [UInt8] { encoded(symbols: text.map(Int.init)) }

    static func decoded(_ bytes: some Sequence<UInt8>) throws(Problem) -> [UInt8] {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            for place in (0..<8).reversed() {
                bits = bits << 1 | UInt32(byte >> UInt8(place) & 1)
                count += 1
                guard count >= 5, let symbol = symbols[Code(bits: bits, count: count)] else { continue }
                guard symbol != endOfString else { throw .endOfStringInside }
                text.append(UInt8(symbol))
                bits = 0
                count = 0
            }
        }
        guard count < 8 else { throw .paddingTooLong }
        guard bits == (1 << UInt32(count)) - 1 else { throw .paddingNotOnes }
        return text
    }
}
