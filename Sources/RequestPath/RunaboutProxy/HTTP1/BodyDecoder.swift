import RunaboutModel

/// Cuts a body out of a stream of bytes, whatever its framing, and finds its end.
///
/// Chunks are decoded strictly: hexadecimal digits, CR LF, nothing doubtful. What is sent on is framed anew, so that no
/// reader behind us can see another boundary than we saw. Source: RFC 9112 §7.1.
struct BodyDecoder: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        /// Bytes of the body.
        case data(Range<Int>)
        /// The body is over; what follows belongs to the next message.
        case end
        /// All bytes are used up and the body is not over.
        case needsMore
    }

    private enum State: Equatable, Sendable {
        case length
        case untilClose
        case ended
        case chunkSize
        case chunkExtension
        case chunkSizeLF
        case chunkData
        case chunkDataCR
        case chunkDataLF
        case trailers
    }

    private var state: State
    private var remaining: UInt64 = 0
    private var digits = 0
    private var extensionBytes = 0

    /// The trailer section with the empty line at its end; empty when there is none.
    private(set) var trailers: [UInt8] = []

    init(_ length: BodyLength) {
        switch length {
        case .none: state = .ended
        case .bytes(let count): (state, remaining) = (.length, count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    var isEnded: Bool { state == .ended }
    /// Whether the end of the connection is the end of the body.
    var endsWithConnection: Bool { state == .untilClose }

    /// Takes the next step and moves `offset` behind the bytes it used.
    mutating func next(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Step {
        switch state {
        case .ended: return .end
        case .untilClose:
            guard offset < bytes.count else { return .needsMore }
            defer { offset = bytes.count }
            return .data(offset..<bytes.count)
        case .length:
            guard offset < bytes.count else { return .needsMore }
            let range = take(bytes, &offset)
            if remaining == 0 { state = .ended }
            return .data(range)
        default: return try nextOfChunks(bytes, &offset)
        }
    }

    private mutating func take(_ bytes: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let count = Int(min(remaining, UInt64(bytes.count - offset)))
        remaining -= UInt64(count)
        defer { offset += count }
        return offset..<offset + count
    }

    private mutating func nextOfChunks(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Step {
        while offset < bytes.count {
            switch state {
            case .chunkData:
                let range = take(bytes, &offset)
                if remaining == 0 { state = .chunkDataCR }
                return .data(range)
            case .trailers:
                guard try takeTrailers(bytes, &offset) else { return .needsMore }
                state = .ended
                return .end
            default:
                try readFraming(bytes[offset])
                offset += 1
            }
        }
        return .needsMore
    }

    private mutating func readFraming(_ byte: UInt8) throws(Malformation) {
        switch state {
        case .chunkSize:
            if let digit = ByteClass.hexadecimal(byte) {
                guard digits < Limits.chunkSizeDigitsMax else { throw .chunk }
                remaining = remaining << 4 | digit
                digits += 1
            } else {
                guard digits > 0 else { throw .chunk }
                switch byte {
                case ByteClass.cr: state = .chunkSizeLF
                case 59: state = .chunkExtension
                default: throw .chunk
                }
            }
        case .chunkExtension:
            extensionBytes += 1
            guard extensionBytes <= Limits.chunkExtensionBytesMax else { throw .chunk }
            if byte == ByteClass.cr {
                state = .chunkSizeLF
            } else if !ByteClass.isValue(byte) {
                throw .chunk
            }
        case .chunkSizeLF:
            guard byte == ByteClass.lf else { throw .chunk }
            state = remaining == 0 ? .trailers : .chunkData
            digits = 0
        case .chunkDataCR:
            guard byte == ByteClass.cr else { throw .chunk }
            state = .chunkDataLF
        case .chunkDataLF:
            guard byte == ByteClass.lf else { throw .chunk }
            state = .chunkSize
        case .length, .untilClose, .ended, .chunkData, .trailers:
            preconditionFailure("\(state) has no framing byte")
        }
    }

    /// Gathers the trailer section; true at its end.
    private mutating func takeTrailers(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformation) -> Bool {
        // The section ends at an empty line, and may be nothing but that.
        while offset < bytes.count {
            guard trailers.count < Limits.headBytesMax else { throw .tooLarge }
            let byte = bytes[offset]
            trailers.append(byte)
            offset += 1
            let count = trailers.count
            if byte == ByteClass.lf {
                guard count >= 2, trailers[count - 2] == ByteClass.cr else { throw .trailer }
                if count == 2 || trailers[count - 3] == ByteClass.lf {
                    if count == 2 { trailers = [] }
                    return true
                }
            } else {
                if count >= 2, trailers[count - 2] == ByteClass.cr { throw .trailer }
                guard byte == ByteClass.cr || ByteClass.isValue(byte) else { throw .trailer }
            }
        }
        return false
    }
}
