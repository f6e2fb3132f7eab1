import RunaboutModel

/// Cuts a body out of a stream of bytes, whatever its framing, and finds its end.
///
/// Chunks are decoded strictly: hexadecimal digits, CR LF, nothing doubtful. What is sent on is framed anew, so that no
/// reader behind us can see another boundary than we saw. It is a few numbers and owns nothing: trailers, which hardly
/// any body has, are handed out as they come. Source: RFC 9112 §7.1.
struct BodyDecoder: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        /// Bytes of the body.
        case data(Range<Int>)
        /// Bytes of the trailer section.
        ///
        /// All of them together are a section with the empty line at its end. There are none when it is empty.
        case trailers(Range<Int>)
        /// The body is over; what follows belongs to the next message.
        case end
        /// All bytes are used up and the body is not over.
        case needsMore
    }

    private enum State: UInt8, Equatable, Sendable {
        case length
        case untilClose
        case ended
        case chunkSize
        case extensionStart
        case extensionName
        case extensionNameEnd
        case extensionValueStart
        case extensionValue
        case extensionValueEnd
        case extensionQuote
        case extensionEscape
        case extensionQuoteEnd
        case chunkSizeLF
        case chunkData
        case chunkDataCR
        case chunkDataLF
        case trailerStart
        case emptyTrailerLF
        case trailers
    }

    private var remaining: UInt64 = 0
    private var trailer = HeadDelimiter()
    private var trailerBytes: UInt16 = 0
    private var extensionBytes: UInt16 = 0
    private var digits: UInt8 = 0
    private var state: State

    init(_ length: BodyLength) {
        switch length {
        case .none: state = .ended
        case .bytes(let count): (state, remaining) = (.length, count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    var isEnded: Bool { state == .ended }
    /// Whether the next byte is one of the body itself.
    var isInData: Bool { state == .length || state == .untilClose || state == .chunkData }
    /// Whether the end of the connection is the end of the body.
    var endsWithConnection: Bool { state == .untilClose }
    /// The bytes that are still to come of a body whose length is known.
    var bytesLeft: UInt64? { state == .length ? remaining : nil }

    /// Takes the next step and moves `offset` behind the bytes it used.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Step {
        if state == .ended { return .end }
        guard state == .length else { return try nextOfOthers(bytes, &offset) }
        guard offset < bytes.count else { return .needsMore }
        let range = take(bytes, &offset)
        if remaining == 0 { state = .ended }
        return .data(range)
    }

    private mutating func take(_ bytes: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let count = Int(min(remaining, UInt64(bytes.count - offset)))
        remaining -= UInt64(count)
        defer { offset += count }
        return offset..<offset + count
    }

    private mutating func nextOfOthers(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Step {
        while offset < bytes.count {
            switch state {
            case .untilClose:
                defer { offset = bytes.count }
                return .data(offset..<bytes.count)
            case .chunkData:
                let range = take(bytes, &offset)
                if remaining == 0 { state = .chunkDataCR }
                return .data(range)
            case .trailers: return try takeTrailers(bytes, &offset)
            case .ended: return .end
            default: try readFraming(bytes[offset], &offset)
            }
        }
        return state == .ended ? .end : .needsMore
    }

    private mutating func readFraming(_ byte: UInt8, _ offset: inout Int) throws(Malformation) {
        switch state {
        case .chunkSize: try readSize(byte)
        case .extensionStart, .extensionName, .extensionNameEnd, .extensionValueStart, .extensionValue,
            .extensionValueEnd, .extensionQuote, .extensionEscape, .extensionQuoteEnd:
            extensionBytes += 1
            guard extensionBytes <= Limits.chunkExtensionBytesMax else { throw .chunk }
            state = try stateBehindExtension(byte)
        case .chunkSizeLF:
            guard byte == ByteClass.lf else { throw .chunk }
            state = remaining == 0 ? .trailerStart : .chunkData
            digits = 0
        case .chunkDataCR:
            guard byte == ByteClass.cr else { throw .chunk }
            state = .chunkDataLF
        case .chunkDataLF:
            guard byte == ByteClass.lf else { throw .chunk }
            state = .chunkSize
        case .trailerStart:
            guard byte == ByteClass.cr else {
                // The section's first byte is looked at once more, as part of it.
                state = .trailers
                return
            }
            state = .emptyTrailerLF
        case .emptyTrailerLF:
            guard byte == ByteClass.lf else { throw .trailer }
            state = .ended
        case .length, .untilClose, .ended, .chunkData, .trailers:
            preconditionFailure("\(state) has no framing byte")
        }
        offset += 1
    }

    private mutating func readSize(_ byte: UInt8) throws(Malformation) {
        if let digit = ByteClass.hexadecimal(byte) {
            guard digits < Limits.chunkSizeDigitsMax else { throw .chunk }
            remaining = remaining << 4 | digit
            digits += 1
        } else {
            guard digits > 0 else { throw .chunk }
            switch byte {
            case ByteClass.cr: state = .chunkSizeLF
            case 59: state = .extensionStart
            default: throw .chunk
            }
        }
    }

    /// Extensions are dropped, but only where every reader sees them end at the same place.
    ///
    /// Blanks are taken where RFC 9112 §7.1.1 has them taken: around `;` and `=`.
    private func stateBehindExtension(_ byte: UInt8) throws(Malformation) -> State {
        let isBlank = ByteClass.isBlank(byte)
        switch state {
        case .extensionQuote:
            if byte == 34 { return .extensionQuoteEnd }
            guard ByteClass.isValue(byte) else { throw .chunk }
            return byte == 92 ? .extensionEscape : .extensionQuote
        case .extensionEscape:
            guard ByteClass.isValue(byte) else { throw .chunk }
            return .extensionQuote
        case .extensionStart, .extensionName:
            if ByteClass.isToken(byte) { return .extensionName }
            if state == .extensionStart, isBlank { return .extensionStart }
            guard state == .extensionName else { throw .chunk }
            if isBlank { return .extensionNameEnd }
        case .extensionValueStart, .extensionValue:
            if ByteClass.isToken(byte) { return .extensionValue }
            if state == .extensionValueStart {
                guard isBlank || byte == 34 else { throw .chunk }
                return isBlank ? .extensionValueStart : .extensionQuote
            }
            if isBlank { return .extensionValueEnd }
        default: if isBlank { return state == .extensionQuoteEnd ? .extensionValueEnd : state }
        }
        let isBehindBlank = state == .extensionNameEnd || state == .extensionValueEnd
        switch byte {
        case 59: return .extensionStart
        case 61 where state == .extensionName || state == .extensionNameEnd: return .extensionValueStart
        case ByteClass.cr where !isBehindBlank: return .chunkSizeLF
        default: throw .chunk
        }
    }

    private mutating func takeTrailers(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Step {
        let start = offset
        switch trailer.find(in: bytes.extracting(start..<bytes.count), from: -Int(trailerBytes)) {
        case .malformed: throw .trailer
        case .complete(let count):
            offset = start + count
            state = .ended
        case .incomplete: offset = bytes.count
        }
        guard Int(trailerBytes) + offset - start <= Limits.headBytesMax else { throw .tooLarge }
        trailerBytes += UInt16(offset - start)
        return .trailers(start..<offset)
    }
}
