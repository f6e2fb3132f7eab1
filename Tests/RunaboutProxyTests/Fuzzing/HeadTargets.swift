#if canImport(RunaboutProxy)
    @testable import RunaboutProxy
#endif

/// What became of bytes that may be a head.
private enum Outcome<Head: Equatable>: Equatable {
    case read(Head, fields: [PlainReading.Field])
    case incomplete
    case refused
}

private func plainFields(_ table: borrowing FieldTable, _ bytes: [UInt8]) -> [PlainReading.Field] {
    table.indices.map { number in
        PlainReading.Field(name: Array(bytes[table[number].name]), value: Array(bytes[table[number].value]))
    }
}

/// Reads a head that comes in pieces, as connections do.
private func readInPieces<Head: Equatable>(
    _ input: [UInt8],
    _ read: (inout HeadDelimiter, Span<UInt8>, inout FieldTable) throws(Malformation) -> Head?,
) -> Outcome<Head> {
    var cuts = Cuts(input)
    var delimiter = HeadDelimiter()
    var table = FieldTable()
    for end in cuts.ends(of: input.count) {
        do throws(Malformation) {
            if let head = try read(&delimiter, input.span.extracting(0..<end), &table) {
                return .read(head, fields: plainFields(table, input))
            }
        } catch {
            return .refused
        }
    }
    return .incomplete
}

extension FuzzTarget {
    func tryRequest(_ input: [UInt8]) throws(FuzzFinding) {
        var table = FieldTable()
        var whole = Outcome<RequestHead>.refused
        do throws(Malformation) {
            let head = try RequestHead.scan(input.span, fields: &table)
            whole = head.map { .read($0, fields: plainFields(table, input)) } ?? .incomplete
        } catch {}
        let pieces = readInPieces(input) { (delimiter, bytes, table) throws(Malformation) in
            try delimiter.requestHead(bytes, fields: &table)
        }
        try agree(whole, pieces)
        let plain = PlainReading.request(input)
        guard case .read(let head, let fields) = whole else {
            try expect(plain == nil, "refused, and a plain reading takes it")
            return
        }
        guard let plain else { throw FuzzFinding(description: "read, and a plain reading refuses it") }
        try expect(head.end == plain.head.end, "the head ends at \(head.end), not at \(plain.head.end)")
        try expect(fields == plain.head.fields, "other fields than a plain reading has")
        try expect(head.isHTTP10 == plain.isHTTP10, "another version")
        try expect(String(decoding: input[head.methodName], as: UTF8.self) == plain.method, "another method")
        try expect(Array(input[head.authority]) == plain.host, "another host")
        try expect(plain.target.suffix(head.target.count).elementsEqual(input[head.target]), "another target")
        try expect(length(of: head.body) == max(plain.length, plain.length == -1 ? -1 : 0), "another length")
    }

    func tryAnswer(_ input: [UInt8]) throws(FuzzFinding) {
        var table = FieldTable()
        var whole = Outcome<ResponseHead>.refused
        do throws(Malformation) {
            let head = try ResponseHead.scan(input.span, answersHEAD: false, fields: &table)
            whole = head.map { .read($0, fields: plainFields(table, input)) } ?? .incomplete
        } catch {}
        let pieces = readInPieces(input) { (delimiter, bytes, table) throws(Malformation) in
            try delimiter.responseHead(bytes, answersHEAD: false, fields: &table)
        }
        try agree(whole, pieces)
        guard case .read(let head, let fields) = whole else {
            try expect(plainAnswer(input) == nil, "refused, and a plain reading takes it")
            return
        }
        guard let plain = plainAnswer(input) else {
            throw FuzzFinding(description: "read, and a plain reading refuses it")
        }
        try expect(head.end == plain.head.end && fields == plain.head.fields, "another end or other fields")
        try expect(head.status == plain.status, "another status")
        let isEmpty = head.status < 200 || head.status == 204 || head.status == 304
        try expect(length(of: head.body) == (isEmpty ? 0 : plain.length), "another length")
        try tryAnswerWriting(input, head, &table)
    }

    private func plainAnswer(_ input: [UInt8]) -> (head: PlainReading.Head, status: Int, length: Int)? {
        guard let head = PlainReading.head(input), head.line.count >= 12 else { return nil }
        let version = String(decoding: head.line[..<9], as: UTF8.self)
        guard version == "HTTP/1.1 " || version == "HTTP/1.0 " else { return nil }
        guard head.line[9..<12].allSatisfy({ (48...57).contains($0) }), head.line[9] != 48 else { return nil }
        guard head.line.count == 12 || head.line[12] == 32 else { return nil }
        guard let status = Int(String(decoding: head.line[9..<12], as: UTF8.self)) else { return nil }
        guard let length = PlainReading.length(head.fields, isHTTP10: version == "HTTP/1.0 ") else { return nil }
        guard PlainReading.areOptions(head.fields) else { return nil }
        return (head, status, length)
    }

    /// A final head that is written anew says the same, framed as it was asked for.
    private func tryAnswerWriting(
        _ input: [UInt8], _ head: ResponseHead, _ table: inout FieldTable,
    ) throws(FuzzFinding) {
        var writer = ByteWriter()
        let framing: AnswerFraming =
            switch head.body {
            case .none, .bytes: .plain
            case .chunked, .untilClose: .chunked
            }
        ResponseHeadWriter.write(
            head, table, input.span, framing: framing, closes: false, saysKeepAlive: false, to: &writer)
        let written = writer.withUnsafeBytes { Array($0) }
        guard let again = plainAnswer(written), again.head.end == written.count else {
            throw FuzzFinding(description: "what was written can't be read")
        }
        try expect(again.status == head.status, "another status was written")
        let isEmpty = head.status < 200 || head.status == 204 || head.status == 304
        if !isEmpty { try expect(again.length == (framing == .chunked ? -1 : length(of: head.body)), "another length") }
        let gone: Set<String> = ["connection", "keep-alive", "proxy-connection", "te", "upgrade"]
        try expect(!again.head.fields.contains { gone.contains($0.lowercased) }, "a field of the connection stayed")
    }

    private func agree<Head>(_ whole: Outcome<Head>, _ pieces: Outcome<Head>) throws(FuzzFinding) {
        switch (whole, pieces) {
        // Reading as a whole can see that a head is bad before its end has come.
        case (.refused, .incomplete): break
        default: try expect(whole == pieces, "whole: \(whole), in pieces: \(pieces)")
        }
    }

    /// -1 for chunks, -2 for what ends with the connection.
    private func length(of body: BodyLength) -> Int {
        switch body {
        case .none: 0
        case .bytes(let count): Int(count)
        case .chunked: -1
        case .untilClose: -2
        }
    }
}

/// Heads that are written anew.
extension FuzzTarget {
    private static let identity = RequestIdentity(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98, unixSeconds: 1)

    private func rewritten(_ input: [UInt8], _ table: inout FieldTable) -> (head: RequestHead, text: [UInt8])? {
        do throws(Malformation) {
            guard let head = try RequestHead.scan(input.span, fields: &table) else { return nil }
            var writer = ByteWriter()
            let peer = Array("192.0.2.1".utf8)
            _ = RequestHeadWriter(peer: peer.span, peerIsIPv6: false)
                .write(head, table, input.span, identity: Self.identity, to: &writer)
            return (head, writer.withUnsafeBytes { Array($0) })
        } catch {
            return nil
        }
    }

    func tryRewriting(_ input: [UInt8]) throws(FuzzFinding) {
        var table = FieldTable()
        guard let (head, text) = rewritten(input, &table) else { return }
        let wasFull = table.count + 9 > 128 || text.count > 32_768
        // Our own fields may make one too many of the most that clients may send: instances see what they can take.
        guard !wasFull else { return }
        guard let before = PlainReading.request(input), let after = PlainReading.request(text) else {
            throw FuzzFinding(description: "what was read and written a plain reading refuses")
        }
        try expect(after.head.end == text.count, "something is behind the head")
        try expect(after.method == before.method && after.host == before.host, "another method or host")
        try expect(!after.isHTTP10, "a version that is not ours")
        try expect(after.length == before.length, "another length")
        let target = Array(input[head.target])
        let expected = target.isEmpty || target[0] == 63 ? [47] + target : target
        try expect(after.target == expected, "another target")
        try checkFields(before.head.fields, after.head.fields, head)
        guard let (_, again) = rewritten(text, &table) else {
            throw FuzzFinding(description: "what was written is refused")
        }
        try expect(again == text, "written twice, it changes")
    }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }

    /// What meant nothing to us is there in its order, and what clients say of connections and proxies is not.
    private func checkFields(
        _ before: [PlainReading.Field], _ after: [PlainReading.Field], _ head: RequestHead,
    ) throws(FuzzFinding) {
        let ours: Set<String> = [
            "connection", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto",
            "http2-settings", "keep-alive", "proxy-authorization", "proxy-connection", "x-real-ip", "x-request-id",
            "te", "traceparent", "trailer", "transfer-encoding", "upgrade", "x-amzn-trace-id",
        ]
        let options = Set(
            before.filter { $0.lowercased == "connection" }
                .flatMap { $0.text.split(separator: ",").map(trimmed) })
        let never: Set<String> = ["host", "content-length", "expect"]
        let passed = before.filter { field in
            !ours.contains(field.lowercased)
                && (never.contains(field.lowercased) || !options.contains(field.lowercased))
                && (field.lowercased != "expect" || !head.isHTTP10)
        }
        try expect(after.filter { !ours.contains($0.lowercased) } == passed, "other fields than were to pass")
        for (name, count) in [
            ("x-forwarded-for", 1), ("x-forwarded-proto", 1), ("x-forwarded-host", 1), ("forwarded", 1),
            ("x-request-id", 1), ("traceparent", 1), ("x-amzn-trace-id", 1), ("host", 1), ("x-real-ip", 0),
            ("keep-alive", 0), ("te", 0), ("trailer", 0), ("http2-settings", 0), ("proxy-authorization", 0),
            ("transfer-encoding", head.body == .chunked ? 1 : 0), ("connection", head.upgrade == nil ? 0 : 1),
            ("upgrade", head.upgrade == nil ? 0 : 1),
        ] {
            try expect(after.filter { $0.lowercased == name }.count == count, "\(name) is not there \(count) times")
        }
        let forwarded = after.first { $0.lowercased == "x-forwarded-for" }
        try expect(forwarded?.text == "192.0.2.1", "the client's address is another")
    }
}
