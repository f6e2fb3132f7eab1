/// Fields that go on on another line.
///
/// Source: RFC 9112 §5.2: refuse, or put spaces in the fold's place; §2.2 for the line behind the request line.
enum FoldCases {
    static var cases: [HTTP1Case] {
        var list = CaseList("fold")
        let either: [(String, [String])] = [
            ("in a plain field", ["X-A: b\r\n c"]), ("with a tab", ["X-A: b\r\n\tc"]),
            ("over three lines", ["X-A: b\r\n c\r\n d"]), ("of an empty value", ["X-A:\r\n b"]),
            ("to nothing", ["X-A: b\r\n "]),
            ("to something that looks like a length", ["X-A: b\r\n Content-Length: 5"]),
            ("to something that looks like a request", ["X-A: b\r\n GET /case-000-hidden HTTP/1.1"]),
            ("in Connection", ["Connection:\r\n keep-alive"]), ("in Cookie", ["Cookie: a=b;\r\n c=d"]),
            ("of 1,000 lines", ["X-A: b" + String(repeating: "\r\n c", count: 1_000)]),
        ]
        for (name, fields) in either { list.either(name, request(fields)) }
        list.either("in Host", request(host: "Host:\r\n probe-00.test"))
        list.reject("behind Host", request(host: "Host: probe-00.test\r\n .evil.test"), lenient: [[.get]])
        list.reject("of another name behind Host", request(host: "Host: probe-00.test\r\n\tevil.test"))
        list.either("behind the request line", request(host: " X-A: b\r\nHost: probe-00.test"))
        list.either("of a Host behind the request line", request(host: " Host: evil.test\r\nHost: probe-00.test"))
        list.reject("of the only Host behind the request line", request(host: " Host: probe-00.test"))
        list.either("of only blanks behind the request line", request(host: " \r\nHost: probe-00.test"))
        list.either("in Expect", post(["Expect:\r\n 100-continue", "Content-Length: 5"]), readings: [[.hello]])
        list.either("in Upgrade", request(["Connection: Upgrade", "Upgrade:\r\n h2c"]))
        return list.cases
    }
}
