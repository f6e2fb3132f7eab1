/// NUL and other control bytes, wherever they may be put.
///
/// Source: RFC 9110 §5.5: NUL in a value is refused or becomes a space; RFC 9112 §3 and §5 for all other places.
enum ControlByteCases {
    private static let bytes: [(String, String)] = [
        ("NUL", "\0"), ("a start-of-heading byte", "\u{1}"), ("a backspace", "\u{8}"), ("a vertical tab", "\u{B}"),
        ("an escape", "\u{1B}"), ("DEL", "\u{7F}"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("control byte")
        for (name, byte) in bytes {
            list.either("\(name) in a value", request(["X-A: b\(byte)c"]))
            list.reject("\(name) in a name", request(["X\(byte)A: b"]))
            list.reject("\(name) in the target", request("GET /case-000\(byte) HTTP/1.1"), lenient: [])
            list.reject("\(name) in Host", request(host: "Host: probe-00\(byte).test"))
            list.reject("\(name) in the method", request("G\(byte)ET /case-000 HTTP/1.1"), lenient: [])
        }
        for (name, byte) in [("NUL", "\0"), ("a form feed", "\u{C}")] {
            list.reject("\(name) in the version", request("GET /case-000 HTTP/1.1\(byte)"))
            list.reject("\(name) before the colon", request(["X-A\(byte): b"]))
            list.reject("\(name) before the request line", "\(byte)" + request())
            list.reject("\(name) alone on a line", request(["\(byte)"]))
            list.either("\(name) as a whole value", request(["X-A: \(byte)"]))
        }
        list.reject("NUL between two requests", request() + "\0" + hiddenRequest, after: [.get], lenient: [[.hidden]])
        list.reject("NUL for the line end", "GET /case-000 HTTP/1.1\0\nHost: probe-00.test\r\n\r\n")
        list.accept("a tab in a value", request(["X-A: b\tc"]))
        list.accept("bytes above ASCII in a value", request(["X-A: \u{E4}\u{FF}"]))
        return list.cases
    }
}
