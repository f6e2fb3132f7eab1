/// The Huffman code of HPACK, as tables made once at the start.
///
/// The code is canonical: codes of one length follow each other in the order of their symbols, so the lengths alone say
/// all. Source: RFC 7541, appendix B.
struct HuffmanCode: @unchecked Sendable {  // The tables are never changed, nor freed, once they are made.
    /// Up to this many bits are decoded by one look into a table; longer codes are rare.
    private static let shortBits = 9
    private static let longestBits = 30
    /// The symbol that ends a string; never sent.
    private static let endSymbol = 256

    /// The length of each symbol's code, in bits.
    static let lengths: [UInt8] = [
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

    static let shared = HuffmanCode()

    /// By the next `shortBits` bits: the symbol, and its length above it; 0 where the code is longer.
    private let short: UnsafePointer<UInt16>
    /// Symbols in the order of their codes.
    private let symbols: UnsafePointer<UInt16>
    /// By length: the first code behind those of this length, at the top of 32 bits.
    private let ends: UnsafePointer<UInt64>
    /// By length: where in `symbols` its first code's symbol is, less that code.
    private let bases: UnsafePointer<Int>
    /// By symbol: its code, and its length above 32 bits.
    private let codes: UnsafePointer<UInt64>

    private init() {
        let order = (0...Self.endSymbol).sorted { (Self.lengths[$0], $0) < (Self.lengths[$1], $1) }
        var short = [UInt16](repeating: 0, count: 1 << Self.shortBits)
        var ends = [UInt64](repeating: 0, count: Self.longestBits + 1)
        var bases = [Int](repeating: 0, count: Self.longestBits + 1)
        var codes = [UInt64](repeating: 0, count: Self.endSymbol + 1)
        var code: UInt64 = 0
        var length = 0
        for (position, symbol) in order.enumerated() {
            while length < Int(Self.lengths[symbol]) {
                ends[length] = code << UInt64(32 - length)
                code <<= 1
                length += 1
                bases[length] = position - Int(code)
            }
            codes[symbol] = code | UInt64(length) << 32
            if length <= Self.shortBits {
                let free = Self.shortBits - length
                let first = Int(code) << free
                for index in first..<first + 1 << free { short[index] = UInt16(symbol) | UInt16(length) << 8 }
            }
            code += 1
        }
        ends[length] = code << UInt64(32 - length)
        self.short = Self.permanent(short)
        self.symbols = Self.permanent(order.map(UInt16.init))
        self.ends = Self.permanent(ends)
        self.bases = Self.permanent(bases)
        self.codes = Self.permanent(codes)
    }

    private static func permanent<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        memory.initialize(from: elements, count: elements.count)
        return UnsafePointer(memory)
    }

    /// Decodes a string to the end of a store; false when it is not coded rightly.
    ///
    /// What is left of the last byte must be the beginning of the end symbol, less than a byte of it.
    func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout ByteStore) -> Bool {
        // The shortest code has 5 bits.
        output.reserve(range.count * 8 / 5 + 1)
        var bits: UInt64 = 0
        var available = 0
        var index = range.lowerBound
        while true {
            while available <= 56, index < range.upperBound {
                bits |= UInt64(bytes[index]) << UInt64(56 - available)
                available += 8
                index += 1
            }
            // The index has `shortBits` bits, as many as the table is long.
            let entry = short[Int(truncatingIfNeeded: bits >> UInt64(64 - Self.shortBits))]
            var length = Int(entry >> 8)
            var symbol = UInt8(truncatingIfNeeded: entry)
            if length == 0 {
                guard let long = longSymbol(bits, &length) else { return false }
                symbol = long
            }
            guard length <= available else { break }
            output.append(symbol)
            bits <<= UInt64(length)
            available -= length
        }
        return available < 8 && bits == ~(~0 >> UInt64(available))
    }

    /// The symbol of a code above `shortBits`; nil for the end symbol.
    ///
    /// The end symbol's beginning as padding gives a length above what is available, as its caller wants it.
    private func longSymbol(_ bits: UInt64, _ length: inout Int) -> UInt8? {
        let window = bits >> 32
        length = Self.shortBits + 1
        while length < Self.longestBits, window >= ends[length] { length += 1 }
        let position = bases[length] + Int(window >> UInt64(32 - length))
        // Codes of 30 bits fill up the whole range, so that no position lies behind the last symbol.
        let symbol = symbols[min(position, Self.endSymbol)]
        return symbol == Self.endSymbol ? nil : UInt8(truncatingIfNeeded: symbol)
    }

    /// How many bytes a string takes when it is coded.
    func encodedCount(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var bits = 0
        for index in range { bits += Int(truncatingIfNeeded: codes[Int(bytes[index])] >> 32) }
        return (bits + 7) / 8
    }

    /// Codes a string to the end of a store.
    func encode(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout ByteStore) {
        var bits: UInt64 = 0
        var held: UInt64 = 0
        for index in range {
            let code = codes[Int(bytes[index])]
            bits = bits << (code >> 32) | code & 0xFFFF_FFFF
            held += code >> 32
            while held >= 8 {
                held -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        if held > 0 { output.append(UInt8(truncatingIfNeeded: bits << (8 - held) | 0xFF >> held)) }
    }
}
