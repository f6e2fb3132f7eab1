/// The fields of a request's head that we have written for an instance, one after the other.
///
/// It may have more of them, and be longer, than a head that a client may send, because ours have come on top. Each line
/// is name, colon, space, value, CR, LF.
struct KeptHeadLines {
    struct Field {
        let kind: FieldName
        let name: Range<Int>
        let value: Range<Int>
    }

    let method: Range<Int>
    /// In origin form, or `*`.
    let target: Range<Int>
    private var offset: Int

    /// `bytes` are the whole head, and the same have to be given to every call.
    init(_ bytes: Span<UInt8>) {
        method = 0..<Self.end(bytes, 0, at: ByteClass.space)
        let start = method.upperBound + 1
        target = start..<Self.end(bytes, start, at: ByteClass.space)
        offset = Self.end(bytes, target.upperBound, at: ByteClass.cr) + 2
    }

    /// Nil behind the last one.
    mutating func next(_ bytes: Span<UInt8>) -> Field? {
        let start = offset
        let text = bytes.vector(at: start)
        guard bytes[start] != ByteClass.cr else { return nil }
        var nameEnd = start &+ text.noNames.first
        while bytes[nameEnd] != ByteClass.colon { nameEnd &+= 1 }
        let valueStart = nameEnd &+ 2
        let valueEnd = Self.endOfValue(bytes, valueStart)
        offset = valueEnd &+ 2
        let name = start..<nameEnd
        return Field(kind: HeaderFields.classify(bytes, name, text), name: name, value: valueStart..<valueEnd)
    }

    /// The value of the first field of a kind; nil when there is none.
    func value(of kind: FieldName, _ bytes: Span<UInt8>) -> Range<Int>? {
        var lines = self
        while let field = lines.next(bytes) {
            if field.kind == kind { return field.value }
        }
        return nil
    }

    private static func endOfValue(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while true {
            let controls = bytes.vector(at: index).controls
            index &+= controls.first
            guard !controls.isEmpty else { continue }
            if bytes[index] == ByteClass.cr { return index }
            index &+= 1
        }
    }

    private static func end(_ bytes: Span<UInt8>, _ start: Int, at byte: UInt8) -> Int {
        var index = start
        while bytes[index] != byte { index &+= 1 }
        return index
    }
}

extension HTTP2Session {
    /// Sends a request's head that was kept as HTTP/1.1.
    ///
    /// With `connects`, one that asks for another protocol becomes an extended `CONNECT`. `ends` is whether no body follows.
    /// Source: RFC 9113 §8.3.1, RFC 8441 §4.
    mutating func writeRequest(
        _ id: UInt32, _ bytes: Span<UInt8>, takesTrailers: Bool, connects: Bool, ends: Bool,
    ) {
        var lines = KeptHeadLines(bytes)
        beginHead(id)
        if connects {
            appendField(":method", "CONNECT")
            if let upgrade = lines.value(of: .upgrade, bytes) { appendProtocol(upgrade, bytes) }
        } else if bytes.isExactly(lines.method, "GET") {
            appendField(.methodGET)
        } else if bytes.isExactly(lines.method, "POST") {
            appendField(.methodPOST)
        } else {
            appendField(.method, bytes, lines.method)
        }
        appendField(.schemeHTTP)
        appendField(.path, bytes, lines.target)
        if let authority = lines.value(of: .host, bytes) { appendField(.authority, bytes, authority) }
        while let field = lines.next(bytes) {
            switch field.kind {
            case .connection, .host, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade: break
            case .other where connects && bytes.isEqual(field.name, ignoringCase: "sec-websocket-key"): break
            default: appendField(bytes, name: field.name, value: field.value)
            }
        }
        if takesTrailers { appendField("te", "trailers") }
        endHead(id, ends: ends)
    }

    private mutating func appendProtocol(_ upgrade: Range<Int>, _ bytes: Span<UInt8>) {
        if WebSocketHandshake.isNamed(by: upgrade, bytes) {
            appendField(":protocol", "websocket")
        } else {
            appendField(":protocol", bytes, upgrade)
        }
    }
}
