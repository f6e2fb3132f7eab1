/// Uncompresses DEFLATE, never into more bytes than are allowed.
///
/// Own code: what is read comes out of images, so every index is checked, and building needs no further C library.
/// Source: RFC 1951.
public enum Inflate {
    /// The uncompressed bytes.
    ///
    /// - Throws: `ArchiveError.limitExceeded` as soon as there are more than `bytesMax`, `.malformed`, `.truncated`.
    public static func inflate(_ input: [UInt8], bytesMax: Int) throws(ArchiveError) -> [UInt8] {
        var inflater = Inflater(bits: BitReader(input), bytesMax: bytesMax)
        return try inflater.run()
    }
}

/// Reads bits, the lowest of a byte first.
private struct BitReader {
    private let input: [UInt8]
    private var position = 0
    private var held: UInt64 = 0
    private var count = 0

    init(_ input: [UInt8]) { self.input = input }

    private mutating func fill() {
        while count <= 56, position < input.count {
            held |= UInt64(input[position]) << UInt64(count)
            position += 1
            count += 8
        }
    }

    /// The next bits without taking them; beyond the end they are zero.
    mutating func peek(_ bits: Int) -> Int {
        if count < bits { fill() }
        return Int(held & (1 << UInt64(bits) - 1))
    }

    mutating func drop(_ bits: Int) throws(ArchiveError) {
        guard bits <= count else { throw .truncated }
        held >>= UInt64(bits)
        count -= bits
    }

    mutating func take(_ bits: Int) throws(ArchiveError) -> Int {
        let value = peek(bits)
        try drop(bits)
        return value
    }

    mutating func alignToByte() throws(ArchiveError) { try drop(count % 8) }
}

/// A prefix code as a table over as many bits as its longest word has.
private struct PrefixCode {
    private static let lengthMax = 15

    /// The symbol times 16, plus the length of its word; 0 where no word begins so.
    private let table: [UInt16]
    private let bits: Int

    /// Takes the length of each symbol's word, 0 for symbols that don't occur.
    init(lengths: [UInt8]) throws(ArchiveError) {
        var counts = [Int](repeating: 0, count: Self.lengthMax + 1)
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        var next = [Int](repeating: 0, count: Self.lengthMax + 2)
        var room = 1
        for length in 1...Self.lengthMax {
            room = room << 1 - counts[length]
            guard room >= 0 else { throw .malformed("a prefix code has too many words") }
            next[length + 1] = (next[length] + counts[length]) << 1
        }
        bits = max(1, Int(lengths.max() ?? 0))
        var table = [UInt16](repeating: 0, count: 1 << bits)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let length = Int(length)
            let word = next[length]
            next[length] += 1
            var reversed = 0
            for bit in 0..<length where word >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
            for index in stride(from: reversed, to: table.count, by: 1 << length) {
                table[index] = UInt16(symbol << 4 | length)
            }
        }
        self.table = table
    }

    func symbol(_ reader: inout BitReader) throws(ArchiveError) -> Int {
        let entry = Int(table[reader.peek(bits)])
        guard entry != 0 else { throw .malformed("a word is none of its prefix code") }
        try reader.drop(entry & 15)
        return entry >> 4
    }
}

private struct Inflater {
    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537, 2_049, 3_073,
        4_097,
        6_145, 8_193, 12_289, 16_385, 24_577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// In this order the lengths of the words of the code for lengths are written.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    var bits: BitReader
    let bytesMax: Int
    private var output: [UInt8] = []

    init(bits: BitReader, bytesMax: Int) {
        self.bits = bits
        self.bytesMax = bytesMax
    }

    mutating func run() throws(ArchiveError) -> [UInt8] {
        var isLast = false
        while !isLast {
            isLast = try bits.take(1) == 1
            switch try bits.take(2) {
            case 0: try copyStored()
            case 1:
                let lengths: [UInt8] = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                try decode(
                    literals: try PrefixCode(lengths: lengths),
                    distances: try PrefixCode(lengths: [UInt8](repeating: 5, count: 30)))
            case 2:
                let codes = try readCodes()
                try decode(literals: codes.literals, distances: codes.distances)
            default: throw .malformed("a block is of no known kind")
            }
        }
        return output
    }

    private func checkRoom(_ count: Int) throws(ArchiveError) {
        guard output.count + count <= bytesMax else { throw .limitExceeded("it has more than \(bytesMax) bytes") }
    }

    private mutating func copyStored() throws(ArchiveError) {
        try bits.alignToByte()
        let (length, complement) = (try bits.take(16), try bits.take(16))
        guard length == ~complement & 0xFFFF else { throw .malformed("a stored block's lengths differ") }
        try checkRoom(length)
        for _ in 0..<length { output.append(UInt8(try bits.take(8))) }
    }

    private mutating func readCodes() throws(ArchiveError) -> (literals: PrefixCode, distances: PrefixCode) {
        let (literalCount, distanceCount) = (try bits.take(5) + 257, try bits.take(5) + 1)
        let lengthCount = try bits.take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw .malformed("a prefix code has too many symbols") }
        var ofLengths = [UInt8](repeating: 0, count: Self.order.count)
        for index in 0..<lengthCount { ofLengths[Self.order[index]] = UInt8(try bits.take(3)) }
        let code = try PrefixCode(lengths: ofLengths)
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try code.symbol(&bits)
            let (value, times): (UInt8, Int)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw .malformed("a length repeats nothing") }
                (value, times) = (last, 3 + (try bits.take(2)))
            case 17: (value, times) = (0, 3 + (try bits.take(3)))
            case 18: (value, times) = (0, 11 + (try bits.take(7)))
            default: (value, times) = (UInt8(symbol), 1)
            }
            lengths.append(contentsOf: repeatElement(value, count: times))
        }
        guard lengths.count == literalCount + distanceCount else { throw .malformed("there are too many lengths") }
        guard lengths[256] > 0 else { throw .malformed("a block has no end") }
        return (
            try PrefixCode(lengths: Array(lengths[..<literalCount])),
            try PrefixCode(lengths: Array(lengths[literalCount...]))
        )
    }

    private mutating func decode(literals: PrefixCode, distances: PrefixCode) throws(ArchiveError) {
        while true {
            let symbol = try literals.symbol(&bits)
            if symbol < 256 {
                try checkRoom(1)
                output.append(UInt8(symbol))
            } else if symbol == 256 {
                return
            } else {
                let index = symbol - 257
                guard index < Self.lengthBase.count else { throw .malformed("a length is none") }
                let length = Self.lengthBase[index] + (try bits.take(Self.lengthBits[index]))
                let far = try distances.symbol(&bits)
                guard far < Self.distanceBase.count else { throw .malformed("a distance is none") }
                let distance = Self.distanceBase[far] + (try bits.take(Self.distanceBits[far]))
                guard distance <= output.count else { throw .malformed("a distance leads before the start") }
                try checkRoom(length)
                let start = output.count - distance
                for offset in 0..<length { output.append(output[start + offset]) }
            }
        }
    }
}
