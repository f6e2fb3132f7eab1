import RunaboutModel

/// The header fields that mean something to a proxy; `other` passes.
enum FieldName: UInt8, Sendable {
    case other
    case accept
    case connection
    case contentLength
    case expect
    case forwarded
    case forwardedFor
    case forwardedHost
    case forwardedPort
    case forwardedProto
    case host
    case http2Settings
    case keepAlive
    case proxyAuthorization
    case proxyConnection
    case realIP
    case requestID
    case te
    case traceparent
    case trailer
    case transferEncoding
    case upgrade
    case amazonTraceID
}

/// Where one header field lies in the bytes of its head.
struct HeaderField: Equatable, Sendable {
    let name: Range<Int>
    /// Without the blanks around it.
    let value: Range<Int>
    let kind: FieldName
}

/// Why a head or body is refused.
enum Malformation: Error, Equatable, Sendable {
    case requestLine
    case target
    case targetTooLong
    case statusLine
    case version
    case controlByte
    case fieldName
    case fieldValue
    case lookalikeName
    case tooManyFields
    case tooLarge
    case host
    case contentLength
    case transferEncoding
    case expect
    case chunk
    case trailer
    case unexpectedUpgrade
    case tooManyInterimResponses
}

enum HeaderFields {
    /// Reads the field lines from `start` to the empty line at the end, which a ``HeadDelimiter`` has found.
    static func scan(
        _ bytes: Span<UInt8>, from start: Int, into fields: inout [HeaderField],
    ) throws(Malformation) {
        var index = start
        let end = bytes.count - 2
        while index < end {
            guard fields.count < Limits.headersMax else { throw .tooManyFields }
            let nameStart = index
            var hasUnderscore = false
            while index < end, ByteClass.isToken(bytes[index]) {
                if bytes[index] == 95 { hasUnderscore = true }
                index += 1
            }
            guard index > nameStart, index < end, bytes[index] == ByteClass.colon else { throw .fieldName }
            let name = nameStart..<index
            index += 1
            while index < end, ByteClass.isBlank(bytes[index]) { index += 1 }
            let valueStart = index
            while index < end, bytes[index] != ByteClass.cr {
                guard ByteClass.isValue(bytes[index]) else { throw .fieldValue }
                index += 1
            }
            var valueEnd = index
            while valueEnd > valueStart, ByteClass.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
            guard index + 1 < bytes.count, bytes[index + 1] == ByteClass.lf else { throw .fieldValue }
            index += 2
            let kind = classify(bytes, name)
            if hasUnderscore, kind != .other { throw .lookalikeName }
            fields.append(HeaderField(name: name, value: valueStart..<valueEnd, kind: kind))
        }
    }

    /// Which field a name is.
    ///
    /// An underscore counts as a hyphen: some servers take one for the other.
    static func classify(_ bytes: Span<UInt8>, _ name: Range<Int>) -> FieldName {
        switch name.count {
        case 2: match(bytes, name, "te") ? .te : .other
        case 4: match(bytes, name, "host") ? .host : .other
        case 6:
            match(bytes, name, "accept") ? .accept : match(bytes, name, "expect") ? .expect : .other
        case 7:
            match(bytes, name, "upgrade") ? .upgrade : match(bytes, name, "trailer") ? .trailer : .other
        case 9:
            match(bytes, name, "forwarded") ? .forwarded : match(bytes, name, "x-real-ip") ? .realIP : .other
        case 10:
            match(bytes, name, "connection")
                ? .connection : match(bytes, name, "keep-alive") ? .keepAlive : .other
        case 11: match(bytes, name, "traceparent") ? .traceparent : .other
        case 12: match(bytes, name, "x-request-id") ? .requestID : .other
        case 14...19: classifyLong(bytes, name)
        default: .other
        }
    }

    private static func classifyLong(_ bytes: Span<UInt8>, _ name: Range<Int>) -> FieldName {
        switch name.count {
        case 14:
            match(bytes, name, "content-length")
                ? .contentLength : match(bytes, name, "http2-settings") ? .http2Settings : .other
        case 15:
            match(bytes, name, "x-forwarded-for")
                ? .forwardedFor : match(bytes, name, "x-amzn-trace-id") ? .amazonTraceID : .other
        case 16:
            match(bytes, name, "x-forwarded-host")
                ? .forwardedHost
                : match(bytes, name, "x-forwarded-port")
                    ? .forwardedPort : match(bytes, name, "proxy-connection") ? .proxyConnection : .other
        case 17:
            match(bytes, name, "transfer-encoding")
                ? .transferEncoding : match(bytes, name, "x-forwarded-proto") ? .forwardedProto : .other
        case 19: match(bytes, name, "proxy-authorization") ? .proxyAuthorization : .other
        default: .other
        }
    }

    private static func match(_ bytes: Span<UInt8>, _ name: Range<Int>, _ text: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard name.count == letters.count else { return false }
        for offset in 0..<letters.count {
            let byte = ByteClass.lowercase(bytes[name.lowerBound + offset])
            guard byte == letters[offset] || (byte == 95 && letters[offset] == 45) else { return false }
        }
        return true
    }

    /// A `Content-Length`: digits and nothing else, at most 18 of them.
    static func contentLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Malformation) -> UInt64 {
        guard (1...18).contains(value.count) else { throw .contentLength }
        var length: UInt64 = 0
        for index in value {
            guard ByteClass.isDigit(bytes[index]) else { throw .contentLength }
            length = length * 10 + UInt64(bytes[index] - 48)
        }
        return length
    }

    /// Calls with each element of a comma-separated list, without the blanks around it.
    static func forEachElement(_ bytes: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != 44 { end += 1 }
            var first = start
            var last = end
            while first < last, ByteClass.isBlank(bytes[first]) { first += 1 }
            while last > first, ByteClass.isBlank(bytes[last - 1]) { last -= 1 }
            if first < last { body(first..<last) }
            start = end + 1
        }
    }
}

/// What the `Connection` fields of a head say.
struct ConnectionOptions: Equatable, Sendable {
    var closes = false
    var keepsAlive = false
    var upgrades = false
    /// Whether fields are named that must not be passed on.
    var namesFields = false

    mutating func read(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var options = self
        HeaderFields.forEachElement(bytes, value) { element in
            if bytes.isEqual(element, ignoringCase: "close") {
                options.closes = true
            } else if bytes.isEqual(element, ignoringCase: "keep-alive") {
                options.keepsAlive = true
            } else if bytes.isEqual(element, ignoringCase: "upgrade") {
                options.upgrades = true
            } else {
                options.namesFields = true
            }
        }
        self = options
    }

    /// Whether a `Connection` field among these names this one.
    static func names(_ field: HeaderField, in fields: [HeaderField], _ bytes: Span<UInt8>) -> Bool {
        var isNamed = false
        for connection in fields where connection.kind == .connection {
            HeaderFields.forEachElement(bytes, connection.value) { element in
                guard element.count == field.name.count else { return }
                var isSame = true
                for offset in 0..<element.count {
                    let left = ByteClass.lowercase(bytes[element.lowerBound + offset])
                    let right = ByteClass.lowercase(bytes[field.name.lowerBound + offset])
                    if left != right { isSame = false }
                }
                if isSame { isNamed = true }
            }
        }
        return isNamed
    }
}
