/// How an answer's body is framed for the client.
enum AnswerFraming: Equatable, Sendable {
    /// Its bytes as they are: their number is known, or there are none.
    case plain
    case chunked
    /// For clients of HTTP/1.0, which know no chunks.
    case untilClose
}

/// Writes the head that a client gets: the instance's without what concerns only its connection.
enum ResponseHeadWriter {
    /// Appends a final head.
    ///
    /// `closes` is whether the connection ends with the answer.
    /// `saysKeepAlive` is whether the client has to be told that it does not: HTTP/1.0 closes unless told.
    static func write(
        _ head: ResponseHead, _ fields: [HeaderField], _ bytes: Span<UInt8>, framing: AnswerFraming, closes: Bool,
        saysKeepAlive: Bool, to writer: inout ByteWriter,
    ) {
        writeStatus(head, bytes, to: &writer)
        for field in fields where passes(field, head, fields, bytes) { write(field, bytes, to: &writer) }
        if framing == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if closes {
            writer.append("Connection: close\r\n")
        } else if saysKeepAlive {
            writer.append("Connection: keep-alive\r\n")
        }
        writer.append("\r\n")
    }

    /// Appends an interim head, or the one that switches protocols.
    static func writeInterim(
        _ head: ResponseHead, _ fields: [HeaderField], _ bytes: Span<UInt8>, to writer: inout ByteWriter,
    ) {
        writeStatus(head, bytes, to: &writer)
        for field in fields where field.kind != .contentLength && passes(field, head, fields, bytes) {
            write(field, bytes, to: &writer)
        }
        if head.status == 101, let upgrade = head.upgrade {
            writer.append("Connection: Upgrade\r\nUpgrade: ")
            writer.append(bytes, upgrade)
            writer.append("\r\n")
        }
        writer.append("\r\n")
    }

    /// Appends those trailers that may stand there.
    static func writeTrailers(_ fields: [HeaderField], _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append("0\r\n")
        for field in fields where field.kind == .other { write(field, bytes, to: &writer) }
        writer.append("\r\n")
    }

    private static func writeStatus(_ head: ResponseHead, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append("HTTP/1.1 ")
        writer.append(bytes, head.statusText)
        writer.append(head.statusText.count == 3 ? " \r\n" : "\r\n")
    }

    private static func write(_ field: HeaderField, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(bytes, field.name)
        writer.append(": ")
        writer.append(bytes, field.value)
        writer.append("\r\n")
    }

    private static func passes(
        _ field: HeaderField, _ head: ResponseHead, _ fields: [HeaderField], _ bytes: Span<UInt8>,
    ) -> Bool {
        switch field.kind {
        case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade: false
        case .trailer: head.body == .chunked
        case .contentLength: head.status != 204
        default: !head.connection.namesFields || !ConnectionOptions.names(field, in: fields, bytes)
        }
    }
}
