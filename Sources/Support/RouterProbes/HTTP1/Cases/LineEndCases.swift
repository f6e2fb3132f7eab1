/// Line ends that are none, or none for everybody.
///
/// Source: RFC 9112 §2.2: a lone LF may end a line; a lone CR is a space or an error.
enum LineEndCases {
    static var cases: [HTTP1Case] {
        var list = CaseList("line end")
        let host = "Host: probe-00.test"
        list.either("LF everywhere", "GET /case-000 HTTP/1.1\n\(host)\n\n")
        list.either("LF behind the request line", "GET /case-000 HTTP/1.1\n\(host)\r\n\r\n")
        list.either("LF behind a field", "GET /case-000 HTTP/1.1\r\nX-A: b\n\(host)\r\n\r\n")
        list.either("LF for the empty line", "GET /case-000 HTTP/1.1\r\n\(host)\r\n\n")
        list.either("LF behind the last field", "GET /case-000 HTTP/1.1\r\n\(host)\n\r\n")
        list.either(
            "LF LF between head and body", "POST /case-000 HTTP/1.1\r\n\(host)\r\nContent-Length: 5\n\nhello",
            readings: [[.hello]])
        list.reject("CR everywhere", "GET /case-000 HTTP/1.1\r\(host)\r\r", ends: true)
        list.reject("CR behind the request line", "GET /case-000 HTTP/1.1\r\(host)\r\n\r\n")
        list.reject("CR CR LF behind the request line", "GET /case-000 HTTP/1.1\r\r\n\(host)\r\n\r\n")
        list.either("CR CR LF behind a field", "GET /case-000 HTTP/1.1\r\n\(host)\r\nX-A: b\r\r\n\r\n")
        list.reject("CR CR LF for the empty line", "GET /case-000 HTTP/1.1\r\n\(host)\r\n\r\r\n")
        list.reject("LF CR everywhere", "GET /case-000 HTTP/1.1\n\r\(host)\n\r\n\r")
        list.either("CR in a value", request(["X-A: b\rc"]))
        list.either("CR at the start of a value", request(["X-A:\rb"]))
        list.either("CR at the end of a value", request(["X-A: b\r"]))
        list.either("CR in a value before a field", request(["X-A: b\rX-C: d"]))
        list.reject("CR in a name", request(["X\rA: b"]))
        list.reject("CR before a colon", request(["X-A\r: b"]))
        list.reject("CR in the method", request("G\rET /case-000 HTTP/1.1"))
        list.reject("CR in the target", request("GET /case\r-000 HTTP/1.1"), lenient: [])
        list.reject("CR in Host", request(host: "Host: probe\r-00.test"), lenient: [])
        list.either("LF in a value", request(["X-A: b\nX-C: d"]))
        list.reject("LF in a value, then no field", request(["X-A: b\nc"]))
        list.reject("LF in a name", request(["X\nA: b"]))
        list.reject("LF in the target", request("GET /case\n-000 HTTP/1.1"), lenient: [])
        list.reject(
            "LF and a request in a value", request(["X-A: b\n\nGET /case-000-hidden HTTP/1.1\nX: "]),
            lenient: [[.get], [.get, .hidden]])
        list.either(
            "an end that is LF, and a hidden request",
            request(["X-A: b\n\n" + hiddenRequest.dropLast(2)]), readings: [[.get, .hidden]])
        list.reject(
            "a CR that hides a request", request(["X-A: b\r\r" + hiddenRequest.dropLast(2)]), lenient: [[.get]])
        return list.cases
    }
}
