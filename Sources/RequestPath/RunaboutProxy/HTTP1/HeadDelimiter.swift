import RunaboutModel

/// Finds the end of a head in bytes that come in pieces, each looked at once, and refuses at once what no head may hold.
///
/// A line ends with CR LF and nothing else; bare CR, bare LF, NUL and other control characters are malformed.
struct HeadDelimiter: Equatable, Sendable {
    enum Result: Equatable, Sendable {
        case incomplete
        /// The offset behind the empty line.
        case complete(Int)
        case malformed
    }

    private enum State: UInt8, Equatable, Sendable {
        case line
        case cr
        case lineStart
        case emptyLineCR
    }

    private var state = State.line
    private var seen = 0

    /// Goes on with a head that begins at `start`; `bytes` hold all of it that has come.
    mutating func find(in bytes: Span<UInt8>, from start: Int) -> Result {
        var index = start + seen
        let end = bytes.count
        while index < end {
            switch state {
            case .line, .lineStart:
                let controls = bytes.vector(at: index).controls
                if controls.isEmpty {
                    state = .line
                    index &+= 16
                    continue
                }
                if controls.first > 0 {
                    state = .line
                    index &+= controls.first
                    // Behind the end there seemed to be a control byte.
                    guard index < end else { continue }
                }
                if bytes[index] == ByteClass.cr {
                    state = state == .line ? .cr : .emptyLineCR
                } else if bytes[index] == ByteClass.tab {
                    state = .line
                } else {
                    return .malformed
                }
            case .cr:
                guard bytes[index] == ByteClass.lf else { return .malformed }
                state = .lineStart
            case .emptyLineCR:
                guard bytes[index] == ByteClass.lf else { return .malformed }
                self = HeadDelimiter()
                return .complete(index + 1)
            }
            index &+= 1
        }
        seen = end - start
        return .incomplete
    }
}

/// Heads that may come whole or in pieces: each of their bytes is looked at twice at most.
extension HeadDelimiter {
    /// Reads the request head at the front of some bytes, which hold all that has come of it; nil while its end is missing.
    ///
    /// - Throws: as `RequestHead.scan` does.
    mutating func requestHead(_ bytes: Span<UInt8>, fields: inout FieldTable) throws(Malformation) -> RequestHead? {
        if seen == 0, let head = try RequestHead.scan(bytes, fields: &fields) { return head }
        guard let end = try endOfPieces(bytes) else { return nil }
        guard let head = try RequestHead.scan(bytes.extracting(0..<end), fields: &fields) else { throw .requestLine }
        return head
    }

    /// Reads the head of an answer likewise.
    ///
    /// - Throws: as `ResponseHead.scan` does.
    mutating func responseHead(
        _ bytes: Span<UInt8>, answersHEAD: Bool, fields: inout FieldTable,
    ) throws(Malformation) -> ResponseHead? {
        if seen == 0, let head = try ResponseHead.scan(bytes, answersHEAD: answersHEAD, fields: &fields) {
            return head
        }
        guard let end = try endOfPieces(bytes) else { return nil }
        let text = bytes.extracting(0..<end)
        guard let head = try ResponseHead.scan(text, answersHEAD: answersHEAD, fields: &fields) else {
            throw .statusLine
        }
        return head
    }

    /// Where the head ends, or all bytes when that is already more than a head may have: then reading it fails.
    private mutating func endOfPieces(_ bytes: Span<UInt8>) throws(Malformation) -> Int? {
        switch find(in: bytes, from: 0) {
        case .malformed: throw .controlByte
        case .complete(let end): return end
        case .incomplete: return bytes.count < Limits.headBytesMax ? nil : bytes.count
        }
    }
}
