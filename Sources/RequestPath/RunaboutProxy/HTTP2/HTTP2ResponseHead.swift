import RunaboutModel

/// What a response's header section says; ranges lie in its ``FieldBlock``.
struct HTTP2ResponseHead: Equatable, Sendable {
    /// 100...999.
    var status = 0
    /// -1 when it is not said.
    var contentLength: Int64 = -1

    /// Whether it only announces another head.
    var isInterim: Bool { status < 200 }

    /// Reads a decoded section; nil when it is malformed, for which the stream is reset.
    ///
    /// Source: RFC 9113 §8.2, §8.3.2.
    static func read(_ block: borrowing FieldBlock) -> HTTP2ResponseHead? {
        guard !block.isTooLarge else { return nil }
        var head = HTTP2ResponseHead()
        var isBehindPseudo = false
        let buffer = block.buffer
        let bytes = buffer.span
        for index in 0..<block.count {
            let field = block[index]
            guard field.isValid else { return nil }
            if field.role.isPseudo {
                guard field.role == .status, !isBehindPseudo, head.status == 0, head.takeStatus(bytes, field.value)
                else { return nil }
                continue
            }
            isBehindPseudo = true
            guard !FieldRules.isOfConnection(field, bytes) else { return nil }
            if field.kind == .contentLength {
                // Which rule a length breaks makes no difference.
                guard head.contentLength < 0, let length = try? HeaderFields.contentLength(bytes, field.value) else {
                    return nil
                }
                head.contentLength = Int64(length)
            }
        }
        // HTTP/2 has no way to switch protocols.
        return head.status == 0 || head.status == 101 ? nil : head
    }

    private mutating func takeStatus(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard value.count == 3 else { return false }
        for index in value {
            guard ByteClass.isDigit(bytes[index]) else { return false }
            status = status * 10 + Int(bytes[index] - 48)
        }
        return status >= 100
    }
}
