/// Hosts that are missing, doubled or malformed.
///
/// Source: RFC 9112 §3.2: a request without exactly one valid Host is refused; RFC 3986 §3.2.2 for what is valid.
enum HostCases {
    private static let malformed: [(String, String)] = [
        ("with a space inside", "probe-00.test evil.test"), ("a list", "probe-00.test, evil.test"),
        ("with a path", "probe-00.test/evil"), ("with a user", "evil@probe-00.test"),
        ("as a user", "probe-00.test@evil.test"),
        ("as a URL", "http://probe-00.test/"), ("with a port of letters", "probe-00.test:http"),
        ("with two ports", "probe-00.test:80:81"), ("with a negative port", "probe-00.test:-80"),
        ("with a port in hexadecimal", "probe-00.test:0x50"), ("with a query", "probe-00.test?x"),
        ("with a fragment", "probe-00.test#x"), ("with a backslash", "probe-00.test\\x"),
        ("in quotes", "\"probe-00.test\""),
        ("in angle brackets", "<probe-00.test>"), ("with a bar", "probe-00.test|x"),
        ("with a caret", "probe-00.test^x"),
        ("with a backquote", "probe-00.test`x"), ("with braces", "{probe-00.test}"),
        ("with a byte above ASCII", "prob\u{E9}-00.test"),
        ("with a malformed escape", "probe-00.test%zz"), ("half an address", "[::1"),
        ("an address without brackets", "::1"),
        ("empty brackets", "[]"), ("something behind an address", "[::1]x"), ("an address with a g", "[g::]"),
        ("a name in brackets", "[probe-00.test]"), ("an address with a user", "evil@[::1]"),
        ("with a tab inside", "probe-00\t.test"),
        ("with a no-break space", "probe-00.test\u{A0}"), ("with a vertical tab in front", "\u{B}probe-00.test"),
        ("with a comma behind", "probe-00.test,"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("host")
        list.accept("with a port", request(host: "Host: probe-00.test:8080"))
        list.accept("with an empty port", request(host: "Host: probe-00.test:"))
        list.accept("in capitals", request(host: "hOST: PROBE-00.TEST"))
        list.accept("with blanks around", request(host: "Host: \t probe-00.test \t"))
        list.either("with a dot behind", request(host: "Host: probe-00.test."))
        for (name, host) in malformed {
            list.reject(
                name, request(host: "Host: \(host)"),
                lenient: [
                    [.get], [Forward("GET", "/case-000", host: host.lowercased())],
                    [Forward("GET", "/case-000", host: "[::1]")],
                ])
        }
        list.reject("none", request(host: nil))
        list.reject("none, with an absolute target", request("GET http://probe-00.test/case-000 HTTP/1.1", host: nil))
        list.reject(
            "none, with a body", request("POST /case-000 HTTP/1.1", host: nil, ["Content-Length: 5"], body: "hello"),
            lenient: [[.hello]])
        list.reject("twice the same", request(["Host: probe-00.test"]))
        list.reject(
            "twice", request(["Host: evil.test"]), lenient: [[.get], [Forward("GET", "/case-000", host: "evil.test")]])
        list.reject("twice, the other first", request(host: "Host: evil.test", ["Host: probe-00.test"]), lenient: [])
        list.reject("twice, one empty", request(["Host:"]))
        list.reject("three", request(["X-A: b", "host: probe-00.test", "HOST: probe-00.test"]))
        list.reject(
            "twice, with an absolute target", request("GET http://probe-00.test/case-000 HTTP/1.1", ["Host: evil.test"])
        )
        list.reject("twice in HTTP/1.0", request("GET /case-000 HTTP/1.0", ["Host: evil.test"]), lenient: [])
        list.reject("without a colon", request(host: "Host"), lenient: [[.get]])
        list.reject("with a space before the colon", request(host: "Host : probe-00.test"))
        addEmptyAndOdd(&list)
        return list.cases
    }

    private static func addEmptyAndOdd(_ list: inout CaseList) {
        for (name, host) in [
            ("empty", ""), ("only blanks", " \t "), ("only a port", ":80"), ("only a dot", "."),
            ("with a port too large", "probe-00.test:65536"),
            ("with a port of 20 digits", "probe-00.test:00000000000000000080"),
            ("an escaped letter", "probe-00.tes%74"), ("an escaped NUL", "probe-00.test%00"),
            ("two dots", "probe-00..test"),
            ("a zone in an address", "[fe80::1%25eth0]"), ("an address of the future", "[v1.a]"),
            ("an address", "[::1]:80"),
            ("an address of IPv4", "127.0.0.1"), ("a number", "2130706433"), ("an underscore", "_probe.test"),
        ] {
            let names = [host.lowercased(), String(host.split(separator: ":").first ?? "").lowercased(), "[::1]", ""]
            list.either(
                name, request(host: "Host: \(host)"),
                readings: [[.get]] + names.map { [Forward("GET", "/case-000", host: $0)] })
        }
        for (name, count) in [("of 300 letters", 300), ("of 40 kB", 40_000)] {
            let host = String(repeating: "a", count: count)
            list.either(name, request(host: "Host: \(host)"), readings: [[Forward("GET", "/case-000", host: host)]])
        }
        list.either("with an underscore in its name", request(["X_Host: evil.test", "X-Forwarded-Host: evil.test"]))
        list.either(
            "as the last of 100 fields", request(host: nil, (0..<100).map { "X-\($0): b" } + ["Host: probe-00.test"]))
    }
}
