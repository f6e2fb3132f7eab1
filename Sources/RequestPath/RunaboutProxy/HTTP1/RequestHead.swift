import RunaboutModel

/// What a proxy needs to know of a request's method.
enum RequestMethod: Equatable, Sendable {
    case head
    /// It may be sent again when nobody can have acted on it. Source: RFC 9110 §9.2.2.
    case idempotent
    case other
}

/// How long a body is.
///
/// Source: RFC 9112 §6.3.
enum BodyLength: Equatable, Sendable {
    case none
    case bytes(UInt64)
    case chunked
    case untilClose
}

/// A request's head, read strictly; ranges lie in the bytes it was read from.
struct RequestHead: Equatable, Sendable {
    var method = RequestMethod.other
    var methodName = 0..<0
    /// In origin form (or `*`); empty when only an authority was given.
    var target = 0..<0
    var isHTTP10 = false
    /// The name and port as the client gave them.
    var authority = 0..<0
    /// The name alone.
    var host = 0..<0
    var body = BodyLength.none
    var connection = ConnectionOptions()
    var upgrade: Range<Int>?
    var expectsContinue = false
    var prefersHTML = false
    var requestID: Range<Int>?
    var traceparent: Range<Int>?
    var amazonTraceID: Range<Int>?

    /// Whether the client's connection lives on after the answer.
    var keepsAlive: Bool { isHTTP10 ? connection.keepsAlive && !connection.closes : !connection.closes }

    /// Reads a whole head, which a ``HeadDelimiter`` has found the end of.
    ///
    /// `fields` gets the header fields; what it held before is dropped.
    static func scan(_ bytes: Span<UInt8>, fields: inout [HeaderField]) throws(Malformation) -> RequestHead {
        fields.removeAll(keepingCapacity: true)
        var head = RequestHead()
        let absolute = try head.readRequestLine(bytes)
        var lineEnd = head.target.upperBound
        while bytes[lineEnd] != ByteClass.lf { lineEnd += 1 }
        try HeaderFields.scan(bytes, from: lineEnd + 1, into: &fields)
        try head.readFields(bytes, fields)
        if let absolute {
            // The target's authority decides; one that the Host field contradicts is ambiguous.
            guard isSame(bytes, absolute, head.authority) else { throw .host }
        }
        return head
    }

    /// Gives the authority of a target in absolute form.
    private mutating func readRequestLine(_ bytes: Span<UInt8>) throws(Malformation) -> Range<Int>? {
        var index = 0
        while index < bytes.count, ByteClass.isToken(bytes[index]) { index += 1 }
        guard (1...Limits.methodBytesMax).contains(index), bytes[index] == ByteClass.space else { throw .requestLine }
        methodName = 0..<index
        method = Self.method(bytes, methodName)
        let start = index + 1
        index = start
        var isInQuery = false
        while index < bytes.count, ByteClass.isTarget(bytes[index]) {
            if bytes[index] == 63 { isInQuery = true }
            if bytes[index] == 92, !isInQuery { throw .target }
            index += 1
        }
        guard index > start else { throw .requestLine }
        guard bytes[index] == ByteClass.space else { throw .target }
        target = start..<index
        let version = index + 1..<index + 9
        guard version.upperBound + 1 < bytes.count else { throw .version }
        if Self.isExactly(bytes, version, "HTTP/1.0") {
            isHTTP10 = true
        } else if !Self.isExactly(bytes, version, "HTTP/1.1") {
            throw .version
        }
        guard bytes[version.upperBound] == ByteClass.cr else { throw .version }
        return try readTarget(bytes)
    }

    private mutating func readTarget(_ bytes: Span<UInt8>) throws(Malformation) -> Range<Int>? {
        if Self.isExactly(bytes, methodName, "CONNECT") { throw .target }
        if bytes[target.lowerBound] == 47 { return nil }
        if target.count == 1, bytes[target.lowerBound] == 42 {
            guard Self.isExactly(bytes, methodName, "OPTIONS") else { throw .target }
            return nil
        }
        let schemeLength: Int
        if bytes.hasPrefix(target, ignoringCase: "http://") {
            schemeLength = 7
        } else if bytes.hasPrefix(target, ignoringCase: "https://") {
            schemeLength = 8
        } else {
            throw .target
        }
        let start = target.lowerBound + schemeLength
        var end = start
        while end < target.upperBound, bytes[end] != 47, bytes[end] != 63 { end += 1 }
        target = end..<target.upperBound
        return start..<end
    }

    private mutating func readFields(_ bytes: Span<UInt8>, _ fields: [HeaderField]) throws(Malformation) {
        var hosts = 0
        var lengths = 0
        var encodings = 0
        for field in fields {
            switch field.kind {
            case .host:
                hosts += 1
                (authority, host) = (field.value, try Self.readHost(bytes, field.value))
            case .contentLength:
                lengths += 1
                let length = try HeaderFields.contentLength(bytes, field.value)
                body = length == 0 ? .none : .bytes(length)
            case .transferEncoding:
                encodings += 1
                guard !isHTTP10, bytes.isEqual(field.value, ignoringCase: "chunked") else { throw .transferEncoding }
            case .connection: connection.read(bytes, field.value)
            case .upgrade: upgrade = field.value
            case .expect:
                guard bytes.isEqual(field.value, ignoringCase: "100-continue") else { throw .expect }
                expectsContinue = !isHTTP10
            case .accept: prefersHTML = bytes.hasPrefix(field.value, ignoringCase: "text/html")
            case .requestID: requestID = Self.saneID(bytes, field.value, lengthMax: Limits.requestIDBytesMax)
            case .traceparent: traceparent = Self.saneTraceparent(bytes, field.value)
            case .amazonTraceID: amazonTraceID = Self.saneTraceID(bytes, field.value)
            default: break
            }
        }
        guard hosts == 1 else { throw .host }
        guard lengths <= 1 else { throw .contentLength }
        guard encodings <= 1, encodings + lengths <= 1 else { throw .transferEncoding }
        if encodings == 1 { body = .chunked }
        settleUpgrade(bytes)
    }

    /// An upgrade passes when the client named it as an option, has no body, and does not ask for a protocol that would
    /// hide requests from us.
    ///
    /// Source: RFC 9110 §7.8; h2c smuggling.
    private mutating func settleUpgrade(_ bytes: Span<UInt8>) {
        guard let value = upgrade else { return }
        var isAllowed = connection.upgrades && !isHTTP10 && body == .none && !value.isEmpty
        HeaderFields.forEachElement(bytes, value) { element in
            if bytes.hasPrefix(element, ignoringCase: "h2") || bytes.hasPrefix(element, ignoringCase: "http")
                || bytes.hasPrefix(element, ignoringCase: "tls")
            {
                isAllowed = false
            }
        }
        if !isAllowed { upgrade = nil }
    }

    /// The name in a `Host` value, whose form is checked.
    ///
    /// Source: RFC 3986 §3.2.2.
    static func readHost(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Malformation) -> Range<Int> {
        guard !value.isEmpty, value.count <= Limits.hostBytesMax else { throw .host }
        var index = value.lowerBound
        if bytes[index] == 91 {
            index += 1
            while index < value.upperBound,
                ByteClass.hexadecimal(bytes[index]) != nil || bytes[index] == 58
                    || bytes[index] == 46
            {
                index += 1
            }
            guard index < value.upperBound, bytes[index] == 93, index > value.lowerBound + 2 else { throw .host }
            index += 1
        } else {
            while index < value.upperBound, ByteClass.isHost(bytes[index]) { index += 1 }
        }
        let name = value.lowerBound..<index
        guard !name.isEmpty else { throw .host }
        if index == value.upperBound { return name }
        guard bytes[index] == ByteClass.colon else { throw .host }
        let port = index + 1..<value.upperBound
        guard port.count <= 5 else { throw .host }
        var number = 0
        for position in port {
            guard ByteClass.isDigit(bytes[position]) else { throw .host }
            number = number * 10 + Int(bytes[position] - 48)
        }
        guard number <= 65_535 else { throw .host }
        return name
    }
}

extension RequestHead {
    private static func method(_ bytes: Span<UInt8>, _ name: Range<Int>) -> RequestMethod {
        if isExactly(bytes, name, "GET") { return .idempotent }
        if isExactly(bytes, name, "HEAD") { return .head }
        if isExactly(bytes, name, "PUT") || isExactly(bytes, name, "DELETE") || isExactly(bytes, name, "OPTIONS")
            || isExactly(bytes, name, "TRACE")
        {
            return .idempotent
        }
        return .other
    }

    private static func isExactly(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= bytes.count else { return false }
        let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        for offset in 0..<letters.count where bytes[range.lowerBound + offset] != letters[offset] { return false }
        return true
    }

    private static func isSame(_ bytes: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count {
            let one = ByteClass.lowercase(bytes[left.lowerBound + offset])
            guard one == ByteClass.lowercase(bytes[right.lowerBound + offset]) else { return false }
        }
        return true
    }

    private static func saneID(_ bytes: Span<UInt8>, _ value: Range<Int>, lengthMax: Int) -> Range<Int>? {
        guard (1...lengthMax).contains(value.count) else { return nil }
        for index in value where !ByteClass.isID(bytes[index]) { return nil }
        return value
    }

    /// Version 00: `00-` 32 digits `-` 16 digits `-` 2 digits, neither number zero.
    ///
    /// Source: W3C Trace Context §3.2.
    private static func saneTraceparent(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Range<Int>? {
        guard value.count == 55 else { return nil }
        var traceBits: UInt8 = 0
        var parentBits: UInt8 = 0
        for offset in 0..<55 {
            let byte = bytes[value.lowerBound + offset]
            if offset == 2 || offset == 35 || offset == 52 {
                guard byte == 45 else { return nil }
            } else {
                guard ByteClass.isDigit(byte) || (97...102).contains(byte) else { return nil }
                if offset < 2, byte != 48 { return nil }
                if (3..<35).contains(offset) { traceBits |= byte ^ 48 }
                if (36..<52).contains(offset) { parentBits |= byte ^ 48 }
            }
        }
        return traceBits != 0 && parentBits != 0 ? value : nil
    }

    /// `Root=...;Parent=...;Sampled=...`: any sane text that begins so.
    ///
    /// Source: AWS X-Ray tracing header.
    private static func saneTraceID(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Range<Int>? {
        guard value.count <= Limits.traceIDBytesMax, bytes.hasPrefix(value, ignoringCase: "root=") else { return nil }
        for index in value where !ByteClass.isID(bytes[index]) && bytes[index] != 59 { return nil }
        return value
    }
}
