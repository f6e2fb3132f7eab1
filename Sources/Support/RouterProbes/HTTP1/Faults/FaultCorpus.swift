/// Instances that misbehave, one way each.
package enum FaultCorpus {
    /// All of them.
    package static let cases: [FaultCase] = bodies + lengths + heads + interim + lies

    private static func send(_ text: String) -> InstanceStep { .send(rawBytes(text)) }

    private static func ok(_ fields: String, _ body: String = "") -> InstanceStep {
        send("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n\(body)")
    }

    private static let chunkedField = "Transfer-Encoding: chunked"
    private static let hello = FaultExpectation.refusedOrWhole(status: 200, body: "hello")
    private static let wholeHello = FaultExpectation.whole(status: 200, body: "hello")
    /// An answer to nobody's request; nobody may get it.
    private static let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Probe: stray\r\n\r\nstray"

    private static var bodies: [FaultCase] {
        [
            FaultCase("a body cut before its length", [ok("Content-Length: 10", "hello"), .close], .cut),
            FaultCase("a body cut before its length by a reset", [ok("Content-Length: 10", "hello"), .reset], .cut),
            FaultCase("a body of nothing where a length was given", [ok("Content-Length: 10"), .close], .cut),
            FaultCase(
                "half of a large body", [ok("Content-Length: 400000", String(repeating: "a", count: 200_000)), .close],
                .cut),
            FaultCase("chunks without a last one", [ok(chunkedField, "5\r\nhello\r\n"), .close], .cut),
            FaultCase("chunks without a last one, by a reset", [ok(chunkedField, "5\r\nhello\r\n"), .reset], .cut),
            FaultCase("half a chunk", [ok(chunkedField, "5\r\nhel"), .close], .cut),
            FaultCase("half a size of a chunk", [ok(chunkedField, "5\r\nhello\r\n1"), .close], .cut),
            FaultCase("a last chunk without its empty line", [ok(chunkedField, "5\r\nhello\r\n0\r\n"), .close], .cut),
            FaultCase("half a trailer", [ok(chunkedField, "5\r\nhello\r\n0\r\nX-A: "), .close], .cut),
            FaultCase("a chunk whose size is no number", [ok(chunkedField, "zz\r\nhello\r\n0\r\n\r\n"), .close], .cut),
            FaultCase(
                "a second chunk whose size is no number", [ok(chunkedField, "5\r\nhello\r\nzz\r\n0\r\n\r\n"), .close],
                .cut),
            FaultCase("a chunk longer than its size", [ok(chunkedField, "3\r\nhello\r\n0\r\n\r\n"), .close], .cut),
            FaultCase(
                "a chunk of more than 2^64 bytes",
                [ok(chunkedField, "10000000000000005\r\nhello\r\n0\r\n\r\n"), .close], .cut),
            FaultCase("no chunks where chunks were said", [ok(chunkedField, "hello"), .close], .cut),
            FaultCase("a body that ends with the connection", [ok("X-A: b", "hello"), .close], wholeHello),
            FaultCase(
                "a body that ends with a reset", [ok("X-A: b", "hello"), .pause(.milliseconds(5)), .reset], .cut),
            FaultCase("more bytes than the length", [ok("Content-Length: 5", "helloworld")], wholeHello),
            FaultCase("a second answer behind the first", [ok("Content-Length: 5", "hello" + stray)], wholeHello),
            FaultCase(
                "a second answer behind chunks", [ok(chunkedField, "5\r\nhello\r\n0\r\n\r\n" + stray)], wholeHello),
            FaultCase(
                "a second answer a little later",
                [ok("Content-Length: 5", "hello"), .pause(.milliseconds(2)), send(stray)],
                wholeHello),
            FaultCase(
                "a trailer that gives a length", [ok(chunkedField, "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n")],
                hello,
                hidden: ["content-length"]),
        ]
    }

    private static var lengths: [FaultCase] {
        [
            FaultCase("two lengths", [ok("Content-Length: 5\r\nContent-Length: 6", "hello"), .close], .refused),
            FaultCase("the same length twice", [ok("Content-Length: 5\r\nContent-Length: 5", "hello")], hello),
            FaultCase("a list of the same length", [ok("Content-Length: 5, 5", "hello")], hello),
            FaultCase("a list of lengths", [ok("Content-Length: 5, 6", "hello"), .close], .refused),
            FaultCase("a negative length", [ok("Content-Length: -5", "hello"), .close], .refused),
            FaultCase("a length with a sign", [ok("Content-Length: +5", "hello"), .close], .refused),
            FaultCase(
                "a length of more than 2^64", [ok("Content-Length: 18446744073709551621", "hello"), .close], .cut),
            FaultCase("a length of words", [ok("Content-Length: five", "hello"), .close], .refused),
            FaultCase("an empty length", [ok("Content-Length:", "hello"), .close], .refused),
            FaultCase(
                "a length and chunks", [ok("Content-Length: 3\r\n\(chunkedField)", "5\r\nhello\r\n0\r\n\r\n"), .close],
                hello),
            FaultCase("an unknown coding", [ok("Transfer-Encoding: cow", "hello"), .close], .cut),
            FaultCase("chunked twice", [ok("\(chunkedField), chunked", "5\r\nhello\r\n0\r\n\r\n"), .close], .cut),
            FaultCase(
                "chunks in HTTP/1.0",
                [send("HTTP/1.0 200 OK\r\n\(chunkedField)\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), .close], .cut),
        ]
    }

    private static var heads: [FaultCase] {
        let end = "Content-Length: 5\r\n\r\nhello"
        func head(_ name: String, _ text: String, _ expectation: FaultExpectation = .refused, hidden: [String] = [])
            -> FaultCase
        {
            FaultCase(name, [send(text), .close], expectation, hidden: hidden)
        }
        return [
            FaultCase("nothing, and the end", [.close], .refused),
            FaultCase("nothing, and a reset", [.reset], .refused),
            head("half a status line", "HTTP/1.1 2"), head("half a head", "HTTP/1.1 200 OK\r\nContent-Le"),
            head("garbage", "\u{1}\u{2}garbage\r\n\r\n"), head("an answer of HTTP/0.9", "<html>hello</html>"),
            head("a request for an answer", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            head("an answer of HTTP/2", "HTTP/2.0 200 OK\r\n\(end)", hello),
            head("an answer of HTTP/1.2", "HTTP/1.2 200 OK\r\n\(end)", hello),
            head("a version in lower case", "http/1.1 200 OK\r\n\(end)"),
            head("a status of 099", "HTTP/1.1 099 No\r\n\(end)"),
            head("a status of 1000", "HTTP/1.1 1000 No\r\n\(end)"),
            head("a status of two digits", "HTTP/1.1 20 OK\r\n\(end)"),
            head("a status of letters", "HTTP/1.1 abc OK\r\n\(end)"),
            head("a negative status", "HTTP/1.1 -20 OK\r\n\(end)"),
            head("no status", "HTTP/1.1\r\n\(end)"), head("a status of 000", "HTTP/1.1 000 No\r\n\(end)"),
            head("two spaces before the status", "HTTP/1.1  200 OK\r\n\(end)", hello),
            head("a status without a reason", "HTTP/1.1 200\r\n\(end)", wholeHello),
            head("NUL in a value", "HTTP/1.1 200 OK\r\nX-A: b\0\r\n\(end)", hello, hidden: ["x-a"]),
            head("NUL in a name", "HTTP/1.1 200 OK\r\nX\0A: b\r\n\(end)", hello, hidden: ["x\0a"]),
            head("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\(end)", hello),
            head("a fold", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\(end)", hello),
            head("a fold of a length", "HTTP/1.1 200 OK\r\nX-A: b\r\n Content-Length: 9\r\n\(end)", hello),
            head("bare LF", "HTTP/1.1 200 OK\nX-A: b\nContent-Length: 5\n\nhello", hello),
            head(
                "a bare CR in a value", "HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: c\r\n\(end)", hello,
                hidden: ["set-cookie"]),
            head("a space before a colon", "HTTP/1.1 200 OK\r\nX-A : b\r\n\(end)", hello),
            head("no colon", "HTTP/1.1 200 OK\r\nX-A\r\n\(end)", hello),
            head(
                "a head of 300 kB", "HTTP/1.1 200 OK\r\nX-A: \(String(repeating: "a", count: 300_000))\r\n\(end)", hello
            ),
            head("10,000 fields", "HTTP/1.1 200 OK\r\n" + (0..<10_000).map { "X-\($0): b\r\n" }.joined() + end, hello),
            head("a head that never ends", "HTTP/1.1 200 OK\r\nX-A: " + String(repeating: "a", count: 2_000_000)),
        ]
    }

    private static var interim: [FaultCase] {
        let end = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        let go = "HTTP/1.1 100 Continue\r\n\r\n"
        return [
            FaultCase("100 before the answer", [send(go + end)], wholeHello),
            FaultCase("103 before the answer", [send(early + end)], wholeHello),
            FaultCase("103, a pause, the answer", [send(early), .pause(.milliseconds(2)), send(end)], wholeHello),
            FaultCase(
                "100, 102 and 103 before the answer",
                [send(go + "HTTP/1.1 102 Processing\r\n\r\n" + early + early + end)], wholeHello),
            FaultCase("1,000 times 103", [send(String(repeating: early, count: 1_000) + end)], hello),
            FaultCase("100 and the end", [send(go), .close], .refused),
            FaultCase("103 and half a head", [send(early + "HTTP/1.1 200 OK\r\nConte"), .close], .refused),
            FaultCase(
                "103 with a body", [send("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + end), .close],
                .refused),
            FaultCase("199 before the answer", [send("HTTP/1.1 199 Maybe\r\n\r\n" + end)], hello),
            FaultCase(
                "101 that nobody asked for",
                [
                    send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
                    .close,
                ], .refused),
            FaultCase(
                "101 without a protocol", [send("HTTP/1.1 101 Switching Protocols\r\n\r\n" + stray), .close], .refused),
        ]
    }

    private static var lies: [FaultCase] {
        let slowly = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        return [
            FaultCase(
                "204 with a body", [send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")],
                .whole(status: 204, body: "")),
            FaultCase(
                "204 with chunks", [send("HTTP/1.1 204 No Content\r\n\(chunkedField)\r\n\r\n5\r\nhello\r\n0\r\n\r\n")],
                .refusedOrWhole(status: 204, body: "")),
            FaultCase(
                "304 with a body", [send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello")],
                .whole(status: 304, body: "")),
            FaultCase(
                "a body for HEAD", method: "HEAD", [ok("Content-Length: 5", "hello")], .whole(status: 200, body: "")),
            FaultCase(
                "chunks for HEAD", method: "HEAD", [ok(chunkedField, "5\r\nhello\r\n0\r\n\r\n")],
                .whole(status: 200, body: "")),
            FaultCase(
                "the end of the connection for HEAD", method: "HEAD", [ok("Content-Length: 5"), .close],
                .whole(status: 200, body: "")),
            FaultCase(
                "an answer letter by letter",
                slowly.map { send(String($0)) }.flatMap { [$0, .pause(.milliseconds(1))] }, wholeHello),
            FaultCase("an answer, then the end at once", [ok("Content-Length: 5", "hello"), .close], wholeHello),
            FaultCase(
                "an answer, then a reset", [ok("Content-Length: 5", "hello"), .pause(.milliseconds(2)), .reset],
                wholeHello),
            FaultCase(
                "an answer that says it closes and does not", [ok("Connection: close\r\nContent-Length: 5", "hello")],
                wholeHello),
            FaultCase(
                "an answer of HTTP/1.0", [send("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"), .close], wholeHello
            ),
            FaultCase(
                "fields that Connection names", [ok("Connection: X-A\r\nX-A: b\r\nContent-Length: 5", "hello")],
                wholeHello, hidden: ["x-a"]),
            FaultCase(
                "a Connection that names no token", [ok("Connection: X-A X-B\r\nContent-Length: 5", "hello")], hello),
            FaultCase(
                "a Connection that names 2,000 fields",
                [
                    ok(
                        "Connection: " + (0..<2_000).map { "X-\($0)" }.joined(separator: ",")
                            + "\r\nContent-Length: 5", "hello")
                ],
                hello),
            FaultCase(
                "an error and the end, to a body", method: "POST", body: "hello",
                [send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"), .close],
                .whole(status: 413, body: "no")),
            FaultCase("nothing and a reset, to a body", method: "POST", body: "hello", [.reset], .refused),
            FaultCase(
                "half a body and a reset, to a body", method: "POST", body: "hello",
                [ok("Content-Length: 10", "hello"), .reset], .cut),
        ]
    }
}
