/// Targets in all forms, and with what no target may hold.
///
/// Source: RFC 9112 §3.2, RFC 9110 §4.2, RFC 3986.
enum TargetCases {
    static var cases: [HTTP1Case] { forms + characters + sizes }

    private static func to(_ target: String, _ method: String = "GET") -> String {
        request("\(method) \(target) HTTP/1.1")
    }

    private static var forms: [HTTP1Case] {
        var list = CaseList("target")
        list.accept("absolute", to("http://probe-00.test/case-000"))
        list.accept("absolute, in capitals", to("HTTP://PROBE-00.TEST/case-000"))
        list.accept(
            "absolute with a query alone", to("http://probe-00.test?case-000"), as: [Forward("GET", "/?case-000")])
        list.accept("absolute without a path", to("http://probe-00.test"), as: [Forward("GET", "/")])
        list.accept("an asterisk with OPTIONS", to("*", "OPTIONS"), as: [Forward("OPTIONS", "*")])
        list.accept("with a query", to("/case-000?a=b&c=%20"), as: [Forward("GET", "/case-000?a=b&c=%20")])
        list.either(
            "absolute, for another host than Host",
            request("GET http://probe-00.test/case-000 HTTP/1.1", host: "Host: evil.test"))
        list.either(
            "absolute, for another host", to("http://evil.test/case-000"),
            readings: [[Forward("GET", "/case-000", host: "evil.test")]])
        list.either("absolute for a port that Host lacks", to("http://probe-00.test:81/case-000"))
        list.either("absolute with a user", to("http://user@probe-00.test/case-000"))
        list.reject("absolute with another host as user", to("http://probe-00.test@evil.test/case-000"), lenient: [])
        list.reject("absolute with a backslash", to("http://probe-00.test\\@evil.test/case-000"), lenient: [])
        list.reject("absolute without a host", to("http:///case-000"))
        list.reject("absolute with an empty host and a port", to("http://:80/case-000"))
        list.reject("absolute with a malformed port", to("http://probe-00.test:x/case-000"))
        list.either("absolute with a port too large", to("http://probe-00.test:65536/case-000"))
        list.reject("absolute with half an address", to("http://[::1/case-000"))
        list.reject("absolute with one slash", to("http:/case-000"))
        list.reject("absolute with two hosts", to("http://probe-00.test,evil.test/case-000"))
        list.either("of an unknown scheme", to("ftp://probe-00.test/case-000"))
        list.either("of a file", to("file:///case-000"))
        list.reject("of a script", to("javascript:case-000"), lenient: [])
        list.reject("an asterisk with GET", to("*"), lenient: [[Forward("GET", "*")], [Forward("GET", "/*")]])
        list.reject("an asterisk and more", to("*/case-000", "OPTIONS"), lenient: [[Forward("OPTIONS", "*/case-000")]])
        list.reject("an authority with GET", to("probe-00.test:80"), lenient: [])
        list.reject("without a slash", to("case-000"), lenient: [[Forward("GET", "case-000")], [.get]])
        list.reject("a query alone", to("?case-000"), lenient: [[Forward("GET", "/?case-000")]])
        list.reject("a dot", to("./case-000"), lenient: [])
        list.reject("a percent sign for the slash", to("%2Fcase-000"), lenient: [])
        list.either("two slashes", to("//case-000"), readings: [[Forward("GET", "//case-000")], [.get]])
        list.either(
            "two slashes and a host", to("//evil.test/case-000"),
            readings: [[Forward("GET", "//evil.test/case-000")], [Forward("GET", "/evil.test/case-000")]])
        return list.cases
    }

    private static var characters: [HTTP1Case] {
        var list = CaseList("target")
        for (name, path) in [
            ("a fragment", "/case-000#x"), ("a quote", "/case-000\"x"), ("an angle bracket", "/case-000<x"),
            ("a backslash", "/case-000\\x"), ("a backslash first", "\\case-000"), ("braces", "/case-000{x}"),
            ("a bar", "/case-000|x"), ("a caret", "/case-000^x"), ("a backquote", "/case-000`x"),
            ("a byte above ASCII", "/case-000\u{E4}"), ("UTF-8", "/case-000\u{20AC}"),
            ("a malformed escape", "/case-000%zz"), ("half an escape", "/case-000%4"),
            ("an escaped NUL", "/case-000%00"),
            ("an escaped line end", "/case-000%0D%0AX-A:%20b"), ("dots", "/x/../case-000"),
            ("dots beyond", "/../case-000"),
            ("escaped dots", "/%2e%2e/case-000"), ("a semicolon", "/case-000;/x"),
            ("a no-break space", "/case-000\u{A0}x"),
        ] {
            let cut = path.firstIndex(of: "#").map { String(path[..<$0]) }
            list.either(
                name, to(path),
                readings: [
                    [Forward("GET", latin1(rawBytes(path)))], [Forward("GET", cut ?? path)],
                    [.get],
                ])
        }
        return list.cases
    }

    private static var sizes: [HTTP1Case] {
        var list = CaseList("target")
        for (name, count) in [("8 kB", 8_000), ("20 kB", 20_000), ("70 kB", 70_000), ("1 MB", 1_000_000)] {
            let target = "/case-000" + String(repeating: "a", count: count)
            list.either("of \(name)", to(target), readings: [[Forward("GET", target)]])
            list.either(
                "of \(name), in absolute form", to("http://probe-00.test\(target)"),
                readings: [[Forward("GET", target)]])
        }
        let endless = String(repeating: "a", count: 1_000_000)
        list.reject("of 1 MB, then the end", "GET /\(endless)", lenient: [], ends: true)
        list.reject("of 1 MB in HTTP/0.9", "GET /\(endless)\r\n\r\n", lenient: [])
        list.either(
            "of 1 MB of escapes", to("/" + String(repeating: "%2e", count: 333_333)),
            readings: [[Forward("GET", "/" + String(repeating: "%2e", count: 333_333))]])
        list.either(
            "of 300,000 slashes", to("/" + String(repeating: "/", count: 300_000)),
            readings: [[Forward("GET", "/" + String(repeating: "/", count: 300_000))]])
        return list.cases
    }
}
