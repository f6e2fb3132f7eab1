/// Transfer codings that one reader takes for `chunked` and another does not.
///
/// Source: RFC 9112 §6.1 and §7, RFC 9110 §5.6.1 (lists).
enum TransferCodingCases {
    private static let body = "5\r\nhello\r\n0\r\n\r\n"

    private static let notChunked: [(String, String)] = [
        ("chunked twice", "chunked, chunked"), ("identity", "identity"),
        ("identity, then chunked", "identity, chunked"),
        ("chunked, then identity", "chunked, identity"), ("chunked, then gzip", "chunked, gzip"),
        ("chunked with a parameter", "chunked;q=1"), ("chunked with an empty parameter", "chunked;"),
        ("chunked with a word behind", "chunked x"), ("chunked with a word in front", "x chunked"),
        ("chunked in quotes", "\"chunked\""), ("chunked in single quotes", "'chunked'"),
        ("a word that ends with chunked", "xchunked"), ("a word that begins with chunked", "chunkedx"),
        ("one letter less", "chunke"), ("a gap in chunked", "chun ked"), ("an unknown coding", "cow"),
        ("an unknown coding, then chunked", "cow, chunked"), ("empty", ""), ("only a comma", ","),
        ("chunked behind a vertical tab", "\u{B}chunked"), ("chunked before a vertical tab", "chunked\u{B}"),
        ("chunked behind a form feed", "\u{C}chunked"), ("chunked behind NUL", "\0chunked"),
        ("chunked before NUL", "chunked\0"), ("chunked behind a no-break space", "\u{A0}chunked"),
        ("chunked behind a next-line sign", "\u{85}chunked"), ("chunked before DEL", "chunked\u{7F}"),
        ("chunked before a bare CR", "chunked\r"), ("chunked behind a bare CR", "\rchunked"),
        ("chunked with a long s", "\u{17F}hunked"), ("chunked with a Kelvin sign", "chun\u{212A}ed"),
        ("chunked with a colon in front", ":chunked"), ("a number", "5"), ("chunked in brackets", "[chunked]"),
        ("chunked with an equals sign", "=chunked"), ("chunked with a backslash", "chun\\ked"),
        ("chunked with a semicolon between", "identity; chunked"), ("chunked with a backspace", "xx\u{8}\u{8}chunked"),
    ]

    private static let oddNames: [(String, String)] = [
        ("the name with a space behind", "Transfer-Encoding : chunked"),
        ("the name with a tab behind", "Transfer-Encoding\t: chunked"),
        ("the name with a space inside", "Transfer Encoding: chunked"),
        ("the name with NUL behind", "Transfer-Encoding\0: chunked"),
        ("the name with NUL in front", "\0Transfer-Encoding: chunked"),
        ("the name with a vertical tab behind", "Transfer-Encoding\u{B}: chunked"),
        ("the name with a bare CR behind", "Transfer-Encoding\r: chunked"),
        ("the name behind a bare CR", "\rTransfer-Encoding: chunked"),
        ("the name behind a no-break space", "\u{A0}Transfer-Encoding: chunked"),
        ("the name with a byte above ASCII behind", "Transfer-Encoding\u{FF}: chunked"),
        ("the name in brackets", "(Transfer-Encoding): chunked"),
        ("the name with an equals sign for the colon", "Transfer-Encoding=chunked"),
        ("the name with a colon in front", ":Transfer-Encoding: chunked"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("transfer coding")
        for value in ["chunked", "Chunked", "CHUNKED", "\t chunked \t"] {
            list.accept("'\(shown(value))'", post(["Transfer-Encoding: \(value)"], body: body), as: [.hello])
        }
        for (name, value) in notChunked {
            list.reject(name, post(["Transfer-Encoding: \(value)"], body: body), lenient: [[.hello]])
        }
        for (name, line) in oddNames {
            list.reject(name, post([line], body: body), lenient: [[.hello], [Forward("POST")]])
        }
        for (name, value) in [
            ("a comma behind", "chunked,"), ("a comma in front", ",chunked"), ("commas around", ", chunked ,"),
            ("gzip first, as gRPC never does", "gzip, chunked"),
        ] {
            list.either(name, post(["Transfer-Encoding: \(value)"], body: body), readings: [[.hello]])
        }
        addRepeated(&list)
        return list.cases
    }

    private static func addRepeated(_ list: inout CaseList) {
        let chunked = "Transfer-Encoding: chunked"
        for (name, second) in [
            ("twice", chunked), ("then identity", "Transfer-Encoding: identity"),
            ("then an unknown one", "Transfer-encoding: cow"), ("then an empty one", "Transfer-Encoding:"),
        ] {
            list.reject("chunked, \(name), on two lines", post([chunked, second], body: body), lenient: [[.hello]])
        }
        for (name, first) in [
            ("identity", "Transfer-Encoding: identity"), ("an unknown one", "Transfer-Encoding: cow"),
        ] {
            list.reject("\(name), then chunked, on two lines", post([first, chunked], body: body), lenient: [[.hello]])
        }
        list.either(
            "gzip, then chunked, on two lines", post(["Transfer-Encoding: gzip", chunked], body: body),
            readings: [[.hello]])
        list.either("folded", post(["Transfer-Encoding:\r\n chunked"], body: body), readings: [[.hello]])
        list.either(
            "folded with a tab", post(["Transfer-Encoding:\r\n\tchunked"], body: body), readings: [[.hello]])
        list.either(
            "behind a bare LF", post(["X-A: b\nTransfer-Encoding: chunked"], body: body), readings: [[.hello]])
        list.either(
            "behind a bare CR", post(["X-A: b\rTransfer-Encoding: chunked"], body: body),
            readings: [[Forward("POST")]], lenient: [[.hello]])
        list.either(
            "with an underscore", post(["Transfer_Encoding: chunked"], body: ""),
            readings: [[Forward("POST").dropping("transfer_encoding")]])
        list.reject(
            "on a line that begins with a space", post([" Transfer-Encoding: chunked"], body: body),
            lenient: [[.hello], [Forward("POST")]])
        list.either(
            "in HTTP/1.0", request("POST /case-000 HTTP/1.0", [chunked], body: body), readings: [[.hello]])
        list.either(
            "in HTTP/1.0 with a length",
            request("POST /case-000 HTTP/1.0", [chunked, "Content-Length: 15"], body: body), readings: [[.hello]])
    }
}
