/// Fields that concern one connection, and what they may be abused for.
///
/// Source: RFC 9110 §7.6.1: what Connection names is removed, but nothing may take away what frames or routes a message.
enum ConnectionCases {
    static var cases: [HTTP1Case] { options + upgrades + expectations }

    private static var options: [HTTP1Case] {
        var list = CaseList("connection")
        list.accept("names a field", request(["Connection: X-A", "X-A: b"]), as: [Forward.get.dropping("x-a")])
        list.accept(
            "names a field in another case", request(["cONNECTION: keep-alive, x-a", "X-A: b"]),
            as: [Forward.get.dropping("x-a")])
        list.accept(
            "names a field on a second line", request(["Connection: keep-alive", "X-A: b", "Connection: X-A"]),
            as: [Forward.get.dropping("x-a")])
        list.accept(
            "names a field that is not there", request(["Connection: X-A", "X-B: c"]), as: [Forward.get.keeping("x-b")])
        list.accept(
            "with empty elements", request(["Connection: ,, ,X-A,,", "X-A: b"]), as: [Forward.get.dropping("x-a")])
        list.accept("empty", request(["Connection:"]))
        list.accept(
            "Keep-Alive", request(["Connection: keep-alive", "Keep-Alive: timeout=5"]),
            as: [Forward.get.dropping("keep-alive")])
        list.accept("Proxy-Connection", request(["Proxy-Connection: keep-alive"]))
        list.accept("TE", request(["Connection: TE", "TE: trailers"]), as: [Forward.get.dropping("te")])
        list.either("TE that asks for chunked", request(["TE: chunked;q=0.5"]))
        list.accept("close, then another request", request(["Connection: close"]) + hiddenRequest)
        list.either(
            "close and keep-alive, then another request", request(["Connection: keep-alive, close"]) + hiddenRequest)
        list.either(
            "names Content-Length", post(["Connection: Content-Length", "Content-Length: 5"]), readings: [[.hello]])
        list.either(
            "names Content-Length, with a hidden request",
            post(
                ["Connection: close, Content-Length", "Content-Length: \(hiddenRequest.utf8.count)"],
                body: hiddenRequest),
            readings: [[Forward("POST", body: hiddenRequest)]])
        list.either(
            "names Transfer-Encoding", chunked("5\r\nhello\r\n0\r\n\r\n", ["Connection: Transfer-Encoding"]),
            readings: [[.hello]])
        list.either("names Host", request(["Connection: Host"]))
        list.either("names Cookie", request(["Connection: Cookie", "Cookie: a=b"]))
        list.either("names Authorization", request(["Connection: Authorization", "Authorization: Basic YTpi"]))
        list.either("names X-Forwarded-For", request(["Connection: X-Forwarded-For", "X-Forwarded-For: 127.0.0.1"]))
        list.either("names itself", request(["Connection: Connection"]))
        list.either(
            "names 2,000 fields", request(["Connection: " + (0..<2_000).map { "X-\($0)" }.joined(separator: ", ")]))
        list.either(
            "names one field 1,000 times",
            request(["Connection: " + repeatElement("X-A", count: 1_000).joined(separator: ","), "X-A: b"]),
            readings: [[Forward.get.dropping("x-a")]])
        list.either("is 8,000 empty elements", request(["Connection: " + String(repeating: ",", count: 8_000)]))
        list.either("names a field of 8,000 letters", request(["Connection: " + String(repeating: "x", count: 8_000)]))
        list.either("names no token", request(["Connection: (a)"]))
        list.either("names a quoted string", request(["Connection: \"close\""]))
        list.either("names two fields without a comma", request(["Connection: X-A X-B", "X-A: b"]))
        list.either("names a field with a parameter", request(["Connection: X-A;a=b", "X-A: b"]))
        list.either("holds NUL", request(["Connection: close\0"]))
        list.either("Trailer without chunks", request(["Trailer: X-A"]))
        list.either("Proxy-Authorization", request(["Proxy-Authorization: Basic YTpi"]))
        return list.cases
    }

    private static var upgrades: [HTTP1Case] {
        var list = CaseList("upgrade")
        let dropped: [[Forward]] = [[Forward.get.dropping("upgrade", "http2-settings")]]
        let settings = "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"
        list.either(
            "h2c", request(["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", settings]), readings: dropped)
        list.either("h2c that Connection does not name", request(["Upgrade: h2c", settings]), readings: dropped)
        list.either(
            "h2c whose settings Connection does not name", request(["Connection: Upgrade", "Upgrade: h2c", settings]),
            readings: dropped)
        list.either(
            "h2c in capitals", request(["Connection: upgrade, http2-settings", "Upgrade: H2C", settings]),
            readings: dropped)
        list.either(
            "h2c beside WebSocket",
            request(["Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket, h2c", settings]),
            readings: dropped)
        list.either(
            "h2c behind an empty element", request(["Connection: Upgrade", "Upgrade: , h2c"]), readings: dropped)
        list.either(
            "h2c on a second line", request(["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"]),
            readings: dropped)
        list.either("HTTP/2.0", request(["Connection: Upgrade", "Upgrade: HTTP/2.0"]), readings: dropped)
        list.either("TLS/1.0", request(["Connection: Upgrade", "Upgrade: TLS/1.0"]), readings: dropped)
        list.either(
            "h2c with a body", post(["Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5"]),
            readings: [[Forward.hello.dropping("upgrade")]])
        list.either(
            "h2c, then the preface of HTTP/2",
            request(["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", settings])
                + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            readings: dropped)
        list.accept(
            "WebSocket that the instance declines",
            request([
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ]))
        list.either(
            "WebSocket, then a hidden request before the answer",
            request(["Connection: Upgrade", "Upgrade: websocket"]) + hiddenRequest,
            readings: [[.get], [.get, .hidden]])
        list.either(
            "WebSocket with a body", post(["Connection: Upgrade", "Upgrade: websocket", "Content-Length: 5"]),
            readings: [[.hello]])
        list.either("without a protocol", request(["Connection: Upgrade"]))
        list.either("with an empty protocol", request(["Connection: Upgrade", "Upgrade:"]))
        return list.cases
    }

    private static var expectations: [HTTP1Case] {
        var list = CaseList("expect")
        let length = "Content-Length: 5"
        list.accept("100-continue", post(["Expect: 100-continue", length]), as: [.hello])
        list.accept("100-continue, in capitals", post(["Expect: 100-CONTINUE", length]), as: [.hello])
        list.accept(
            "100-continue with chunks", chunked("5\r\nhello\r\n0\r\n\r\n", ["Expect: 100-continue"]), as: [.hello])
        list.either("100-continue without a body", request(["Expect: 100-continue"]))
        list.either("something else", post(["Expect: 200-ok", length]), readings: [[.hello]])
        list.either("a list", post(["Expect: 100-continue, 200-ok", length]), readings: [[.hello]])
        list.either("twice", post(["Expect: 100-continue", "Expect: 100-continue", length]), readings: [[.hello]])
        list.either("empty", post(["Expect:", length]), readings: [[.hello]])
        list.either("with a parameter", post(["Expect: 100-continue;a=b", length]), readings: [[.hello]])
        list.either(
            "100-continue, then a hidden request",
            post(["Expect: 100-continue", length], body: "hello" + hiddenRequest),
            after: [.hello], readings: [[.hidden]])
        list.either(
            "something else, with a body that is a request",
            post(["Expect: x", "Content-Length: \(hiddenRequest.utf8.count)"], body: hiddenRequest),
            readings: [[Forward("POST", body: hiddenRequest)]])
        return list.cases
    }
}
