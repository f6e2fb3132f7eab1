import RunaboutModel

/// Whom a request comes from, by the word of the proxies that passed it on.
struct ForwardedOrigin: Equatable, Sendable {
    /// The client's address; nil when nobody knows it.
    var client: IPAddress?
    /// Whether the client came by TLS.
    var isHTTPS: Bool
}

/// The forwarding headers of a request that a trusted proxy passed on.
///
/// What the proxy says is kept and extended by what is known here; each list is made from the other where only that came.
/// It is for the few connections from trusted proxies: others' headers are replaced without being read.
struct TrustedForwarding {
    let trusted: TrustedProxies
    /// The trusted proxy itself, and whether it came by TLS.
    let peer: IPAddress
    let isTLS: Bool

    /// Appends the headers and gives the origin.
    ///
    /// `authority` is the host that the request names.
    func write(
        _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, authority: Range<Int>, to writer: inout ByteWriter,
    ) -> ForwardedOrigin {
        let claims = Claims(fields, bytes)
        var search = ClientSearch()
        var scheme = claims.scheme
        writer.append("X-Forwarded-For: ")
        if claims.hasFor {
            copy(.forwardedFor, fields, bytes, to: &writer)
            forEachEntry(fields, bytes) { search.take($0, trusted: trusted) }
        } else if claims.hasSoundForwarded {
            forEachHop(fields, bytes) { address, isHTTPS in
                if let address { append(address, to: &writer) } else { writer.append("unknown") }
                writer.append(", ")
                search.take(address, trusted: trusted)
                if claims.scheme == nil, let isHTTPS, search.client == address { scheme = isHTTPS }
            }
        }
        search.take(peer, trusted: trusted)
        append(peer, to: &writer)
        let isHTTPS = scheme ?? isTLS
        if isHTTPS {
            writer.append("\r\nX-Forwarded-Proto: https")
        } else {
            writer.append("\r\nX-Forwarded-Proto: http")
        }
        writer.append("\r\nX-Forwarded-Host: ")
        writer.append(bytes, claims.host ?? authority)
        writer.append("\r\nForwarded: ")
        if claims.hasSoundForwarded {
            copy(.forwarded, fields, bytes, to: &writer)
        } else if claims.hasFor {
            forEachEntry(fields, bytes) { address in
                appendNode(address, to: &writer)
                writer.append(", ")
            }
        }
        appendNode(peer, to: &writer)
        writer.append(";host=\"")
        writer.append(bytes, authority)
        if isTLS { writer.append("\";proto=https\r\n") } else { writer.append("\";proto=http\r\n") }
        return ForwardedOrigin(client: search.client, isHTTPS: isHTTPS)
    }

    /// What the proxy says once, and whether it says what comes in lists.
    private struct Claims {
        var hasFor = false
        var hasSoundForwarded = false
        var scheme: Bool?
        var host: Range<Int>?

        init(_ fields: borrowing FieldTable, _ bytes: Span<UInt8>) {
            var (schemes, hosts, lists, broken) = (0, 0, 0, false)
            for number in fields.indices {
                let value = fields[number].value
                switch fields[number].kind {
                case .forwardedFor: hasFor = hasFor || !value.isEmpty
                case .forwardedProto:
                    schemes += 1
                    scheme = ForwardedList.isHTTPS(bytes.extracting(value))
                case .forwardedHost:
                    hosts += 1
                    host = Self.isHost(bytes, value) ? value : nil
                case .forwarded:
                    lists += 1
                    var offset = 0
                    let list = bytes.extracting(value)
                    while ForwardedList.nextHop(of: list, &offset, isMalformed: &broken) != nil {}
                default: break
                }
            }
            // Who says it twice has let somebody else say it once.
            if schemes != 1 { scheme = nil }
            if hosts != 1 { host = nil }
            hasSoundForwarded = lists > 0 && !broken
        }

        private static func isHost(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
            guard !value.isEmpty, value.count <= Limits.hostBytesMax else { return false }
            for index in value {
                let byte = bytes[index]
                let isMark = byte == ByteClass.colon || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
                guard ByteClass.isHost(byte) || isMark else { return false }
            }
            return true
        }
    }
}

extension TrustedForwarding {
    /// The values of all fields of a kind, each with a comma behind it.
    private func copy(
        _ kind: FieldName, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter,
    ) {
        for number in fields.indices where fields[number].kind == kind && !fields[number].value.isEmpty {
            writer.append(bytes, fields[number].value)
            writer.append(", ")
        }
    }

    private func forEachEntry(
        _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, _ body: (IPAddress?) -> Void,
    ) {
        for number in fields.indices where fields[number].kind == .forwardedFor {
            let list = bytes.extracting(fields[number].value)
            var offset = 0
            while let entry = ForwardedList.nextEntry(of: list, &offset) {
                body(ForwardedList.address(list.extracting(entry)))
            }
        }
    }

    private func forEachHop(
        _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, _ body: (IPAddress?, Bool?) -> Void,
    ) {
        var isMalformed = false
        for number in fields.indices where fields[number].kind == .forwarded {
            let list = bytes.extracting(fields[number].value)
            var offset = 0
            while let hop = ForwardedList.nextHop(of: list, &offset, isMalformed: &isMalformed) {
                let address = hop.node.flatMap { ForwardedList.address(list.extracting($0)) }
                body(address, hop.scheme.flatMap { ForwardedList.isHTTPS(list.extracting($0)) })
            }
        }
    }

    private func appendNode(_ address: IPAddress?, to writer: inout ByteWriter) {
        guard let address else {
            writer.append("for=unknown")
            return
        }
        if address.ipv4 == nil { writer.append("for=\"[") } else { writer.append("for=") }
        append(address, to: &writer)
        if address.ipv4 == nil { writer.append("]\"") }
    }

    private func append(_ address: IPAddress, to writer: inout ByteWriter) {
        address.forEachTextByte { writer.append(byte: $0) }
    }
}
