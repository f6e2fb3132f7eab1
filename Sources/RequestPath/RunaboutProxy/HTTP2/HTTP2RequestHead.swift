import RunaboutModel

/// What a request's header section says; ranges lie in its ``FieldBlock``.
struct HTTP2RequestHead: Equatable, Sendable {
    /// Why a request that is well formed by HTTP/2 is answered with an error at once.
    enum Problem: Equatable, Sendable {
        case none
        /// More fields, or larger ones, than we take: `431`.
        case fieldsTooLarge
        /// `414`.
        case targetTooLong
        /// A path that HTTP/1.1 could not carry, or none of ours: `400`.
        case target
        /// No authority, or one that is no host: `400`.
        case host
        /// A field with an underscore that passes for one of a proxy's: `400`.
        case lookalikeName
        /// `CONNECT` without a protocol: `400`.
        case connect
        /// A scheme that is neither `http` nor `https`: `400`.
        case scheme
    }

    var problem = Problem.none
    var method = 0..<0
    var path = 0..<0
    /// From `:authority`, else from `Host`.
    var authority = 0..<0
    var scheme = 0..<0
    /// What an extended `CONNECT` asks for; empty for ordinary requests.
    ///
    /// Source: RFC 8441 §4.
    var protocolName = 0..<0
    var isConnect = false
    /// -1 when it is not said.
    var contentLength: Int64 = -1
    /// Whether the client takes trailers.
    var takesTrailers = false

    var isExtendedConnect: Bool { isConnect && !protocolName.isEmpty }

    /// Reads a decoded section and joins its cookies; nil when it is malformed, for which the stream is reset.
    ///
    /// Source: RFC 9113 §8.2, §8.3.
    static func read(_ block: inout FieldBlock) -> HTTP2RequestHead? {
        // Fields were left out, so that what is missing means nothing.
        if block.isTooLarge {
            var head = HTTP2RequestHead()
            head.problem = .fieldsTooLarge
            return head
        }
        var head = HTTP2RequestHead()
        var seen = Seen()
        let buffer = block.buffer
        let bytes = buffer.span
        for index in 0..<block.count {
            let field = block[index]
            guard field.isValid else { return nil }
            if field.role.isPseudo {
                guard !seen.regular, head.takePseudo(field, bytes, &seen) else { return nil }
            } else {
                seen.regular = true
                guard head.takeRegular(field, bytes, &seen) else { return nil }
            }
        }
        guard head.settle(bytes, seen) else { return nil }
        if seen.cookies > 1 { block.joinCookies() }
        return head
    }

    private struct Seen {
        var regular = false
        var pseudo: UInt16 = 0
        var host = 0..<0
        var hosts = 0
        var cookies = 0

        func has(_ role: FieldRole) -> Bool { pseudo & 1 << UInt16(role.rawValue) != 0 }

        /// False when it was there before.
        mutating func mark(_ role: FieldRole) -> Bool {
            defer { pseudo |= 1 << UInt16(role.rawValue) }
            return !has(role)
        }
    }

    private mutating func takePseudo(_ field: BlockField, _ bytes: Span<UInt8>, _ seen: inout Seen) -> Bool {
        guard seen.mark(field.role) else { return false }
        switch field.role {
        case .method:
            method = field.value
            guard !method.isEmpty else { return false }
            for index in method where !ByteClass.isToken(bytes[index]) { return false }
            isConnect = method.count == 7 && bytes[method.lowerBound] == 67 && Self.isConnect(bytes, method)
        case .scheme: scheme = field.value
        case .path: path = field.value
        case .authority: authority = field.value
        case .protocol: protocolName = field.value
        case .status, .unknownPseudo, .plain, .cookie: return false
        }
        return true
    }

    private static func isConnect(_ bytes: Span<UInt8>, _ method: Range<Int>) -> Bool {
        for index in method where bytes[index] > 90 { return false }
        return bytes.isEqual(method, ignoringCase: "connect")
    }

    private mutating func takeRegular(_ field: BlockField, _ bytes: Span<UInt8>, _ seen: inout Seen) -> Bool {
        if field.role == .cookie { seen.cookies += 1 }
        guard field.kind != .other else { return true }
        guard !FieldRules.isOfConnection(field, bytes) else { return false }
        switch field.kind {
        case .te: takesTrailers = true
        case .host:
            seen.hosts += 1
            guard seen.hosts == 1 else { return false }
            seen.host = field.value
        case .contentLength:
            // A second one is malformed even when it says the same.
            // Which rule a length breaks makes no difference.
            guard contentLength < 0, let length = try? HeaderFields.contentLength(bytes, field.value) else {
                return false
            }
            contentLength = Int64(length)
        default: break
        }
        if FieldRules.hasUnderscore(bytes, field.name) { problem = .lookalikeName }
        return true
    }

    /// Checks what only the whole shows; false when it is malformed.
    private mutating func settle(_ bytes: Span<UInt8>, _ seen: Seen) -> Bool {
        guard seen.has(.method) else { return false }
        if isConnect, !seen.has(.protocol) {
            guard seen.has(.authority), !seen.has(.scheme), !seen.has(.path) else { return false }
            problem = .connect
            return true
        }
        guard seen.has(.scheme), seen.has(.path), !scheme.isEmpty, !path.isEmpty else { return false }
        guard isConnect || !seen.has(.protocol) else { return false }
        if isConnect {
            guard seen.has(.authority), !protocolName.isEmpty else { return false }
            for index in protocolName where !ByteClass.isToken(bytes[index]) { return false }
        }
        if seen.hosts > 0 {
            if seen.has(.authority) {
                guard Self.isSame(bytes, authority, seen.host) else { return false }
            } else {
                authority = seen.host
            }
        }
        judgeScheme(bytes)
        judgePath(bytes)
        // A valid one is a part of every request that we pass on.
        if (try? RequestHead.readHost(bytes, authority)) == nil { problem = .host }
        return true
    }

    private mutating func judgeScheme(_ bytes: Span<UInt8>) {
        if !bytes.isEqual(scheme, ignoringCase: "https"), !bytes.isEqual(scheme, ignoringCase: "http") {
            problem = .scheme
        }
    }

    /// Source: RFC 9113 §8.3.1: a path begins with a slash, but for `OPTIONS *`.
    private mutating func judgePath(_ bytes: Span<UInt8>) {
        guard path.count <= Limits.targetBytesMax else {
            problem = .targetTooLong
            return
        }
        if bytes[path.lowerBound] != 47 {
            let isAsterisk = path.count == 1 && bytes[path.lowerBound] == 42
            if !isAsterisk || !bytes.isEqual(method, ignoringCase: "options") { problem = .target }
        }
        var isInQuery = false
        for index in path {
            let byte = bytes[index]
            if byte == 63 { isInQuery = true }
            if !ByteClass.isTarget(byte) || (byte == 92 && !isInQuery) { problem = .target }
        }
    }

    private static func isSame(_ bytes: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count {
            let one = ByteClass.lowercase(bytes[left.lowerBound + offset])
            guard one == ByteClass.lowercase(bytes[right.lowerBound + offset]) else { return false }
        }
        return true
    }
}

extension FieldBlock {
    /// Makes one cookie field of several, as HTTP/1.1 wants it.
    ///
    /// The joined one stands where the first did; the others are dropped. Source: RFC 9113 §8.2.3.
    mutating func joinCookies() {
        var joined = BlockField()
        var kept = 0
        var place = -1
        for index in 0..<count {
            var field = self[index]
            if field.role == .cookie {
                let isFirst = place < 0
                if isFirst {
                    place = kept
                    joined = field
                    joined.nameStart = UInt32(bytes.count)
                    bytes.append("cookie: ")
                    joined.nameEnd = joined.nameStart + 6
                    joined.valueStart = joined.nameStart + 8
                } else {
                    bytes.append("; ")
                }
                bytes.append(copyOf: field.value)
                guard isFirst else { continue }
                field = joined
            }
            self[kept] = field
            kept += 1
        }
        guard place >= 0 else { return }
        joined.valueEnd = UInt32(bytes.count)
        bytes.append("\r\n")
        self[place] = joined
        shrink(to: kept)
    }
}
