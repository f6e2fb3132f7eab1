import RunaboutModel

/// An answer's head, read as strictly as a request's; ranges lie in the bytes it was read from.
struct ResponseHead: Equatable, Sendable {
    var status = 0
    var isHTTP10 = false
    /// Whether the status line can be sent on as it is.
    private(set) var hasPlainLine = true
    var body = BodyLength.untilClose
    var connection = ConnectionOptions()
    /// The offset behind the empty line.
    private(set) var end = 0
    private var statusPart = HeadPart()
    private var upgradePart = HeadPart()

    /// The status and the reason behind it.
    var statusText: Range<Int> { statusPart.range }
    var upgrade: Range<Int>? { upgradePart.ifThere }

    /// Whether the instance's connection can carry another request afterwards.
    var keepsAlive: Bool { !isHTTP10 && !connection.closes && body != .untilClose }

    /// Whether it only announces another head.
    var isInterim: Bool { (100...199).contains(status) && status != 101 }

    /// Reads the head at the front of some bytes, each looked at once; nil when its end is not among them.
    ///
    /// `fields` gets the header fields; what it held before is dropped. Where a head comes in many pieces, a
    /// ``HeadDelimiter`` must find its end first.
    ///
    /// - Throws: `tooLarge` for a head that is or will be above `Limits.headBytesMax`, else what is malformed.
    static func scan(
        _ bytes: Span<UInt8>, answersHEAD: Bool, fields: inout FieldTable,
    ) throws(Malformation) -> ResponseHead? {
        fields.removeAll()
        let isCut = bytes.count >= Limits.headBytesMax
        let text = isCut ? bytes.extracting(0..<Limits.headBytesMax) : bytes
        var head = ResponseHead()
        guard let lineEnd = try head.readStatusLine(text),
            let end = try HeaderFields.scanLines(text, from: lineEnd, into: &fields)
        else {
            if isCut { throw .tooLarge }
            return nil
        }
        head.end = end
        try head.readFields(text, fields)
        if answersHEAD || head.status < 200 || head.status == 204 || head.status == 304 { head.body = .none }
        return head
    }

    /// Gives the offset behind the line; nil when it is not there yet.
    @inline(__always)
    private mutating func readStatusLine(_ bytes: Span<UInt8>) throws(Malformation) -> Int? {
        guard bytes.count >= 14 else {
            try readPartOfStatusLine(bytes)
            return nil
        }
        let version = bytes.word(at: 0)
        switch version {
        case ShortText("HTTP/1.1").low: break
        case ShortText("HTTP/1.0").low: (isHTTP10, hasPlainLine) = (true, false)
        default: throw version << 8 == ShortText("HTTP/1.").low << 8 ? .version : .statusLine
        }
        guard bytes[8] == ByteClass.space else { throw .statusLine }
        for index in 9..<12 {
            guard ByteClass.isDigit(bytes[index]) else { throw .statusLine }
            status = status &* 10 &+ Int(bytes[index] &- 48)
        }
        guard status >= 100 else { throw .statusLine }
        guard bytes[12] == ByteClass.space || bytes[12] == ByteClass.cr else { throw .statusLine }
        var index = 12
        while true {
            let controls = bytes.vector(at: index).controls
            if controls.isEmpty {
                index &+= 16
                continue
            }
            index &+= controls.first
            guard index < bytes.count else { return nil }
            if bytes[index] != ByteClass.tab { break }
            index &+= 1
        }
        guard bytes[index] == ByteClass.cr else { throw .statusLine }
        guard index &+ 1 < bytes.count else { return nil }
        guard bytes[index &+ 1] == ByteClass.lf else { throw .statusLine }
        statusPart = HeadPart(9..<index)
        // The space behind the status belongs to the line even when there is no reason.
        if index == 12 { hasPlainLine = false }
        return index &+ 2
    }

    /// Refuses what can't become a status line, so that no end of a head is waited for that has come.
    private func readPartOfStatusLine(_ bytes: Span<UInt8>) throws(Malformation) {
        let start: StaticString = "HTTP/1.* *** "
        for index in 0..<min(bytes.count, start.utf8CodeUnitCount) {
            let expected = start.utf8Start[index]
            let isRight =
                expected == 42
                ? ByteClass.isDigit(bytes[index])
                : bytes[index] == expected || (index == 12 && bytes[index] == ByteClass.cr)
            guard isRight else { throw .statusLine }
        }
    }

    private mutating func readFields(_ bytes: Span<UInt8>, _ fields: borrowing FieldTable) throws(Malformation) {
        var lengths = 0
        var encodings = 0
        var notable = fields.notable
        while let number = notable.popFirst() {
            let field = fields[number]
            switch field.kind {
            case .contentLength:
                lengths &+= 1
                let length = try HeaderFields.contentLength(bytes, field.value)
                body = length == 0 ? .none : .bytes(length)
            case .transferEncoding:
                encodings &+= 1
                guard !isHTTP10, bytes.shortText(field.value) == ShortText("chunked") else { throw .transferEncoding }
            case .connection: try connection.read(bytes, field.value, of: fields)
            case .upgrade: upgradePart = HeadPart(field.value)
            default: break
            }
        }
        guard lengths <= 1 else { throw .contentLength }
        guard encodings <= 1, encodings + lengths <= 1 else { throw .transferEncoding }
        if encodings == 1 { body = .chunked }
    }
}
