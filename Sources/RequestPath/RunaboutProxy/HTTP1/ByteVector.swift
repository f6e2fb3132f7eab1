internal import CBytes

/// Sixteen bytes that are looked at together.
struct ByteVector {
    private let lanes: SIMD2<Int64>

    @inline(__always)
    init(_ lanes: SIMD2<Int64>) { self.lanes = lanes }

    @inline(__always)
    init(low: UInt64, high: UInt64) { lanes = SIMD2(Int64(bitPattern: low), Int64(bitPattern: high)) }

    /// The first eight bytes, the first of them lowest.
    var low: UInt64 { @inline(__always) get { UInt64(bitPattern: lanes[0]) } }
    /// The last eight bytes.
    var high: UInt64 { @inline(__always) get { UInt64(bitPattern: lanes[1]) } }

    /// Bytes below 32 and 127: the end of a line, tabs, and what no line may hold.
    var controls: Places { @inline(__always) get { Places(bits: cbytes_controls(lanes)) } }
    /// Bytes that are no letter, digit or hyphen.
    var noNames: Places { @inline(__always) get { Places(bits: cbytes_not_name(lanes)) } }
    /// Bytes that no target may hold, and backslashes.
    var noTargets: Places { @inline(__always) get { Places(bits: cbytes_not_target(lanes)) } }
    /// Bytes that are no letter, digit, hyphen or dot.
    var noHosts: Places { @inline(__always) get { Places(bits: cbytes_not_host(lanes)) } }

    /// Those of the sixteen bytes for which something is so.
    ///
    /// Loops ask whether there are any before they ask where: the processor guesses the one, and would wait for the
    /// other.
    struct Places {
        fileprivate let bits: UInt32

        var isEmpty: Bool { @inline(__always) get { bits == 0 } }
        /// How many bytes are in front of the first; 16 when there is none.
        var first: Int { @inline(__always) get { (bits | 0x1_0000).trailingZeroBitCount } }
    }
}

extension Span<UInt8> {
    /// The sixteen bytes at an offset; zeros stand for those behind the end.
    @inline(__always)
    func vector(at offset: Int) -> ByteVector {
        if offset &+ 16 <= count {
            // The load checks its bounds; "unsafe" are only types that not every pattern of bits is a value of.
            return ByteVector(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD2<Int64>.self))
        }
        return vectorAtEnd(offset)
    }

    /// The eight bytes at an offset, the first of them lowest; zeros stand for those behind the end.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        if offset &+ 8 <= count {
            return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        return vectorAtEnd(offset).low
    }

    @inline(never)
    private func vectorAtEnd(_ offset: Int) -> ByteVector {
        precondition(offset >= 0, "there is nothing in front of the first byte")
        let left = count - offset
        guard left > 0 else { return ByteVector(low: 0, high: 0) }
        if count >= 8 {
            // The last eight bytes, moved so that those at the offset come first. Shifts of 64 and more leave zeros.
            let last = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
            if left <= 8 { return ByteVector(low: last >> UInt64(8 * (8 - left)), high: 0) }
            let first = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            return ByteVector(low: first, high: last >> UInt64(8 * (16 - left)))
        }
        var word: UInt64 = 0
        for index in 0..<left { word |= UInt64(self[offset + index]) << UInt64(8 * index) }
        return ByteVector(low: word, high: 0)
    }
}

/// At most sixteen bytes of ASCII, compared all at once.
struct ShortText: Equatable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    /// Of a literal the compiler makes two constants.
    @inline(__always)
    init(_ text: StaticString) {
        var words: (UInt64, UInt64) = (0, 0)
        for index in 0..<text.utf8CodeUnitCount {
            let byte = UInt64(text.utf8Start[index])
            if index < 8 {
                words.0 |= byte << UInt64(8 * index)
            } else {
                words.1 |= byte << UInt64(8 * (index - 8))
            }
        }
        (low, high) = words
    }

    /// The first bytes of a vector, in lower case.
    ///
    /// Letters are made small by setting one bit. That makes nothing else a letter, digit, hyphen, slash or equals sign
    /// but control bytes, which no part of a head holds once its line was read.
    @inline(__always)
    init(_ vector: ByteVector, count: Int) {
        let small: UInt64 = 0x2020_2020_2020_2020
        low = (vector.low | small) & Self.mask(count)
        high = (vector.high | small) & Self.mask(count &- 8)
    }

    /// The first bytes of a vector as they are; not all of them when there are more than 16.
    @inline(__always)
    init(exactly vector: ByteVector, count: Int) {
        low = vector.low & Self.mask(count)
        high = vector.high & Self.mask(count &- 8)
    }

    /// Ones for this many bytes, from 0 to 8; beyond, for none or all.
    @inline(__always)
    private static func mask(_ count: Int) -> UInt64 {
        if count >= 8 { return ~0 }
        return count > 0 ? (1 &<< UInt64(8 &* count)) &- 1 : 0
    }
}
