/// Fields behind a chunked body.
///
/// One that says how a message is framed or where it goes comes too late to be believed. Source: RFC 9110 §6.5.1.
enum TrailerCases {
    private static let tooLate: [(String, String)] = [
        ("Host", "Host: evil.test"), ("Content-Length", "Content-Length: 46"),
        ("Transfer-Encoding", "Transfer-Encoding: chunked"), ("Connection", "Connection: close"),
        ("Trailer", "Trailer: X-A"), ("TE", "TE: trailers"), ("Upgrade", "Upgrade: h2c"),
        ("Content-Length in capitals", "CONTENT-LENGTH: 0"), ("X-Forwarded-For", "X-Forwarded-For: 127.0.0.1"),
        ("Expect", "Expect: 100-continue"),
    ]

    private static let malformed: [(String, String)] = [
        ("a space before the colon", "X-A : b"), ("a line that begins with a space", " X-A: b"),
        ("a line that begins with a tab", "\tX-A: b"), ("NUL in the name", "X\0A: b"), ("no colon", "X-A"),
        ("only a colon", ": b"), ("a space in the name", "X A: b"), ("brackets in the name", "X(A): b"),
        ("a bare CR in the name", "X-A\r: b"), ("a request line", "GET /case-000-hidden HTTP/1.1"),
        ("a byte above ASCII in the name", "X\u{FF}: b"),
    ]

    private static let repairable: [(String, String)] = [
        ("NUL in the value", "X-A: b\0"), ("a bare CR in the value", "X-A: b\rc"), ("a fold", "X-A: b\r\n c"),
        ("a fold with a length", "X-A: b\r\n Content-Length: 5"), ("a bare LF", "X-A: b\nX-C: d"),
        ("a bare LF before a length", "X-A: b\nContent-Length: 46"), ("a control character", "X-A: \u{1}"),
        ("100 kB in one value", "X-A: " + String(repeating: "b", count: 100_000)),
        ("2,000 fields", (0..<2_000).map { "X-\($0): b" }.joined(separator: "\r\n")),
        ("a length with an underscore", "Content_Length: 46"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("trailer")
        func text(_ trailer: String) -> String { chunked("5\r\nhello\r\n0\r\n\(trailer)\r\n\r\n") }
        list.accept("one", text("X-A: b"), as: [.hello])
        list.accept("several", text("X-A: b\r\nX-C:\r\nx-a: d"), as: [.hello])
        for (name, trailer) in tooLate { list.either(name, text(trailer), readings: [[.hello]]) }
        for (name, trailer) in malformed { list.reject(name, text(trailer), lenient: [[.hello]]) }
        for (name, trailer) in repairable { list.either(name, text(trailer), readings: [[.hello]]) }
        list.reject(
            "one without an empty line, then the end", chunked("0\r\nX-A: b\r\n"), lenient: [[Forward("POST")]],
            ends: true)
        list.accept(
            "one, then another request", text("X-A: b") + hiddenRequest, as: [.hello, .hidden])
        return list.cases
    }
}
