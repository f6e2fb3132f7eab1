/// Turns heads of HTTP/2 into those of HTTP/1.1 and back.
///
/// The engine keeps every request and reads every answer as HTTP/1.1. So whatever came over HTTP/2 passes the same strict
/// scanner as what came over HTTP/1.1, and there is one place that says what a proxy adds and leaves out.
enum HTTP2Translation {
    /// Appends a request's head as HTTP/1.1 says it.
    ///
    /// `hasBody` is whether data will follow. An extended `CONNECT` becomes an upgrade, for which `key` makes the random
    /// number it wants. Source: RFC 9113 §8.3.1, RFC 8441 §5.
    static func writeRequest(
        _ block: borrowing FieldBlock, _ head: HTTP2RequestHead, hasBody: Bool, key: (UInt64, UInt64),
        to writer: inout ByteWriter,
    ) {
        let buffer = block.buffer
        let bytes = buffer.span
        if head.isExtendedConnect {
            writer.append("GET ")
        } else {
            writer.append(bytes, head.method)
            writer.append(" ")
        }
        writer.append(bytes, head.path)
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(bytes, head.authority)
        writer.append("\r\n")
        copyLines(block, bytes, to: &writer)
        if head.isExtendedConnect {
            writer.append("connection: upgrade\r\nupgrade: ")
            writer.append(bytes, head.protocolName)
            writer.append("\r\nsec-websocket-key: ")
            appendKey(key, to: &writer)
            writer.append("\r\n")
        } else if hasBody, head.contentLength < 0 {
            writer.append("transfer-encoding: chunked\r\n")
        }
        writer.append("\r\n")
    }

    /// Appends an answer's head as HTTP/1.1 says it.
    ///
    /// `hasBody` is whether data will follow.
    static func writeResponse(
        _ block: borrowing FieldBlock, hasBody: Bool, answersHEAD: Bool, to writer: inout ByteWriter,
    ) {
        let buffer = block.buffer
        let status = block.response.status
        writer.append("HTTP/1.1 ")
        writer.append(decimal: UInt64(block.response.status))
        writer.append(" \r\n")
        copyLines(block, buffer.span, to: &writer)
        if status >= 200, block.response.contentLength < 0 {
            if hasBody {
                writer.append("transfer-encoding: chunked\r\n")
            } else if !answersHEAD, status != 204, status != 304 {
                writer.append("content-length: 0\r\n")
            }
        }
        writer.append("\r\n")
    }

    /// Appends the head of an answer that opens a tunnel as HTTP/1.1 says it: protocols are switched.
    ///
    /// `request` is the one that was kept, whose key a WebSocket wants to be answered. Source: RFC 8441 §5.
    static func writeSwitch(_ block: borrowing FieldBlock, of request: Span<UInt8>, to writer: inout ByteWriter) {
        let buffer = block.buffer
        let lines = KeptHeadLines(request)
        writer.append("HTTP/1.1 101 Switching Protocols\r\n")
        copyLines(block, buffer.span, switches: true, to: &writer)
        writer.append("connection: upgrade\r\nupgrade: ")
        if let upgrade = lines.value(of: .upgrade, request) {
            if WebSocketHandshake.isNamed(by: upgrade, request) {
                writer.append("websocket")
            } else {
                writer.append(request, upgrade)
            }
        }
        if let key = WebSocketHandshake.key(lines, request) {
            writer.append("\r\nsec-websocket-accept: ")
            WebSocketHandshake.appendAccept(forKey: key, request, to: &writer)
        }
        writer.append("\r\n\r\n")
    }

    /// Appends the lines of trailers and the empty line behind them.
    static func writeTrailers(_ block: borrowing FieldBlock, to writer: inout ByteWriter) {
        let buffer = block.buffer
        let bytes = buffer.span
        for index in 0..<block.count where block[index].kind == .other {
            writer.append(bytes, Int(block[index].nameStart)..<Int(block[index].valueEnd) + 2)
        }
        writer.append("\r\n")
    }

    /// Copies the lines of all fields but pseudo-header fields and the host, neighbours in one piece.
    ///
    /// With `switches` those are left out too that an answer which switches protocols may not have, or gets from us.
    private static func copyLines(
        _ block: borrowing FieldBlock, _ bytes: Span<UInt8>, switches: Bool = false, to writer: inout ByteWriter,
    ) {
        var run = 0..<0
        for index in 0..<block.count {
            let field = block[index]
            if field.role.isPseudo || field.kind == .host { continue }
            if switches, field.kind == .contentLength { continue }
            if switches, bytes.isEqual(field.name, ignoringCase: "sec-websocket-accept") { continue }
            let start = Int(field.nameStart)
            let end = Int(field.valueEnd) + 2
            if start == run.upperBound {
                run = run.lowerBound..<end
            } else {
                if !run.isEmpty { writer.append(bytes, run) }
                run = start..<end
            }
        }
        if !run.isEmpty { writer.append(bytes, run) }
    }

    /// Sixteen bytes in Base64.
    private static func appendKey(_ key: (UInt64, UInt64), to writer: inout ByteWriter) {
        var bits = key.0
        for index in 0..<22 {
            // The last digit carries two bits, with zeros behind them.
            let shift = UInt64(64 - 6)
            let digit = index < 21 ? bits >> shift : (bits >> 62) << 4
            writer.append(base64: UInt8(truncatingIfNeeded: digit))
            bits <<= 6
            // 60 bits are used up behind the tenth digit.
            if index == 9 { bits = key.0 << 60 | key.1 >> 4 }
            if index == 19 { bits = key.1 << 56 }
        }
        writer.append("==")
    }
}

extension HTTP2Session {
    /// Sends an answer's head that was read as HTTP/1.1, interim ones included.
    ///
    /// `ends` is whether no body follows. One that switches protocols becomes the success that HTTP/2 wants.
    /// `strictTransportSecuritySeconds` is for how long browsers shall come over TLS only, where the instance says nothing
    /// of it.
    mutating func writeHead(
        _ id: UInt32, _ head: ResponseHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>,
        strictTransportSecuritySeconds: Int? = nil, ends: Bool,
    ) {
        beginHead(id)
        appendStatus(head.status == 101 ? 200 : head.status)
        for number in fields.indices {
            let field = fields[number]
            if passes(number, field, head, bytes) { appendField(bytes, name: field.name, value: field.value) }
        }
        if let seconds = strictTransportSecuritySeconds, !head.isInterim, !saysStrictTransport(fields, bytes) {
            encoder.append(.strictTransportSecurity, "max-age=", decimal: UInt64(max(0, seconds)), to: &output)
        }
        endHead(id, ends: ends)
    }

    private func saysStrictTransport(_ fields: borrowing FieldTable, _ bytes: Span<UInt8>) -> Bool {
        for number in fields.indices
        where bytes.isEqual(fields[number].name, ignoringCase: "strict-transport-security") { return true }
        return false
    }

    private func passes(_ number: Int, _ field: HeaderField, _ head: ResponseHead, _ bytes: Span<UInt8>) -> Bool {
        switch field.kind {
        case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade: false
        case .trailer: head.body == .chunked
        case .contentLength: head.status >= 200 && head.status != 204
        default:
            // The handshake of WebSocket is HTTP/1.1's alone. Source: RFC 8441 §5.
            !(head.status == 101 && bytes.isEqual(field.name, ignoringCase: "sec-websocket-accept"))
                && !head.connection.named.contains(number)
        }
    }

    /// Ends an answer with the trailers of HTTP/1.1 that may stand there; with none of them by an empty frame.
    mutating func writeTrailers(_ id: UInt32, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>) {
        var isBegun = false
        for number in fields.indices where fields[number].kind == .other {
            if !isBegun { beginHead(id) }
            isBegun = true
            appendField(bytes, name: fields[number].name, value: fields[number].value)
        }
        if isBegun { endHead(id, ends: true) } else { endBody(id) }
    }

    /// Ends a body of which all is sent.
    mutating func endBody(_ id: UInt32) { _ = writeData(id, Span<UInt8>(), 0..<0, ends: true) }
}

extension Span<UInt8> {
    /// Whether the bytes of a range are this text.
    func isExactly(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for offset in 0..<letters.count where self[range.lowerBound + offset] != letters[offset] { return false }
        return true
    }
}

extension ByteWriter {
    /// What was written; it counts until the next change.
    ///
    /// Unlike ``span`` it may be used while other parts of whoever owns the writer change.
    var buffer: UnsafeBufferPointer<UInt8> { withUnsafeBytes { $0.assumingMemoryBound(to: UInt8.self) } }
}
