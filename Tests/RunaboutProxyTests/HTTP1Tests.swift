import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// Reads a request's head the way the client's connection does when it comes whole, and when it comes in pieces.
private func scan(_ text: String) throws -> RequestHead? {
    let bytes = Array(text.utf8)
    var fields = FieldTable()
    var delimiter = HeadDelimiter()
    let whole = Result { try RequestHead.scan(bytes.span, fields: &fields) }
    switch delimiter.find(in: bytes.span, from: 0) {
    case .incomplete: break
    case .malformed: #expect(throws: Malformation.self) { try whole.get() }
    case .complete(let end):
        let pieces = Result { try RequestHead.scan(bytes.span.extracting(0..<end), fields: &fields) }
        #expect((try? pieces.get()) == (try? whole.get()))
        if let head = try? whole.get() { #expect(head.end == end) }
    }
    return try whole.get()
}

private func request(_ lines: String..., line: String = "GET / HTTP/1.1", host: String? = "Host: a") -> String {
    ([line] + [host].compactMap(\.self) + lines).joined(separator: "\r\n") + "\r\n\r\n"
}

@Suite struct RequestHeadTests {
    @Test(arguments: [
        // Request lines.
        request(line: "GET /"), request(line: "GET  / HTTP/1.1"), request(line: "GET /  HTTP/1.1"),
        request(line: "GET / HTTP/1.1 "), request(line: " GET / HTTP/1.1"), request(line: "GET\t/ HTTP/1.1"),
        request(line: "G@T / HTTP/1.1"), request(line: "GE(T / HTTP/1.1"), request(line: "/ HTTP/1.1"),
        request(line: "GET / HTTP/1.2"), request(line: "GET / HTTP/2.0"), request(line: "GET / http/1.1"),
        request(line: "GET / HTTP/1.10"), request(line: "GET / HTTP/01.1"), request(line: "GET / HTTP/1,1"),
        request(line: "GET /a b HTTP/1.1"), request(line: "GET /a#b HTTP/1.1"), request(line: "GET /a\\b HTTP/1.1"),
        request(line: "GET /ä HTTP/1.1"), request(line: "GET a HTTP/1.1"), request(line: "GET * HTTP/1.1"),
        request(line: "CONNECT a:80 HTTP/1.1"), request(line: "GET ftp://a/ HTTP/1.1"),
        request(line: "GET http://b/ HTTP/1.1"), request(line: "GET http:///x HTTP/1.1"),
        request(line: "GET http://user@a/ HTTP/1.1"),
        request(line: String(repeating: "X", count: 33) + " / HTTP/1.1"),
        // Line ends and control bytes.
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        request("X: a\0b"), request("X\0: a"), request("X: a\u{1}"), request("X: a\u{7F}"), request("X: a\u{B}b"),
        // Names and folding.
        request("X : a"), request("X\t: a"), request(": a"), request("X"), request(" X: a"), request("X: a", " b"),
        request("X: a", "\tb"), request("X Y: a"), request("X(: a"), request("Ä: a"), request(" ", "X: a"),
        // Lengths.
        request("Content-Length: 1", "Content-Length: 1"), request("Content-Length: 1", "Content-Length: 2"),
        request("Content-Length: 1, 1"), request("Content-Length: +1"), request("Content-Length: -1"),
        request("Content-Length: 0x1"), request("Content-Length: 1 1"), request("Content-Length:"),
        request("Content-Length: 1a"), request("Content-Length: 1.0"), request("Content-Length: ١"),
        request("Content-Length: 18446744073709551617"), request("Content-Length: 9999999999999999999"),
        request("Content_Length: 5"), request("Content-Length: 5", "Content_Length: 6"),
        // Transfer codings.
        request("Transfer-Encoding: chunked", "Content-Length: 1"),
        request("Content-Length: 1", "Transfer-Encoding: chunked"),
        request("Transfer-Encoding: gzip, chunked"), request("Transfer-Encoding: chunked, chunked"),
        request("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), request("Transfer-Encoding: chunked,"),
        request("Transfer-Encoding: ,chunked"), request("Transfer-Encoding: identity"),
        request("Transfer-Encoding:"), request("Transfer-Encoding: xchunked"), request("Transfer-Encoding: chunked x"),
        request("Transfer-Encoding: \"chunked\""), request("Transfer-Encoding: chunked;q=1"),
        request("Transfer-Encoding:\u{B}chunked"), request("Transfer_Encoding: chunked"),
        request("Transfer-Encoding: chunked", line: "GET / HTTP/1.0"),
        // Hosts.
        request(host: nil), request("Host: a"), request("Host: b"), request(host: "Host:"), request(host: "Host: "),
        request(host: "Host: a b"), request(host: "Host: a, b"), request(host: "Host: a/b"),
        request(host: "Host: user@a"), request(host: "Host: a:b"), request(host: "Host: a:80:80"),
        request(host: "Host: a:65536"), request(host: "Host: :80"), request(host: "Host: [::1"),
        request(host: "Host: []"), request(host: "Host: [::1]x"), request(host: "Host: [g::]"),
        request(host: "Host: a?b"), request(host: "Host: a#b"), request(host: "Host: a\\b"),
        request(host: "Host: <a>"), request(host: "Host : a"), request(line: "GET / HTTP/1.0", host: nil),
        request(host: "Host: " + String(repeating: "a", count: 300)), request("X_Forwarded_For: 1.2.3.4"),
        // Expectations.
        request("Expect: 200-ok"),
        // Options.
        request("Connection: (a)"), request("Connection: close, a b"), request("Connection: \"close\""),
        request("Connection: close;x"), request("Connection: close", "Connection: X-\u{E9}"),
        request("Connection: " + (0..<17).map { "X-\($0)" }.joined(separator: ",")),
        request("Connection: " + repeatElement("close", count: 10).joined(separator: ","), "Connection: a,b,c,d,e,f,g"),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
    ])
    func whatIsMalformedOrAmbiguousIsRefused(text: String) {
        #expect(throws: Malformation.self) { _ = try scan(text) }
    }

    @Test(arguments: [
        (request(), BodyLength.none), (request("Content-Length: 0"), .none),
        (request("Content-Length: 42"), .bytes(42)), (request("Content-Length: \t 42 \t"), .bytes(42)),
        (request("Content-Length: 007"), .bytes(7)),
        (request("Content-Length: 999999999999999999"), .bytes(999_999_999_999_999_999)),
        (request("Transfer-Encoding: chunked"), .chunked), (request("tRANSFER-eNCODING: CHUNKED "), .chunked),
        (request("X:"), .none), (request("X: ä"), .none), (request("X: a: b"), .none), (request("X-Y_Z: 1"), .none),
        (request(line: "GET /?a={b}|c\\d^`[] HTTP/1.1"), .none), (request(line: "OPTIONS * HTTP/1.1"), .none),
        (request(line: "GET http://A/x HTTP/1.1"), .none), (request(line: "GET https://a HTTP/1.1"), .none),
        (request(host: "Host: a.b-c_d.localhost:8080"), .none), (request(host: "Host: [::1]:80"), .none),
        (request(host: "hOST:a:"), .none), (request(line: "M-SEARCH / HTTP/1.1"), .none),
        (request(line: "GET / HTTP/1.0"), .none), (request("Expect: 100-Continue"), .none),
        (request("Connection: , ,close,,"), .none), (request("Connection:"), .none),
        (request("Connection: " + (0..<16).map { "X-\($0)" }.joined(separator: ",")), .none),
    ])
    func whatIsPlainIsUnderstood(text: String, body: BodyLength) throws {
        let head = try #require(try scan(text))
        #expect(head.body == body)
    }

    @Test func everyCuttingOfAHeadGivesTheSame() throws {
        let text = request("X: y", "Content-Length: 3")
        let bytes = Array(text.utf8)
        for cut in 1..<bytes.count {
            var delimiter = HeadDelimiter()
            #expect(delimiter.find(in: bytes.span.extracting(0..<cut), from: 0) == .incomplete)
            #expect(delimiter.find(in: bytes.span, from: 0) == .complete(bytes.count))
            var fields = FieldTable()
            #expect(try RequestHead.scan(bytes.span.extracting(0..<cut), fields: &fields) == nil)
        }
    }

    @Test func anUpgradeIsOnlyTakenWhenItIsMeant() throws {
        let websocket = request("Connection: keep-alive, Upgrade", "Upgrade: websocket")
        #expect(try scan(websocket)?.upgrade != nil)
        for other in [
            request("Upgrade: websocket"), request("Connection: Upgrade", "Upgrade: h2c"),
            request("Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket, h2c"),
            request("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 1"),
            request("Connection: Upgrade", "Upgrade: websocket", line: "GET / HTTP/1.0"),
        ] {
            #expect(try scan(other)?.upgrade == nil, "\(other)")
        }
    }

    @Test func idsThatAreNotSaneAreReplaced() throws {
        for field in [
            "X-Request-Id: a b", "X-Request-Id: " + String(repeating: "a", count: 129), "X-Request-Id: a\"b",
            "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01", "traceparent: x",
            "X-Amzn-Trace-Id: Self=1", "traceparent: 01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            let head = try #require(try scan(request(field)))
            #expect(head.requestID == nil && head.traceparent == nil && head.amazonTraceID == nil, "\(field)")
        }
    }

    @Test func aHundredThousandRandomHeadsNeverTrap() {
        let seed = UInt64.random(in: 0..<1 << 32)
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "GET", " ", "/", "HTTP/1.1", "\r\n", "\r", "\n", "Host", ":", "a", "Content-Length", "Transfer-Encoding",
            "chunked", "1", "[", "]", "?", "http://", "\t", "\0", "é", "Connection", ",", "Upgrade", "_", "\r\n\r\n",
        ]
        var read = 0
        for _ in 0..<100_000 {
            var text = Bool.random(using: &random) ? "GET / HTTP/1.1\r\nHost: a\r\n" : ""
            for _ in 0..<Int.random(in: 1...12, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            // Refusing is as good as reading: what matters is that either happens.
            if (try? scan(text + "\r\n\r\n")) != nil { read += 1 }
        }
        #expect(read > 0, "seed \(seed)")
        print("seed \(seed)")
    }
}

@Suite struct BodyDecoderTests {
    /// The body and whether it ended, fed in pieces of a size.
    private func decode(_ text: String, piece: Int) throws -> (String, Bool, [UInt8]) {
        let bytes = Array(text.utf8)
        var decoder = BodyDecoder(.chunked)
        var body: [UInt8] = []
        var trailers: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            var offset = 0
            steps: while true {
                switch try decoder.next(part.span, &offset) {
                case .data(let range): body += part[range]
                case .trailers(let range): trailers += part[range]
                case .needsMore: break steps
                case .end: return (String(decoding: body, as: UTF8.self), true, trailers)
                }
            }
        }
        return (String(decoding: body, as: UTF8.self), decoder.isEnded, trailers)
    }

    @Test func everyCuttingOfAChunkedBodyGivesTheSame() throws {
        let text = "5\r\nhello\r\n0006;a=\"b\"\r\n world\r\n0\r\nX: 1\r\nY: 2\r\n\r\n"
        for piece in 1...text.utf8.count {
            let (body, ended, trailers) = try decode(text, piece: piece)
            #expect(body == "hello world")
            #expect(ended)
            #expect(trailers == Array("X: 1\r\nY: 2\r\n\r\n".utf8))
        }
    }

    @Test(arguments: [
        "\r\n", "x\r\n", " 5\r\n", "5 \r\n", "+5\r\n", "-5\r\n", "0x5\r\n", "5\nhello", "5\rhello", "5\r\nhelloX",
        "5\r\nhello\n", "5\r\nhello\rX", "1000000000000000\r\n", "FFFFFFFFFFFFFFFFF\r\n", ";a\r\n", "5;\0\r\n",
        "5;a\nhello", "0\r\n\n", "0\r\nX: 1\n\r\n", "0\r\n\rX", "0\r\nX: \0\r\n\r\n", "5\r\n\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n\r\n",
    ])
    func badChunksAreRefused(text: String) {
        for piece in [1, 2, 3, 100] {
            #expect(throws: Malformation.self) { _ = try decode(text, piece: piece) }
        }
    }

    @Test func aLengthEndsWhereItSays() throws {
        var decoder = BodyDecoder(.bytes(3))
        let bytes = Array("abcd".utf8)
        var offset = 0
        #expect(try decoder.next(bytes.span, &offset) == .data(0..<3))
        #expect(try decoder.next(bytes.span, &offset) == .end)
        #expect(offset == 3)
    }
}

@Suite struct TimerHeapTests {
    @Test func timesComeInOrder() {
        let seed = UInt64.random(in: 0..<1 << 32)
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        let times = (0..<1_000).map { _ in MonotonicTime(nanoseconds: Int64.random(in: 0..<500, using: &random)) }
        for time in times { heap.insert(1, at: time) }
        var popped: [MonotonicTime] = []
        while let entry = heap.popDue(MonotonicTime(nanoseconds: 400)) { popped.append(entry.at) }
        #expect(popped == times.filter { $0.nanoseconds <= 400 }.sorted(), "seed \(seed)")
        #expect(heap.count == 1_000 - popped.count)
        print("seed \(seed)")
    }
}
