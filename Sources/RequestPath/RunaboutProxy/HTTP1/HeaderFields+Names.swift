extension HeaderFields {
    /// Which field a name is.
    ///
    /// An underscore counts as a hyphen: some servers take one for the other.
    static func classify(_ bytes: Span<UInt8>, _ name: Range<Int>) -> FieldName {
        let kind = classify(bytes, name, bytes.vector(at: name.lowerBound))
        guard kind == .other, name.count <= 19 else { return kind }
        return classifyWithUnderscores(bytes, name)
    }

    /// Which field a name is, whose first bytes are in `text`; one with an underscore is none.
    ///
    /// The name consists of bytes that a token may hold.
    @inline(__always)
    static func classify(_ bytes: Span<UInt8>, _ name: Range<Int>, _ text: ByteVector) -> FieldName {
        let count = name.count
        guard count <= 19 else { return .other }
        return ofShort(ShortText(text, count: count), count) ?? ofLong(bytes, name, ShortText(text, count: 16))
    }

    /// Nil for a name that is longer than its text.
    @inline(__always)
    private static func ofShort(_ text: ShortText, _ count: Int) -> FieldName? {
        switch count {
        case 2: text == ShortText("te") ? .te : .other
        case 4: text == ShortText("host") ? .host : .other
        case 6: text == ShortText("expect") ? .expect : .other
        case 7: text == ShortText("upgrade") ? .upgrade : text == ShortText("trailer") ? .trailer : .other
        case 9: text == ShortText("forwarded") ? .forwarded : text == ShortText("x-real-ip") ? .realIP : .other
        case 10:
            text == ShortText("connection") ? .connection : text == ShortText("keep-alive") ? .keepAlive : .other
        case 11: text == ShortText("traceparent") ? .traceparent : .other
        case 12: text == ShortText("x-request-id") ? .requestID : .other
        case 14:
            text == ShortText("content-length")
                ? .contentLength : text == ShortText("http2-settings") ? .http2Settings : .other
        case 15:
            text == ShortText("x-forwarded-for")
                ? .forwardedFor : text == ShortText("x-amzn-trace-id") ? .amazonTraceID : .other
        case 16:
            text == ShortText("x-forwarded-host")
                ? .forwardedHost
                : text == ShortText("x-forwarded-port")
                    ? .forwardedPort : text == ShortText("proxy-connection") ? .proxyConnection : .other
        case 17...: nil
        default: .other
        }
    }

    /// A name of 17 to 19 bytes, of which the first 16 are in `start`.
    @inline(__always)
    private static func ofLong(_ bytes: Span<UInt8>, _ name: Range<Int>, _ start: ShortText) -> FieldName {
        switch start {
        case ShortText("transfer-encodin"): ends(bytes, name, "g") ? .transferEncoding : .other
        case ShortText("x-forwarded-prot"): ends(bytes, name, "o") ? .forwardedProto : .other
        case ShortText("proxy-authorizat"): ends(bytes, name, "ion") ? .proxyAuthorization : .other
        default: .other
        }
    }

    private static func ends(_ bytes: Span<UInt8>, _ name: Range<Int>, _ end: StaticString) -> Bool {
        bytes.isEqual(name.lowerBound + 16..<name.upperBound, ignoringCase: end)
    }

    /// Looks at the name with hyphens in the place of underscores.
    @inline(never)
    private static func classifyWithUnderscores(_ bytes: Span<UInt8>, _ name: Range<Int>) -> FieldName {
        var hasUnderscore = false
        var letters: [UInt8] = []
        for index in name {
            let byte = bytes[index]
            if byte == 95 { hasUnderscore = true }
            letters.append(byte == 95 ? 45 : byte)
        }
        guard hasUnderscore else { return .other }
        return classify(letters.span, 0..<letters.count, letters.span.vector(at: 0))
    }
}
