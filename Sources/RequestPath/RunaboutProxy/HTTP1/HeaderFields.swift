import RunaboutModel

/// The header fields that mean something to a proxy; `other` passes.
enum FieldName: UInt8, Sendable {
    case other
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
    case connection
    case contentLength
    case transferEncoding
    case expect
    case chunk
    case trailer
    case unexpectedUpgrade
    case tooManyInterimResponses
}

enum HeaderFields {
    /// Reads a whole trailer section, which a ``BodyDecoder`` has found the end of.
    ///
    /// `fields` gets the fields; what it held before is dropped.
    static func scan(_ bytes: Span<UInt8>, into fields: inout FieldTable) throws(Malformation) {
        fields.removeAll()
        guard bytes.count <= Limits.headBytesMax else { throw .tooLarge }
        guard try scanLines(bytes, from: 0, into: &fields) == bytes.count else { throw .trailer }
    }

    /// Reads field lines from `start` to the empty line and gives the offset behind it; nil when it is not there yet.
    ///
    /// `bytes` hold at most `Limits.headBytesMax` bytes.
    static func scanLines(
        _ bytes: Span<UInt8>, from start: Int, into fields: inout FieldTable,
    ) throws(Malformation) -> Int? {
        var index = start
        while true {
            let text = bytes.vector(at: index)
            var nameEnd = index
            var noNames = text.noNames
            while noNames.isEmpty {
                nameEnd &+= 16
                noNames = bytes.vector(at: nameEnd).noNames
            }
            nameEnd &+= noNames.first
            guard nameEnd < bytes.count else { return nil }
            let kind: FieldName
            if bytes[nameEnd] == ByteClass.colon, nameEnd > index {
                kind = classify(bytes, index..<nameEnd, text)
            } else if nameEnd == index, bytes[index] == ByteClass.cr {
                guard index &+ 1 < bytes.count else { return nil }
                guard bytes[index &+ 1] == ByteClass.lf else { throw .controlByte }
                return index &+ 2
            } else {
                guard let name = try unusualName(bytes, from: index) else { return nil }
                (nameEnd, kind) = name
            }
            guard let next = try scanValue(bytes, index, nameEnd, kind, into: &fields) else { return nil }
            index = next
        }
    }

    /// Reads what is behind a name, and gives the offset of the next line.
    @inline(__always)
    private static func scanValue(
        _ bytes: Span<UInt8>, _ nameStart: Int, _ nameEnd: Int, _ kind: FieldName, into fields: inout FieldTable,
    ) throws(Malformation) -> Int? {
        var start = nameEnd &+ 1
        while start < bytes.count, ByteClass.isBlank(bytes[start]) { start &+= 1 }
        var end = start
        while true {
            let controls = bytes.vector(at: end).controls
            if controls.isEmpty {
                end &+= 16
                continue
            }
            end &+= controls.first
            guard end < bytes.count else { return nil }
            if bytes[end] != ByteClass.tab { break }
            end &+= 1
        }
        let next = end &+ 2
        guard bytes[end] == ByteClass.cr else { throw .fieldValue }
        guard next <= bytes.count else { return nil }
        guard bytes[end &+ 1] == ByteClass.lf else { throw .fieldValue }
        while end > start, ByteClass.isBlank(bytes[end &- 1]) { end &-= 1 }
        let isCanonical =
            start == nameEnd &+ 2 && end &+ 2 == next && bytes[nameEnd &+ 1] == ByteClass.space
        try fields.append(
            HeaderField(unchecked: nameStart, nameEnd, start, end, kind: kind, isCanonical: isCanonical))
        return next
    }

    /// Reads a name that does not consist of letters, digits and hyphens alone; nil when its end is not there yet.
    ///
    /// An underscore counts as a hyphen, since some servers take one for the other; a name that only so becomes one
    /// which means something is refused.
    @inline(never)
    private static func unusualName(
        _ bytes: Span<UInt8>, from start: Int,
    ) throws(Malformation) -> (end: Int, kind: FieldName)? {
        var end = start
        var hasUnderscore = false
        while end < bytes.count, ByteClass.isToken(bytes[end]) {
            if bytes[end] == 95 { hasUnderscore = true }
            end += 1
        }
        guard end < bytes.count else { return nil }
        guard end > start, bytes[end] == ByteClass.colon else { throw .fieldName }
        let kind = classify(bytes, start..<end)
        if hasUnderscore, kind != .other { throw .lookalikeName }
        return (end, kind)
    }

    /// A `Content-Length`: digits and nothing else, at most 18 of them.
    static func contentLength(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(Malformation) -> UInt64 {
        guard (1...18).contains(value.count) else { throw .contentLength }
        var length: UInt64 = 0
        for index in value {
            guard ByteClass.isDigit(bytes[index]) else { throw .contentLength }
            length = length &* 10 &+ UInt64(bytes[index] &- 48)
        }
        return length
    }

    /// Calls with each element of a comma-separated list, without the blanks around it.
    @inline(__always)
    static func forEachElement<Failure: Error>(
        _ bytes: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) throws(Failure) -> Void,
    ) throws(Failure) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != 44 { end &+= 1 }
            var first = start
            var last = end
            while first < last, ByteClass.isBlank(bytes[first]) { first &+= 1 }
            while last > first, ByteClass.isBlank(bytes[last &- 1]) { last &-= 1 }
            if first < last { try body(first..<last) }
            start = end &+ 1
        }
    }
}

/// What the `Connection` fields of a head say.
struct ConnectionOptions: Equatable, Sendable {
    var closes = false
    var keepsAlive = false
    var upgrades = false
    /// The fields that are named, which must not be passed on.
    private(set) var named = FieldSet()
    private var count: UInt8 = 0

    /// Reads one of the fields; `fields` are all of the head.
    ///
    /// Each option is looked for among the fields once, here, so that their number bounds the work.
    ///
    /// - Throws: `connection` for an option that is no token, and for more than `Limits.connectionOptionsMax` of them.
    ///   Source: RFC 9110 §7.6.1.
    mutating func read(
        _ bytes: Span<UInt8>, _ value: Range<Int>, of fields: borrowing FieldTable,
    ) throws(Malformation) {
        var options = self
        try HeaderFields.forEachElement(bytes, value) { element throws(Malformation) in
            options.count += 1
            guard Int(options.count) <= Limits.connectionOptionsMax else { throw .connection }
            switch bytes.shortText(element) {
            case ShortText("close"): options.closes = true
            case ShortText("keep-alive"): options.keepsAlive = true
            case ShortText("upgrade"): options.upgrades = true
            default:
                for index in element where !ByteClass.isToken(bytes[index]) { throw .connection }
                for number in fields.indices where bytes.isSame(element, fields[number].name) {
                    options.named.insert(number)
                }
            }
        }
        self = options
    }
}
