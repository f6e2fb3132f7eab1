import Glibc

/// Puts bytes one behind the other; keeps its storage when emptied.
///
/// It owns its storage alone and has none before the first byte. With ``FieldTable`` it is the only place of the codec
/// that touches raw memory.
struct ByteWriter: ~Copyable {
    private var storage: UnsafeMutableRawPointer?
    private(set) var count = 0
    /// Bytes there is room for.
    private(set) var capacity = 0

    init() {}

    /// Has room for so many bytes at once.
    init(capacity: Int) { reserve(capacity) }

    deinit { free(storage) }

    var isEmpty: Bool { count == 0 }

    /// What was written, until the next change.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let first = UnsafePointer(storage?.assumingMemoryBound(to: UInt8.self))
            let bytes = UnsafeBufferPointer(start: first, count: count)
            return _overrideLifetime(bytes.span, borrowing: self)
        }
    }

    borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// The text of a range, for messages and records.
    borrowing func text(_ range: Range<Int>) -> String {
        withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }

    mutating func removeAll(keepingCapacity: Bool = true) {
        count = 0
        guard !keepingCapacity else { return }
        free(storage)
        (storage, capacity) = (nil, 0)
    }

    /// Makes room for so many more bytes.
    @inline(__always)
    mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let needed = count + more
        let size = max(needed, 2 * capacity, 256)
        guard let larger = realloc(storage, size) else { preconditionFailure("there is no memory for \(size) bytes") }
        (storage, capacity) = (larger, size)
    }

    /// Makes room and gives where it begins; what is written there counts once `count` was raised.
    @inline(__always)
    private mutating func room(_ more: Int) -> UnsafeMutableRawPointer {
        reserve(more)
        guard let storage else { preconditionFailure("there is room, so there is storage") }
        return storage + count
    }
}

/// Appending.
extension ByteWriter {
    /// Appends a literal, for which the compiler knows what to store.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        room(length).copyMemory(from: text.utf8Start, byteCount: length)
        count &+= length
    }

    /// For pages and messages; not for what every request has.
    mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.baseAddress, !bytes.isEmpty else { return }
        room(bytes.count).copyMemory(from: first, byteCount: bytes.count)
        count &+= bytes.count
    }

    mutating func append(_ span: Span<UInt8>) { append(span, 0..<span.count) }

    mutating func append(_ other: borrowing ByteWriter) { other.withUnsafeBytes { append($0) } }

    /// - Precondition: the range lies in the span.
    mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
        let length = range.count
        guard length > 0 else { return }
        if length <= 32, range.lowerBound &+ 32 <= span.count, range.lowerBound >= 0 {
            // What lies behind is in the span too and may be copied: it doesn't count, and two stores beat a call.
            typealias Words = (UInt64, UInt64, UInt64, UInt64)
            let words = span.bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: Words.self)
            room(32).storeBytes(of: words, as: Words.self)
        } else {
            let target = room(length)
            span.extracting(range).withUnsafeBytes { bytes in
                guard let first = bytes.baseAddress else { return }
                target.copyMemory(from: first, byteCount: length)
            }
        }
        count &+= length
    }

    @inline(__always)
    mutating func append(byte: UInt8) {
        room(1).storeBytes(of: byte, as: UInt8.self)
        count &+= 1
    }

    /// Eight bytes, the lowest first.
    @inline(__always)
    mutating func append(word: UInt64) {
        room(8).storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= 8
    }

    /// The first bytes of six words, each word's lowest byte first.
    ///
    /// - Precondition: at most 48.
    @inline(__always)
    mutating func append(_ words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64), count length: Int) {
        precondition((0...48).contains(length), "six words have 48 bytes")
        room(48).storeBytes(of: words, as: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64).self)
        count &+= length
    }

    mutating func append(decimal number: UInt64) {
        let length = Self.digits(number)
        let target = room(length)
        var rest = number
        for offset in stride(from: length - 1, through: 0, by: -1) {
            target.storeBytes(of: UInt8(48 + rest % 10), toByteOffset: offset, as: UInt8.self)
            rest /= 10
        }
        count &+= length
    }

    private static func digits(_ number: UInt64) -> Int {
        var (digits, rest) = (1, number)
        while rest >= 10 { (digits, rest) = (digits + 1, rest / 10) }
        return digits
    }

    /// The lowest digits of a number in lower-case hexadecimal, with zeros in front; at most 16.
    @inline(__always)
    mutating func append(hexadecimal number: UInt64, digits: Int) {
        precondition((1...16).contains(digits), "a number has 1 to 16 digits")
        // The number is moved so that the first digit wanted is its highest; more are stored than count.
        let moved = number &<< UInt64(4 &* (16 &- digits))
        let target = room(16)
        target.storeBytes(of: Self.digits(UInt32(truncatingIfNeeded: moved >> 32)), as: UInt64.self)
        target.storeBytes(of: Self.digits(UInt32(truncatingIfNeeded: moved)), toByteOffset: 8, as: UInt64.self)
        count &+= digits
    }

    /// Eight hexadecimal digits as bytes in the order of memory.
    ///
    /// Example: 0x0012_abCD gives the bytes of `0012abcd`.
    @inline(__always)
    private static func digits(_ number: UInt32) -> UInt64 {
        // The bytes are spread to every other place, the highest first, then halved.
        var bytes = UInt64(number.byteSwapped)
        bytes = (bytes | bytes << 16) & 0x0000_FFFF_0000_FFFF
        bytes = (bytes | bytes << 8) & 0x00FF_00FF_00FF_00FF
        let halves = (bytes >> 4 | bytes << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // From ten on a digit is a letter, 39 places behind where `9` would lead.
        let letters = ((halves &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return (halves &+ 0x3030_3030_3030_3030 &+ letters &* 39).littleEndian
    }

    /// A chunk of a chunked body.
    ///
    /// Source: RFC 9112 §7.1.
    mutating func append(chunk span: Span<UInt8>, _ range: Range<Int>) {
        let size = UInt64(range.count)
        append(hexadecimal: size, digits: max(1, (64 - size.leadingZeroBitCount + 3) / 4))
        append("\r\n")
        append(span, range)
        append("\r\n")
    }

    /// The end of a chunked body, with its trailer section or, when that is empty, none.
    mutating func append(lastChunkWith trailers: Span<UInt8>) {
        append("0\r\n")
        if trailers.isEmpty { append("\r\n") } else { append(trailers) }
    }
}
