internal import CTLS

/// The handshake of WebSocket over HTTP/1.1, which HTTP/2 does not have.
///
/// Where a client speaks the one and its instance the other, the router answers it: an instance of HTTP/2 gets no key.
/// Source: RFC 6455 §4.2, RFC 8441 §5.
enum WebSocketHandshake {
    /// Whether an `Upgrade` value names WebSocket, alone or among others.
    static func isNamed(by upgrade: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        var isNamed = false
        HeaderFields.forEachElement(bytes, upgrade) { element in
            if bytes.isEqual(element, ignoringCase: "websocket") { isNamed = true }
        }
        return isNamed
    }

    /// Whether a kept request of HTTP/1.1 opens a WebSocket.
    static func isOpening(_ lines: KeptHeadLines, _ bytes: Span<UInt8>) -> Bool {
        guard bytes.isExactly(lines.method, "GET"), let upgrade = lines.value(of: .upgrade, bytes) else { return false }
        return isNamed(by: upgrade, bytes)
    }

    /// The key of a kept request: sixteen bytes in Base64; nil when there is none, or several, or one of another form.
    static func key(_ lines: KeptHeadLines, _ bytes: Span<UInt8>) -> Range<Int>? {
        var lines = lines
        var key: Range<Int>?
        while let field = lines.next(bytes) {
            guard field.kind == .other, bytes.isEqual(field.name, ignoringCase: "sec-websocket-key") else { continue }
            guard key == nil, field.value.count == 24, bytes.isExactly(field.value.suffix(2), "==") else { return nil }
            for index in field.value.dropLast(2) where !isBase64(bytes[index]) { return nil }
            key = field.value
        }
        return key
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        ByteClass.isDigit(byte) || (97...122).contains(ByteClass.lowercase(byte)) || byte == 43 || byte == 47
    }

    /// Appends the value of `Sec-WebSocket-Accept` for a key.
    ///
    /// Example: `dGhlIHNhbXBsZSBub25jZQ==` gives `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`.
    static func appendAccept(forKey key: Range<Int>, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        var text = ByteWriter(capacity: 60)
        text.append(bytes, key)
        text.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        var digest = [UInt8](repeating: 0, count: 20)
        let isMade = text.withUnsafeBytes { ctls_sha1($0.baseAddress, $0.count, &digest) }
        precondition(isMade == 1, "OpenSSL has no SHA-1")
        // One zero more makes seven groups of three bytes; the last of their digits is said by the sign for none.
        digest.append(0)
        for start in stride(from: 0, to: 21, by: 3) {
            let bits = UInt32(digest[start]) << 16 | UInt32(digest[start + 1]) << 8 | UInt32(digest[start + 2])
            for shift in [18, 12, 6, 0] where start < 18 || shift > 0 {
                writer.append(base64: UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
            }
        }
        writer.append("=")
    }
}

extension ByteWriter {
    /// Appends the digit of Base64 for the lowest six bits.
    mutating func append(base64 value: UInt8) {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        append(byte: digits.utf8Start[Int(value & 63)])
    }
}
