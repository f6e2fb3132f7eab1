import RunaboutModel

/// What a proxy needs to know of a request's method.
enum RequestMethod: Equatable, Sendable {
    case head
    /// It may be sent again when nobody can have acted on it. Source: RFC 9110 §9.2.2.
    case idempotent
    case other
}

extension RequestMethod {
    /// Methods are case-sensitive.
    ///
    /// Source: RFC 9110 §9.1.
    @inline(__always)
    fileprivate init(_ name: ShortText) {
        switch name {
        case ShortText("GET"), ShortText("PUT"), ShortText("DELETE"), ShortText("OPTIONS"), ShortText("TRACE"):
            self = .idempotent
        case ShortText("HEAD"): self = .head
        default: self = .other
        }
    }
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

/// Where something lies in a head; begins and ends at 0 when it is not there.
struct HeadPart: Equatable, Sendable {
    private var start: UInt16 = 0
    private var end: UInt16 = 0

    init() {}

    @inline(__always)
    init(_ range: Range<Int>) {
        start = UInt16(truncatingIfNeeded: range.lowerBound)
        end = UInt16(truncatingIfNeeded: range.upperBound)
    }

    var range: Range<Int> { @inline(__always) get { Range(uncheckedBounds: (Int(start), Int(end))) } }
    var ifThere: Range<Int>? { @inline(__always) get { end == 0 ? nil : range } }
}

/// A request's head, read strictly; ranges lie in the bytes it was read from.
struct RequestHead: Equatable, Sendable {
    var method = RequestMethod.other
    var isHTTP10 = false
    /// Whether the request line can be sent on as it is.
    private(set) var hasPlainLine = true
    var expectsContinue = false
    var connection = ConnectionOptions()
    var body = BodyLength.none
    /// The offset behind the empty line.
    private(set) var end = 0
    private var methodPart = HeadPart()
    private var targetPart = HeadPart()
    private var authorityPart = HeadPart()
    private var hostPart = HeadPart()
    private var upgradePart = HeadPart()
    private var requestIDPart = HeadPart()
    private var traceparentPart = HeadPart()
    private var traceIDPart = HeadPart()

    var methodName: Range<Int> { methodPart.range }
    /// In origin form (or `*`); empty when only an authority was given.
    var target: Range<Int> { targetPart.range }
    /// The name and port as the client gave them.
    var authority: Range<Int> { authorityPart.range }
    /// The name alone.
    var host: Range<Int> { hostPart.range }
    /// The protocols to which the connection may be switched; nil when it stays.
    var upgrade: Range<Int>? { upgradePart.ifThere }
    /// Sane identifiers that came with the request.
    var requestID: Range<Int>? { requestIDPart.ifThere }
    var traceparent: Range<Int>? { traceparentPart.ifThere }
    var amazonTraceID: Range<Int>? { traceIDPart.ifThere }

    /// Whether the client's connection lives on after the answer.
    var keepsAlive: Bool { isHTTP10 ? connection.keepsAlive && !connection.closes : !connection.closes }

    /// Reads the head at the front of some bytes, each looked at once; nil when its end is not among them.
    ///
    /// `fields` gets the header fields; what it held before is dropped. Where a head comes in many pieces, a
    /// ``HeadDelimiter`` must find its end first: to begin anew with each piece would cost the square of its length.
    ///
    /// - Throws: `targetTooLong` and `tooLarge` for a head that is or will be above `Limits.headBytesMax`, else what is
    ///   malformed or ambiguous.
    static func scan(_ bytes: Span<UInt8>, fields: inout FieldTable) throws(Malformation) -> RequestHead? {
        fields.removeAll()
        let isCut = bytes.count >= Limits.headBytesMax
        let text = isCut ? bytes.extracting(0..<Limits.headBytesMax) : bytes
        var head = RequestHead()
        var absolute: Range<Int>?
        guard let lineEnd = try head.readRequestLine(text, absolute: &absolute) else {
            if isCut { throw .targetTooLong }
            return nil
        }
        guard let end = try HeaderFields.scanLines(text, from: lineEnd, into: &fields) else {
            if isCut { throw .tooLarge }
            return nil
        }
        head.end = end
        try head.readFields(text, fields)
        if let absolute {
            // The target's authority decides; one that the Host field contradicts is ambiguous.
            guard text.isSame(absolute, head.authority) else { throw .host }
        }
        return head
    }

    /// Gives the offset behind the line; nil when it is not there yet.
    @inline(__always)
    private mutating func readRequestLine(
        _ bytes: Span<UInt8>, absolute: inout Range<Int>?,
    ) throws(Malformation) -> Int? {
        let text = bytes.vector(at: 0)
        var index = text.noNames.first
        while index < bytes.count, ByteClass.isToken(bytes[index]) { index &+= 1 }
        guard index <= Limits.methodBytesMax else { throw .requestLine }
        guard index < bytes.count else { return nil }
        guard index > 0, bytes[index] == ByteClass.space else { throw .requestLine }
        methodPart = HeadPart(0..<index)
        let name = ShortText(exactly: text, count: index)
        method = RequestMethod(name)
        let start = index &+ 1
        guard let targetEnd = try endOfTarget(bytes, start) else { return nil }
        guard targetEnd > start else { throw .requestLine }
        guard bytes[targetEnd] == ByteClass.space else { throw .target }
        guard targetEnd &+ 11 <= bytes.count else {
            try readPartOfVersion(bytes, targetEnd &+ 1)
            return nil
        }
        switch bytes.word(at: targetEnd &+ 1) {
        case ShortText("HTTP/1.1").low: break
        case ShortText("HTTP/1.0").low: (isHTTP10, hasPlainLine) = (true, false)
        default: throw .version
        }
        guard bytes[targetEnd &+ 9] == ByteClass.cr, bytes[targetEnd &+ 10] == ByteClass.lf else { throw .version }
        targetPart = HeadPart(start..<targetEnd)
        // No target of CONNECT is one that we take.
        guard name != ShortText("CONNECT") else { throw .target }
        if bytes[start] != 47 { absolute = try readOtherTarget(bytes) }
        guard target.count <= Limits.targetBytesMax else { throw .targetTooLong }
        return targetEnd &+ 11
    }

    /// Refuses what can't become a version, so that no end of a head is waited for that has come.
    private func readPartOfVersion(_ bytes: Span<UInt8>, _ start: Int) throws(Malformation) {
        let version: StaticString = "HTTP/1.*\r\n"
        for offset in 0..<bytes.count - start {
            let expected = version.utf8Start[offset]
            let byte = bytes[start + offset]
            guard byte == expected || (expected == 42 && (byte == 48 || byte == 49)) else { throw .version }
        }
    }

    /// Gives the offset of the first byte that no target may hold; nil when there is none.
    @inline(__always)
    private func endOfTarget(_ bytes: Span<UInt8>, _ start: Int) throws(Malformation) -> Int? {
        var index = start
        while true {
            let noTargets = bytes.vector(at: index).noTargets
            if noTargets.isEmpty {
                index &+= 16
                continue
            }
            index &+= noTargets.first
            guard index < bytes.count else { return nil }
            guard bytes[index] == 92 else { return index }
            // A backslash is one in a query; in a path some servers take it for a slash.
            guard isInQuery(bytes, start..<index) else { throw .target }
            index &+= 1
        }
    }

    private func isInQuery(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in range where bytes[index] == 63 { return true }
        return false
    }

    /// Reads a target that is no path, and gives the authority of one in absolute form.
    @inline(never)
    private mutating func readOtherTarget(_ bytes: Span<UInt8>) throws(Malformation) -> Range<Int>? {
        if target.count == 1, bytes[target.lowerBound] == 42 {
            guard bytes.exactShortText(methodName) == ShortText("OPTIONS") else { throw .target }
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
        targetPart = HeadPart(end..<target.upperBound)
        hasPlainLine = false
        return start..<end
    }

    private mutating func readFields(_ bytes: Span<UInt8>, _ fields: borrowing FieldTable) throws(Malformation) {
        var hosts = 0
        var lengths = 0
        var encodings = 0
        var notable = fields.notable
        while let number = notable.popFirst() {
            let field = fields[number]
            let value = field.value
            switch field.kind {
            case .host:
                hosts &+= 1
                (authorityPart, hostPart) = (HeadPart(value), HeadPart(try Self.readHost(bytes, value)))
            case .contentLength:
                lengths &+= 1
                let length = try HeaderFields.contentLength(bytes, value)
                body = length == 0 ? .none : .bytes(length)
            case .transferEncoding:
                encodings &+= 1
                guard !isHTTP10, bytes.shortText(value) == ShortText("chunked") else { throw .transferEncoding }
            case .connection: try connection.read(bytes, value, of: fields)
            case .upgrade: upgradePart = HeadPart(value)
            case .expect:
                guard bytes.shortText(value) == ShortText("100-continue") else { throw .expect }
                expectsContinue = !isHTTP10
            case .requestID: requestIDPart = Self.saneID(bytes, value, lengthMax: Limits.requestIDBytesMax)
            case .traceparent: traceparentPart = Self.saneTraceparent(bytes, value)
            case .amazonTraceID: traceIDPart = Self.saneTraceID(bytes, value)
            default: break
            }
        }
        guard hosts == 1 else { throw .host }
        guard lengths <= 1 else { throw .contentLength }
        guard encodings <= 1, encodings + lengths <= 1 else { throw .transferEncoding }
        if encodings == 1 { body = .chunked }
        if upgradePart != HeadPart() { settleUpgrade(bytes) }
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
        if !isAllowed { upgradePart = HeadPart() }
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
            // Letters, digits, hyphens and dots are nearly always all there is.
            index = min(index &+ bytes.vector(at: index).noHosts.first, value.upperBound)
            while index < value.upperBound, ByteClass.isHost(bytes[index]) { index &+= 1 }
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
    private static func saneID(_ bytes: Span<UInt8>, _ value: Range<Int>, lengthMax: Int) -> HeadPart {
        guard (1...lengthMax).contains(value.count) else { return HeadPart() }
        for index in value where !ByteClass.isID(bytes[index]) { return HeadPart() }
        return HeadPart(value)
    }

    /// Version 00: `00-` 32 digits `-` 16 digits `-` 2 digits, neither number zero.
    ///
    /// Source: W3C Trace Context §3.2.
    private static func saneTraceparent(_ bytes: Span<UInt8>, _ value: Range<Int>) -> HeadPart {
        guard value.count == 55 else { return HeadPart() }
        var traceBits: UInt8 = 0
        var parentBits: UInt8 = 0
        for offset in 0..<55 {
            let byte = bytes[value.lowerBound + offset]
            if offset == 2 || offset == 35 || offset == 52 {
                guard byte == 45 else { return HeadPart() }
            } else {
                guard ByteClass.isDigit(byte) || (97...102).contains(byte) else { return HeadPart() }
                if offset < 2, byte != 48 { return HeadPart() }
                if (3..<35).contains(offset) { traceBits |= byte ^ 48 }
                if (36..<52).contains(offset) { parentBits |= byte ^ 48 }
            }
        }
        return traceBits != 0 && parentBits != 0 ? HeadPart(value) : HeadPart()
    }

    /// `Root=...;Parent=...;Sampled=...`: any sane text that begins so.
    ///
    /// Source: AWS X-Ray tracing header.
    private static func saneTraceID(_ bytes: Span<UInt8>, _ value: Range<Int>) -> HeadPart {
        guard value.count <= Limits.traceIDBytesMax, bytes.hasPrefix(value, ignoringCase: "root=") else {
            return HeadPart()
        }
        for index in value where !ByteClass.isID(bytes[index]) && bytes[index] != 59 { return HeadPart() }
        return HeadPart(value)
    }
}
