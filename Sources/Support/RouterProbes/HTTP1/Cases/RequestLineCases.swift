/// Request lines: blanks, methods and versions.
///
/// Source: RFC 9112 §2.2, §2.3 and §3.
enum RequestLineCases {
    static var cases: [HTTP1Case] { blanks + methods + versions }

    private static var blanks: [HTTP1Case] {
        var list = CaseList("request line")
        list.accept("an empty line in front", "\r\n" + request())
        list.either("two empty lines in front", "\r\n\r\n" + request())
        list.either("200 empty lines in front", String(repeating: "\r\n", count: 200) + request())
        list.either("LF in front", "\n" + request())
        list.reject("CR in front", "\r" + request())
        list.either("a space in front", " " + request())
        list.either("a tab in front", "\t" + request())
        list.either("two spaces behind the method", request("GET  /case-000 HTTP/1.1"))
        list.either("a tab behind the method", request("GET\t/case-000 HTTP/1.1"))
        list.either("two spaces behind the target", request("GET /case-000  HTTP/1.1"))
        list.either("a tab behind the target", request("GET /case-000\tHTTP/1.1"))
        list.either("a vertical tab behind the method", request("GET\u{B}/case-000 HTTP/1.1"))
        list.either("a space behind the version", request("GET /case-000 HTTP/1.1 "))
        list.either("a tab behind the version", request("GET /case-000 HTTP/1.1\t"))
        list.reject("a word behind the version", request("GET /case-000 HTTP/1.1 x"))
        list.reject("a no-break space behind the method", request("GET\u{A0}/case-000 HTTP/1.1"))
        list.reject("a space in the target", request("GET /case-000 /x HTTP/1.1"), lenient: [])
        list.reject("no space behind the method", request("GET/case-000 HTTP/1.1"))
        list.reject("no target", request("GET HTTP/1.1"), lenient: [])
        list.reject("an empty target", request("GET  HTTP/1.1"), lenient: [])
        list.reject("no method", request("/case-000 HTTP/1.1"))
        list.reject("only a method", request("GET"), lenient: [])
        list.reject("an empty method", request(" /case-000 HTTP/1.1"))
        list.reject("two requests on a line", request("GET /case-000 HTTP/1.1 GET /case-000-hidden HTTP/1.1"))
        list.reject("three versions", request("GET /case-000 HTTP/1.1 HTTP/1.1 HTTP/1.1"))
        return list.cases
    }

    private static var methods: [HTTP1Case] {
        var list = CaseList("method")
        list.accept("DELETE", request("DELETE /case-000 HTTP/1.1"), as: [Forward("DELETE")])
        list.accept("HEAD", request("HEAD /case-000 HTTP/1.1"), as: [Forward("HEAD")])
        list.accept("PATCH without a body", request("PATCH /case-000 HTTP/1.1"), as: [Forward("PATCH")])
        list.either("in lower case", request("get /case-000 HTTP/1.1"), readings: [[Forward("get")]])
        list.either("of our own", request("BREW /case-000 HTTP/1.1"), readings: [[Forward("BREW")]])
        list.either("with a hyphen", request("M-SEARCH /case-000 HTTP/1.1"), readings: [[Forward("M-SEARCH")]])
        list.either("TRACE", request("TRACE /case-000 HTTP/1.1"), readings: [[Forward("TRACE")]])
        let long = String(repeating: "A", count: 4_000)
        list.either("of 4,000 letters", request("\(long) /case-000 HTTP/1.1"), readings: [[Forward(long)]])
        let endless = String(repeating: "A", count: 1_000_000)
        list.either("of 1 MB", request("\(endless) /case-000 HTTP/1.1"), readings: [[Forward(endless)]])
        for (name, method) in [
            ("with brackets", "GE(T"), ("with an at sign", "G@T"), ("with a slash", "G/T"), ("with a comma", "G,T"),
            ("with a colon", "GET:"), ("with quotes", "\"GET\""), ("with a byte above ASCII", "G\u{C4}T"),
            ("with a byte order mark", "\u{FEFF}GET"), ("with braces", "{GET}"), ("with a semicolon", "GET;"),
        ] {
            list.reject(name, request("\(method) /case-000 HTTP/1.1"), lenient: [[.get], [Forward(method)]])
        }
        list.reject("CONNECT to a name and port", request("CONNECT probe-00.test:80 HTTP/1.1"), lenient: [])
        list.reject(
            "CONNECT, then a hidden request", request("CONNECT probe-00.test:80 HTTP/1.1") + hiddenRequest, lenient: [])
        list.reject("CONNECT to a path", request("CONNECT /case-000 HTTP/1.1"), lenient: [[Forward("CONNECT")]])
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        list.reject("the preface of HTTP/2, then the end", preface, lenient: [], ends: true)
        list.reject("the preface of HTTP/2 behind a request", request() + preface, after: [.get], lenient: [])
        return list.cases
    }

    private static var versions: [HTTP1Case] {
        var list = CaseList("version")
        for version in [
            "HTTP/1.10", "HTTP/11.1", "HTTP/01.1", "HTTP/1.01", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.1.1",
            "HTTP/1,1",
            "HTTP/1 1", "HTTP/-1.1", "HTTP/+1.1", "HTTP/1.x", "HTTP/x.1", "http/1.1", "Http/1.1", "HTTP\\1.1",
            "HTTP//1.1", "HTTP 1.1", "HTTP/ 1.1", "HTTP/1 .1", "HTTP1.1", "HTTPS/1.1", "XTTP/1.1", "TTP/1.1", "HTTP/",
            "ICY/1.1", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/1.\u{FF11}", "HTTP/1.1;", "\"HTTP/1.1\"", "RTSP/1.0",
            "HTTP/0.9", "HTTP/0.0", "HTTP/4294967297.1",
        ] {
            list.reject("'\(shown(version))'", request("GET /case-000 \(version)"))
        }
        list.either("'HTTP/1.2'", request("GET /case-000 HTTP/1.2"))
        list.either("'HTTP/1.9'", request("GET /case-000 HTTP/1.9"))
        return list.cases
    }
}
