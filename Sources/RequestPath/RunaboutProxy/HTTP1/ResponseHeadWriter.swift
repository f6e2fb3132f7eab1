/// How an answer's body is framed for the client.
enum AnswerFraming: UInt8, Equatable, Sendable {
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
    /// `strictTransportSecuritySeconds` is for how long browsers shall come over TLS only, where the instance says nothing
    /// of it.
    /// `saysKeepAlive` is whether the client has to be told that it does not: HTTP/1.0 closes unless told.
    static func write(
        _ head: ResponseHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, framing: AnswerFraming,
        closes: Bool, saysKeepAlive: Bool, strictTransportSecuritySeconds: Int? = nil, to writer: inout ByteWriter,
    ) {
        writer.reserve(head.end &+ 128)
        writeLines(head, fields, bytes, to: &writer) { number, field in passes(number, field, head) }
        if let strictTransportSecuritySeconds {
            writeStrictTransport(strictTransportSecuritySeconds, fields, bytes, to: &writer)
        }
        if framing == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if closes {
            writer.append("Connection: close\r\n")
        } else if saysKeepAlive {
            writer.append("Connection: keep-alive\r\n")
        }
        writer.append("\r\n")
    }

    @inline(never)
    private static func writeStrictTransport(
        _ seconds: Int, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter,
    ) {
        for index in fields.indices
        where bytes.isEqual(fields[index].name, ignoringCase: "strict-transport-security") { return }
        writer.append(strictTransportSecuritySeconds: seconds)
    }

    /// Appends an interim head, or the one that switches protocols.
    static func writeInterim(
        _ head: ResponseHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter,
    ) {
        writeLines(head, fields, bytes, to: &writer) { number, field in
            field.kind != .contentLength && passes(number, field, head)
        }
        if head.status == 101, let upgrade = head.upgrade {
            writer.append("Connection: Upgrade\r\nUpgrade: ")
            writer.append(bytes, upgrade)
            writer.append("\r\n")
        }
        writer.append("\r\n")
    }

    /// Appends the last chunk and those trailers that may stand there.
    static func writeTrailers(_ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append("0\r\n")
        for number in fields.indices where fields[number].kind == .other {
            let field = fields[number]
            writer.append(bytes, field.name)
            writer.append(": ")
            writer.append(bytes, field.value)
            writer.append("\r\n")
        }
        writer.append("\r\n")
    }

    @inline(__always)
    private static func writeLines(
        _ head: ResponseHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter,
        where passes: (Int, HeaderField) -> Bool,
    ) {
        var start = 0
        if !head.hasPlainLine {
            writer.append("HTTP/1.1 ")
            writer.append(bytes, head.statusText)
            writer.append(head.statusText.count == 3 ? " \r\n" : "\r\n")
            start = head.statusText.upperBound + 2
        }
        fields.copyLines(
            of: bytes, from: start, to: head.end &- 2, lookingAt: head.connection.named, into: &writer, where: passes)
    }

    @inline(__always)
    private static func passes(_ number: Int, _ field: HeaderField, _ head: ResponseHead) -> Bool {
        switch field.kind {
        case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade: false
        case .trailer: head.body == .chunked
        case .contentLength: head.status != 204
        default: !head.connection.named.contains(number)
        }
    }
}

extension ByteWriter {
    /// Appends the line that tells browsers for how long they shall come over TLS only.
    ///
    /// Source: RFC 6797 §6.1.
    mutating func append(strictTransportSecuritySeconds seconds: Int) {
        append("Strict-Transport-Security: max-age=")
        append(decimal: UInt64(max(0, seconds)))
        append("\r\n")
    }
}
