/// Several requests at once, and what comes behind an error.
///
/// Source: RFC 9112 §9.3.2, §9.6 and §11.2.
enum PipelineCases {
    private static func get(_ suffix: String) -> String { request("GET /case-000-\(suffix) HTTP/1.1") }
    private static func forward(_ suffix: String) -> Forward { Forward("GET", "/case-000-\(suffix)") }

    static var cases: [HTTP1Case] { wellFormed + broken + bodies }

    private static var wellFormed: [HTTP1Case] {
        var list = CaseList("pipeline")
        list.accept("two", get("a") + get("b"), as: [forward("a"), forward("b")])
        list.accept("forty", (0..<40).map { get("\($0)") }.joined(), as: (0..<40).map { forward("\($0)") })
        list.accept(
            "a body between", get("a") + post(["Content-Length: 5"]) + get("b"),
            as: [forward("a"), .hello, forward("b")])
        list.accept(
            "chunks between", get("a") + chunked("5\r\nhello\r\n0\r\n\r\n") + get("b"),
            as: [forward("a"), .hello, forward("b")])
        list.accept(
            "a HEAD between", get("a") + request("HEAD /case-000 HTTP/1.1") + get("b"),
            as: [forward("a"), Forward("HEAD"), forward("b")])
        list.accept("an empty line between", get("a") + "\r\n" + get("b"), as: [forward("a"), forward("b")])
        list.accept(
            "an empty line behind a body", post(["Content-Length: 5"]) + "\r\n" + get("b"), as: [.hello, forward("b")])
        list.accept(
            "an empty body of known length", post(["Content-Length: 0"], body: "") + get("b"),
            as: [Forward("POST"), forward("b")])
        list.accept(
            "a POST without a length", request("POST /case-000 HTTP/1.1") + get("b"),
            as: [Forward("POST"), forward("b")])
        return list.cases
    }

    /// Errors, and what a proxy that does not mind them would pass on.
    private static let errors: [(String, String, Forward?)] = [
        ("a bad version", request("GET /case-000 HTTP/9.9"), .get), ("no Host", request(host: nil), .get),
        ("a space before a colon", request(["X-A : b"]), .get),
        ("two lengths", post(["Content-Length: 5", "Content-Length: 6"]), .hello),
        ("a bad chunk", chunked("x\r\nhello\r\n0\r\n\r\n"), nil),
        ("a bad chunk behind a good one", chunked("5\r\nhello\r\nx\r\n"), nil),
        ("an unknown coding", post(["Transfer-Encoding: cow"], body: ""), nil),
        ("a bad length", post(["Content-Length: x"]), .hello),
        ("a bad method", request("G(T /case-000 HTTP/1.1"), Forward("G(T")),
        ("two Hosts and an expectation", request(["Host: evil.test", "Expect: x"]), .get),
    ]

    private static var broken: [HTTP1Case] {
        var list = CaseList("pipeline")
        for (name, text, reading) in errors {
            list.reject(
                "\(name), then a hidden request", text + hiddenRequest,
                lenient: reading.map { [[$0], [$0, .hidden]] } ?? [])
            list.reject(
                "a plain one, then \(name)", get("a") + text, after: [forward("a")],
                lenient: reading.map { [[$0]] } ?? [])
        }
        let large = request(["X-A: " + String(repeating: "b", count: 200_000)])
        let long = "/case-000" + String(repeating: "a", count: 100_000)
        for (name, text, reading) in [
            ("a head too large", large, .get),
            ("a target too long", request("GET \(long) HTTP/1.1"), Forward("GET", long)),
        ] {
            list.either("\(name), then a hidden request", text + hiddenRequest, readings: [[reading, .hidden]])
            list.either("a plain one, then \(name)", get("a") + text, after: [forward("a")], readings: [[reading]])
        }
        list.reject("a plain one, then garbage", get("a") + "garbage\r\n\r\n", after: [forward("a")], lenient: [])
        list.reject(
            "a plain one, then half of one", get("a") + "GET /case-000-b HT", after: [forward("a")], lenient: [],
            ends: true)
        list.either(
            "a body, then a letter before the next", post(["Content-Length: 5"], body: "helloX") + get("b"),
            after: [.hello], readings: [[Forward("XGET", "/case-000-b")]])
        return list.cases
    }

    private static var bodies: [HTTP1Case] {
        var list = CaseList("body")
        let length = "Content-Length: \(hiddenRequest.utf8.count)"
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PUT"] {
            list.either(
                "a request as the body of \(method)",
                request("\(method) /case-000 HTTP/1.1", [length], body: hiddenRequest),
                readings: [[Forward(method, body: hiddenRequest)]])
        }
        list.accept(
            "a request as the body of POST", post([length], body: hiddenRequest),
            as: [Forward("POST", body: hiddenRequest)])
        list.either(
            "a request as the body of TRACE", request("TRACE /case-000 HTTP/1.1", [length], body: hiddenRequest),
            readings: [[Forward("TRACE", body: hiddenRequest)]])
        let size = String(hiddenRequest.utf8.count, radix: 16)
        for method in ["GET", "HEAD", "DELETE"] {
            list.either(
                "a request as the chunk of \(method)",
                request(
                    "\(method) /case-000 HTTP/1.1", ["Transfer-Encoding: chunked"],
                    body: "\(size)\r\n\(hiddenRequest)\r\n0\r\n\r\n"),
                readings: [[Forward(method, body: hiddenRequest)]])
        }
        let large = String(repeating: "0\r\n\r\n", count: 60_000)
        list.accept(
            "300 kB of last chunks", post(["Content-Length: \(large.utf8.count)"], body: large),
            as: [Forward("POST", body: large)])
        list.accept(
            "NUL and line ends", post(["Content-Length: 6"], body: "\0\r\n\r\n\0"),
            as: [Forward("POST", body: "\0\r\n\r\n\0")])
        list.either(
            "a GET whose body begins the next request",
            request(
                "GET /case-000 HTTP/1.1", ["Content-Length: 44"], body: "GET /case-000-hidden HTTP/1.1\r\nX-A: bbbbbbbb"
            ) + get("b"),
            readings: [[Forward("GET", body: "GET /case-000-hidden HTTP/1.1\r\nX-A: bbbbbbbb"), forward("b")]])
        list.reject("bytes behind a GET", get("a") + "hello\r\n\r\n", after: [forward("a")], lenient: [])
        list.reject("half a body, then the end", post(["Content-Length: 100"]), lenient: [], ends: true)
        return list.cases
    }
}
