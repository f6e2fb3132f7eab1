/// Random numbers that identify a request, and the time for those identifiers that hold one.
struct RequestIdentity {
    let high: UInt64
    let low: UInt64
    let unixSeconds: UInt64
}

/// Writes the head that an instance gets: the client's without what concerns only its connection or claims to come from
/// a proxy, and with what we know about it.
///
/// Made once for a connection. It is plain bytes and owns nothing.
struct RequestHeadWriter {
    /// The client's address as text, without the brackets that `Forwarded` wants for IPv6.
    private let peer: ShortAddress
    private let peerIsIPv6: Bool
    private let isTLS: Bool

    /// - Precondition: `peer` has at most 47 bytes.
    init(peer: Span<UInt8>, peerIsIPv6: Bool, isTLS: Bool = false) {
        self.peer = ShortAddress(peer)
        self.peerIsIPv6 = peerIsIPv6
        self.isTLS = isTLS
    }

    /// Appends the client's address.
    func writePeer(to writer: inout ByteWriter) { peer.append(to: &writer) }

    /// Appends the head and gives where in the writer the request's id is.
    func write(
        _ head: RequestHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, identity: RequestIdentity,
        to writer: inout ByteWriter,
    ) -> Range<Int> {
        writeRequest(head, fields, bytes, to: &writer)
        writeForwarding(head.authority, bytes, to: &writer)
        return writeIdentity(head, bytes, identity, to: &writer)
    }

    /// Does the same for a request that a trusted proxy passed on, and gives its origin as well.
    func write(
        _ head: RequestHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, identity: RequestIdentity,
        passedOnBy proxy: TrustedForwarding, to writer: inout ByteWriter,
    ) -> (id: Range<Int>, origin: ForwardedOrigin) {
        writeRequest(head, fields, bytes, to: &writer)
        let origin = proxy.write(fields, bytes, authority: head.authority, to: &writer)
        return (writeIdentity(head, bytes, identity, to: &writer), origin)
    }

    /// The line and what passes of the client's fields.
    @inline(__always)
    private func writeRequest(
        _ head: RequestHead, _ fields: borrowing FieldTable, _ bytes: Span<UInt8>, to writer: inout ByteWriter,
    ) {
        // Nearly always enough, so that what follows never has to grow.
        writer.reserve(head.end &+ 1_024)
        let linesStart: Int
        if head.hasPlainLine {
            linesStart = 0
        } else {
            writeLine(head, bytes, to: &writer)
            linesStart = fields[0].start
        }
        fields.copyLines(
            of: bytes, from: linesStart, to: head.end &- 2, lookingAt: head.connection.named, into: &writer
        ) { number, field in passes(number, field, head) }
        if head.body == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if let upgrade = head.upgrade {
            writer.append("Connection: Upgrade\r\nUpgrade: ")
            writer.append(bytes, upgrade)
            writer.append("\r\n")
        }
    }

    /// The line of a request that named another version or a whole URL.
    @inline(never)
    private func writeLine(_ head: RequestHead, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(bytes, head.methodName)
        writer.append(" ")
        let target = head.target
        if target.isEmpty || bytes[target.lowerBound] == 63 { writer.append("/") }
        writer.append(bytes, target)
        writer.append(" HTTP/1.1\r\n")
    }

    @inline(__always)
    private func passes(_ number: Int, _ field: HeaderField, _ head: RequestHead) -> Bool {
        switch field.kind {
        case .other: !head.connection.named.contains(number)
        case .contentLength, .host: true
        case .expect: head.expectsContinue
        case .connection, .forwarded, .forwardedFor, .forwardedHost, .forwardedPort, .forwardedProto,
            .http2Settings, .keepAlive, .proxyAuthorization, .proxyConnection, .realIP, .requestID, .te,
            .traceparent, .trailer, .transferEncoding, .upgrade, .amazonTraceID:
            false
        }
    }

    @inline(__always)
    private func writeForwarding(_ authority: Range<Int>, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append("X-Forwarded-For: ")
        peer.append(to: &writer)
        if isTLS {
            writer.append("\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: ")
        } else {
            writer.append("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ")
        }
        writer.append(bytes, authority)
        if peerIsIPv6 {
            writer.append("\r\nForwarded: for=\"[")
            peer.append(to: &writer)
            writer.append("]\";host=\"")
        } else {
            writer.append("\r\nForwarded: for=")
            peer.append(to: &writer)
            writer.append(";host=\"")
        }
        writer.append(bytes, authority)
        if isTLS { writer.append("\";proto=https\r\n") } else { writer.append("\";proto=http\r\n") }
    }

    @inline(__always)
    private func writeIdentity(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ identity: RequestIdentity, to writer: inout ByteWriter,
    ) -> Range<Int> {
        writer.append("X-Request-Id: ")
        let start = writer.count
        if let requestID = head.requestID {
            writer.append(bytes, requestID)
        } else {
            writer.append(hexadecimal: identity.high, digits: 16)
            writer.append(hexadecimal: identity.low, digits: 16)
        }
        let id = start..<writer.count
        writer.append("\r\ntraceparent: ")
        if let traceparent = head.traceparent {
            writer.append(bytes, traceparent)
        } else {
            // The first eight digits are the time, as X-Ray's ids need it, so that both headers name one trace.
            writer.append("00-")
            writer.append(hexadecimal: identity.unixSeconds, digits: 8)
            writer.append(hexadecimal: identity.high, digits: 8)
            writer.append(hexadecimal: identity.low, digits: 16)
            writer.append("-")
            writer.append(hexadecimal: (identity.high ^ identity.low) | 1, digits: 16)
            writer.append("-01")
        }
        writer.append("\r\nX-Amzn-Trace-Id: ")
        if let traceID = head.amazonTraceID {
            writer.append(bytes, traceID)
        } else {
            writer.append("Root=1-")
            writer.append(hexadecimal: identity.unixSeconds, digits: 8)
            writer.append("-")
            writer.append(hexadecimal: identity.high, digits: 8)
            writer.append(hexadecimal: identity.low, digits: 16)
        }
        writer.append("\r\n\r\n")
        return id
    }
}

extension FieldTable {
    /// Appends those field lines that pass, unchanged neighbours in one piece.
    ///
    /// The first line begins at the first field; `from` may lie in front of it, and what is between goes along. `end` is
    /// the offset behind the last line. Fields that mean nothing to a proxy are looked at only when they are in `more`.
    @inline(__always)
    func copyLines(
        of bytes: Span<UInt8>, from start: Int, to end: Int, lookingAt more: FieldSet,
        into writer: inout ByteWriter, where passes: (Int, HeaderField) -> Bool,
    ) {
        var copied = start
        var rest = notable.union(more)
        while let number = rest.popFirst() {
            let field = self[number]
            let isKept = passes(number, field)
            if isKept, field.isCanonical { continue }
            writer.append(bytes, copied..<field.start)
            if isKept {
                writer.append(bytes, field.name)
                writer.append(": ")
                writer.append(bytes, field.value)
                writer.append("\r\n")
            }
            copied = number &+ 1 < count ? self[number &+ 1].start : end
        }
        writer.append(bytes, copied..<end)
    }
}

/// The text of an address: at most 47 bytes, kept without storage of its own.
struct ShortAddress {
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    private let count: UInt8

    init(_ text: Span<UInt8>) {
        precondition(text.count <= 47, "no address is so long")
        count = UInt8(text.count)
        words = (
            text.word(at: 0), text.word(at: 8), text.word(at: 16), text.word(at: 24), text.word(at: 32),
            text.word(at: 40),
        )
    }

    @inline(__always)
    func append(to writer: inout ByteWriter) { writer.append(words, count: Int(count)) }
}
