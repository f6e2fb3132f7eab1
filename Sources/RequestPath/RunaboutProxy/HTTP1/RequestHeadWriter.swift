/// Random numbers that identify a request, and the time for those identifiers that hold one.
struct RequestIdentity {
    let high: UInt64
    let low: UInt64
    let unixSeconds: UInt64
}

/// Writes the head that an instance gets: the client's without what concerns only its connection or claims to come from
/// a proxy, and with what we know about it.
struct RequestHeadWriter {
    /// The client's address as text, in brackets for IPv6 as `Forwarded` wants it.
    let peer: [UInt8]
    let peerIsIPv6: Bool

    /// Appends the head and gives where in the writer the request's id is.
    func write(
        _ head: RequestHead, _ fields: [HeaderField], _ bytes: Span<UInt8>, identity: RequestIdentity,
        to writer: inout ByteWriter,
    ) -> Range<Int> {
        writer.append(bytes, head.methodName)
        writer.append(" ")
        writeTarget(head, bytes, to: &writer)
        writer.append(" HTTP/1.1\r\nHost: ")
        writer.append(bytes, head.authority)
        writer.append("\r\n")
        for field in fields where passes(field, head, fields, bytes) {
            writer.append(bytes, field.name)
            writer.append(": ")
            writer.append(bytes, field.value)
            writer.append("\r\n")
        }
        if head.body == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if let upgrade = head.upgrade {
            writer.append("Connection: Upgrade\r\nUpgrade: ")
            writer.append(bytes, upgrade)
            writer.append("\r\n")
        }
        writeForwarding(head, bytes, to: &writer)
        let id = writeIdentity(head, bytes, identity, to: &writer)
        writer.append("\r\n")
        return id
    }

    private func writeTarget(_ head: RequestHead, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        if head.target.isEmpty || bytes[head.target.lowerBound] == 63 { writer.append("/") }
        writer.append(bytes, head.target)
    }

    private func passes(
        _ field: HeaderField, _ head: RequestHead, _ fields: [HeaderField], _ bytes: Span<UInt8>,
    ) -> Bool {
        switch field.kind {
        case .other, .accept:
            !head.connection.namesFields || !ConnectionOptions.names(field, in: fields, bytes)
        case .contentLength: true
        case .expect: head.expectsContinue
        case .connection, .forwarded, .forwardedFor, .forwardedHost, .forwardedPort, .forwardedProto, .host,
            .http2Settings, .keepAlive, .proxyAuthorization, .proxyConnection, .realIP, .requestID, .te,
            .traceparent, .trailer, .transferEncoding, .upgrade, .amazonTraceID:
            false
        }
    }

    private func writeForwarding(_ head: RequestHead, _ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append("X-Forwarded-For: ")
        writer.append(peer)
        writer.append("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ")
        writer.append(bytes, head.authority)
        writer.append(peerIsIPv6 ? "\r\nForwarded: for=\"[" : "\r\nForwarded: for=")
        writer.append(peer)
        writer.append(peerIsIPv6 ? "]\";host=\"" : ";host=\"")
        writer.append(bytes, head.authority)
        writer.append("\";proto=http\r\n")
    }

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
        writer.append("\r\n")
        return id
    }
}
