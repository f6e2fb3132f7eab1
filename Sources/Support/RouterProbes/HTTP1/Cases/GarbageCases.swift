/// What is no HTTP/1 at all.
enum GarbageCases {
    static var cases: [HTTP1Case] {
        var list = CaseList("garbage")
        let texts: [(String, String)] = [
            (
                "a hello of TLS",
                "\u{16}\u{3}\u{1}\0\u{A5}\u{1}\0\0\u{A1}\u{3}\u{3}" + String(repeating: "\u{AA}", count: 160)
            ),
            ("all bytes", String(String.UnicodeScalarView((0...255).map { Unicode.Scalar(UInt8($0)) }))),
            ("a frame of HTTP/2", "\0\0\0\u{4}\0\0\0\0\0"), ("a greeting of SSH", "SSH-2.0-probe\r\n\r\n"),
            ("a greeting of SMTP", "EHLO probe-00.test\r\n\r\n"),
            ("an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            ("a line of PROXY, version 1", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + request()),
            (
                "a head of PROXY, version 2",
                "\r\n\r\n\0\r\nQUIT\n!\u{11}\0\u{C}\u{7F}\0\0\u{1}\u{7F}\0\0\u{1}\0\u{1}\0\u{2}" + request()
            ),
            ("JSON", "{\"a\": 1}\r\n\r\n"), ("XML", "<?xml version=\"1.0\"?>\r\n\r\n"), ("a word", "hello\r\n\r\n"),
            ("a request of RTSP", "OPTIONS rtsp://probe-00.test/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
            ("a byte order mark first", "\u{FEFF}" + request()),
            (
                "UTF-16",
                String(request().flatMap { "\0\($0)" })
            ), ("only zeros", String(repeating: "\0", count: 1_000)),
            ("spaces", String(repeating: " ", count: 1_000) + "\r\n\r\n"),
            ("a field first", "Host: probe-00.test\r\n\r\n"),
            ("a command of Redis", "*1\r\n$4\r\nPING\r\n\r\n"),
            ("a request turned round", "HTTP/1.1 /case-000 GET\r\nHost: probe-00.test\r\n\r\n"),
        ]
        for (name, text) in texts { list.reject(name, text, lenient: [[.get]], ends: true) }
        list.reject("nothing, then the end", "", lenient: [], ends: true)
        list.reject("an empty line, then the end", "\r\n", lenient: [], ends: true)
        list.reject("half a method, then the end", "GE", lenient: [], ends: true)
        list.reject(
            "half a head, then the end", "GET /case-000 HTTP/1.1\r\nHost: probe-00.test\r\n", lenient: [], ends: true)
        return list.cases
    }
}
