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

    private enum State: Equatable, Sendable {
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
            let byte = bytes[index]
            index += 1
            switch state {
            case .line, .lineStart:
                if byte == ByteClass.cr {
                    state = state == .line ? .cr : .emptyLineCR
                } else if ByteClass.isValue(byte) {
                    state = .line
                } else {
                    return .malformed
                }
            case .cr:
                guard byte == ByteClass.lf else { return .malformed }
                state = .lineStart
            case .emptyLineCR:
                guard byte == ByteClass.lf else { return .malformed }
                self = HeadDelimiter()
                return .complete(index)
            }
        }
        seen = end - start
        return .incomplete
    }
}
