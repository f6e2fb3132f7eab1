/// What names and values of fields may hold in HTTP/2.
///
/// Source: RFC 9113 §8.2.1, and stricter: what HTTP/1.1 could not carry is refused too.
enum FieldRules {
    /// A token in lower case; a pseudo-header field's begins with a colon.
    static func isName(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        var index = name.lowerBound
        if index < name.upperBound, bytes[index] == ByteClass.colon { index += 1 }
        guard index < name.upperBound else { return false }
        while index < name.upperBound {
            let byte = bytes[index]
            guard ByteClass.isToken(byte), !(byte >= 65 && byte <= 90) else { return false }
            index += 1
        }
        return true
    }

    /// Visible characters with blanks between them; may be empty.
    static func isValue(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard !value.isEmpty else { return true }
        guard !ByteClass.isBlank(bytes[value.lowerBound]), !ByteClass.isBlank(bytes[value.upperBound - 1]) else {
            return false
        }
        for index in value {
            guard ByteClass.isValue(bytes[index]) else { return false }
        }
        return true
    }

    /// Whether a name holds an underscore, which some servers take for a hyphen.
    static func hasUnderscore(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        for index in name where bytes[index] == 95 { return true }
        return false
    }

    /// Whether a field concerns only a connection of HTTP/1.1, so that HTTP/2 forbids it.
    ///
    /// Source: RFC 9113 §8.2.2.
    static func isOfConnection(_ field: BlockField, _ bytes: Span<UInt8>) -> Bool {
        switch field.kind {
        case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade: true
        case .te: !bytes.isEqual(field.value, ignoringCase: "trailers")
        default: false
        }
    }

    /// Whether trailers may stand as they are: no pseudo-header fields, nothing of the connection.
    static func areTrailers(_ block: borrowing FieldBlock) -> Bool {
        let buffer = block.buffer
        let bytes = buffer.span
        for index in 0..<block.count {
            let field = block[index]
            guard field.isValid, !field.role.isPseudo, !isOfConnection(field, bytes) else { return false }
        }
        return true
    }
}
