/// An answer's head, read as strictly as a request's; ranges lie in the bytes it was read from.
struct ResponseHead: Equatable, Sendable {
    var status = 0
    /// The status and the reason behind it.
    var statusText = 0..<0
    var isHTTP10 = false
    var body = BodyLength.untilClose
    var connection = ConnectionOptions()
    var upgrade: Range<Int>?

    /// Whether the instance's connection can carry another request afterwards.
    var keepsAlive: Bool { !isHTTP10 && !connection.closes && body != .untilClose }

    /// Whether it only announces another head.
    var isInterim: Bool { (100...199).contains(status) && status != 101 }

    /// Reads a whole head, which a ``HeadDelimiter`` has found the end of.
    static func scan(
        _ bytes: Span<UInt8>, answersHEAD: Bool, fields: inout [HeaderField],
    ) throws(Malformation) -> ResponseHead {
        fields.removeAll(keepingCapacity: true)
        var head = ResponseHead()
        let lineEnd = try head.readStatusLine(bytes)
        try HeaderFields.scan(bytes, from: lineEnd, into: &fields)
        try head.readFields(bytes, fields)
        if answersHEAD || head.status < 200 || head.status == 204 || head.status == 304 { head.body = .none }
        return head
    }

    /// Gives the offset behind the line.
    private mutating func readStatusLine(_ bytes: Span<UInt8>) throws(Malformation) -> Int {
        guard bytes.count >= 14, bytes.hasPrefix(0..<bytes.count, ignoringCase: "http/1."), bytes[0] == 72 else {
            throw .statusLine
        }
        switch bytes[7] {
        case 48: isHTTP10 = true
        case 49: isHTTP10 = false
        default: throw .version
        }
        guard bytes[8] == ByteClass.space else { throw .statusLine }
        for index in 9..<12 {
            guard ByteClass.isDigit(bytes[index]) else { throw .statusLine }
            status = status * 10 + Int(bytes[index] - 48)
        }
        guard (100...999).contains(status) else { throw .statusLine }
        guard bytes[12] == ByteClass.space || bytes[12] == ByteClass.cr else { throw .statusLine }
        var index = 12
        while bytes[index] != ByteClass.cr {
            guard ByteClass.isValue(bytes[index]) else { throw .statusLine }
            index += 1
        }
        statusText = 9..<index
        return index + 2
    }

    private mutating func readFields(_ bytes: Span<UInt8>, _ fields: [HeaderField]) throws(Malformation) {
        var lengths = 0
        var encodings = 0
        for field in fields {
            switch field.kind {
            case .contentLength:
                lengths += 1
                let length = try HeaderFields.contentLength(bytes, field.value)
                body = length == 0 ? .none : .bytes(length)
            case .transferEncoding:
                encodings += 1
                guard !isHTTP10, bytes.isEqual(field.value, ignoringCase: "chunked") else { throw .transferEncoding }
            case .connection: connection.read(bytes, field.value)
            case .upgrade: upgrade = field.value
            default: break
            }
        }
        guard lengths <= 1 else { throw .contentLength }
        guard encodings <= 1, encodings + lengths <= 1 else { throw .transferEncoding }
        if encodings == 1 { body = .chunked }
    }
}
