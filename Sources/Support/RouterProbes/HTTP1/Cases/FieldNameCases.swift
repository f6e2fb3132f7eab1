/// Names of fields that are no tokens, or look like those that frame messages.
///
/// Source: RFC 9112 §5.1, RFC 9110 §5.6.2.
enum FieldNameCases {
    private static let malformed: [(String, String)] = [
        ("a space before the colon", "X-A : b"), ("a tab before the colon", "X-A\t: b"),
        ("two spaces before the colon", "X-A  : b"), ("a space in the name", "X A: b"), ("no name", ": b"),
        ("no colon", "X-A"), ("only a colon", ":"), ("a single letter", "X"), ("brackets", "X(A): b"),
        ("quotes", "\"X-A\": b"), ("an at sign", "X@A: b"), ("a comma", "X,A: b"), ("a slash", "X/A: b"),
        ("a semicolon", "X;A: b"), ("angle brackets", "<X>: b"), ("an equals sign", "X=A: b"),
        ("square brackets", "X[A]: b"), ("braces", "{X}: b"), ("a backslash", "X\\A: b"), ("a question mark", "X?: b"),
        ("a byte above ASCII", "X\u{E4}: b"), ("a byte order mark", "\u{FEFF}X-A: b"),
        ("a zero-width space", "X-A\u{200B}: b"), ("a space before the colon of a length", "Content-Length : 5"),
        ("a length with a zero-width space", "Content-Length\u{200B}: 5"), ("a space before Host's colon", "Host : a"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("field name")
        for (name, line) in malformed { list.reject(name, request([line])) }
        list.accept("an underscore", request(["X_A: b"]))
        list.accept("all signs of a token", request(["!#$%&'*+-.^_`|~09azAZ: b"]))
        list.accept("no value", request(["X-A:"]))
        list.accept("no space behind the colon", request(["X-A:b"]))
        list.accept("colons in the value", request(["X-A: b:c: d"]))
        list.accept("a thousand blanks around the value", request(["X-A:\(String(repeating: " ", count: 1_000))b\t "]))
        list.either("Host with a hyphen too many", request(["-Host: evil.test"]))
        list.either("a length that ends in an underscore", request(["Content-Length_: 5"]))
        list.either("a forwarding field with underscores", request(["X_Forwarded_For: 127.0.0.1"]))
        list.either("a proxy's field for scripts", request(["Proxy: http://evil.test/"]))
        return list.cases
    }
}
