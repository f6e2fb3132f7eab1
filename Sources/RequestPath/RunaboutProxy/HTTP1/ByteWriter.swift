/// Puts bytes one behind the other; keeps its storage when emptied.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func append(_ span: Span<UInt8>, _ range: Range<Int>) {
        span.extracting(range).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    mutating func append(decimal number: UInt64) {
        if number >= 10 { append(decimal: number / 10) }
        bytes.append(UInt8(48 + number % 10))
    }

    /// The lowest digits of a number in lower-case hexadecimal, with zeros in front.
    mutating func append(hexadecimal number: UInt64, digits: Int) {
        var shift = (digits - 1) * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: (number >> UInt64(shift)) & 15)
            bytes.append(digit < 10 ? 48 + digit : 87 + digit)
            shift -= 4
        }
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

    /// The end of a chunked body, with its trailers.
    mutating func append(lastChunkWith trailers: [UInt8]) {
        append("0\r\n")
        if trailers.isEmpty { append("\r\n") } else { append(trailers) }
    }
}
