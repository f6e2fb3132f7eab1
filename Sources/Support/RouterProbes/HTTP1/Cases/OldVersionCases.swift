/// What older versions of HTTP may say.
///
/// Source: RFC 9112 §2.3, §6.1, §9.3 and appendix C.
enum OldVersionCases {
    static var cases: [HTTP1Case] {
        var list = CaseList("old version")
        list.reject("HTTP/0.9", "GET /case-000\r\n", ends: true)
        list.reject("HTTP/0.9 with LF", "GET /case-000\n", ends: true)
        list.reject("HTTP/0.9 with an empty line", "GET /case-000\r\n\r\n")
        list.reject("HTTP/0.9 with a field", "GET /case-000\r\nHost: probe-00.test\r\n\r\n")
        list.reject("HTTP/0.9, then a hidden request", "GET /case-000\r\n" + hiddenRequest)
        list.accept("1.0", request("GET /case-000 HTTP/1.0"))
        list.accept("1.0 that keeps the connection", request("GET /case-000 HTTP/1.0", ["Connection: keep-alive"]))
        list.either(
            "1.0 without a Host", request("GET /case-000 HTTP/1.0", host: nil),
            readings: [[Forward("GET", "/case-000", host: "")], [.get]])
        list.accept(
            "1.0 with a body", request("POST /case-000 HTTP/1.0", ["Content-Length: 5"], body: "hello"), as: [.hello])
        list.either(
            "1.0 with a body of unsaid length", request("POST /case-000 HTTP/1.0", body: "hello"),
            readings: [[Forward("POST")]])
        list.accept(
            "1.0, then another without having asked to go on", request("GET /case-000 HTTP/1.0") + hiddenRequest)
        list.either(
            "1.0 that keeps and closes",
            request("GET /case-000 HTTP/1.0", ["Connection: keep-alive, close"]) + hiddenRequest)
        list.either(
            "1.0 with an upgrade", request("GET /case-000 HTTP/1.0", ["Connection: Upgrade", "Upgrade: websocket"]),
            readings: [[Forward.get.dropping("upgrade")]])
        list.either(
            "1.0 with an expectation",
            request("POST /case-000 HTTP/1.0", ["Expect: 100-continue", "Content-Length: 5"], body: "hello"),
            readings: [[.hello]])
        list.either("1.0 with Proxy-Connection", request("GET /case-000 HTTP/1.0", ["Proxy-Connection: keep-alive"]))
        list.either(
            "1.0 with an absolute target and no Host", request("GET http://probe-00.test/case-000 HTTP/1.0", host: nil))
        return list.cases
    }
}
