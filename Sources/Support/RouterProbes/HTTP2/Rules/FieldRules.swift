extension HTTP2Rule {
    /// Names and values of fields.
    ///
    /// Source: RFC 9113, 8.2.
    static let fieldRules: [HTTP2Rule] = names + values + connectionFields

    private static func badName(_ id: String, _ sentence: String, _ name: [UInt8]) -> HTTP2Rule {
        malformed("9113/8.2.1/name-\(id)", sentence) { $0.fields() + [HTTP2Field(name, Array("value".utf8))] }
    }

    private static func badValue(_ id: String, _ sentence: String, _ value: [UInt8]) -> HTTP2Rule {
        malformed("9113/8.2.1/value-\(id)", sentence) { $0.fields() + [HTTP2Field(Array("x-field".utf8), value)] }
    }

    private static let names: [HTTP2Rule] = [
        badName("upper", "A capital in a name is malformed", Array("X-Test".utf8)),
        badName("upper-last", "A capital at the end of a name is malformed", Array("x-tesT".utf8)),
        badName("empty", "An empty name is malformed", []),
        badName("space", "A space in a name is malformed", Array("x test".utf8)),
        badName("tab", "A tab in a name is malformed", Array("x-test\t".utf8)),
        badName("colon", "A colon inside of a name is malformed", Array("x:test".utf8)),
        badName("newline", "A line break in a name is malformed", Array("x-a: 1\r\nx-b".utf8)),
        badName("null", "NUL in a name is malformed", Array("x-te\0st".utf8)),
        badName("delete", "DEL in a name is malformed", Array("x-test".utf8) + [0x7F]),
        badName("high", "A byte above 0x7F in a name is malformed", Array("x-test".utf8) + [0xC3, 0xA4]),
        badName("brace", "A character that no token has, in a name, is malformed", Array("x(test)".utf8)),
    ]

    private static let values: [HTTP2Rule] = [
        badValue("null", "NUL in a value is malformed", Array("a\0b".utf8)),
        badValue("lf", "LF in a value is malformed", Array("a\nx-smuggled: 1".utf8)),
        badValue("cr", "CR in a value is malformed", Array("a\rb".utf8)),
        badValue("crlf", "CRLF in a value is malformed", Array("a\r\nx-smuggled: 1".utf8)),
        badValue("request", "A whole request in a value is malformed", Array("a\r\n\r\nGET /x HTTP/1.1\r\n\r\n".utf8)),
        badValue("space-first", "A value that begins with a space is malformed", Array(" a".utf8)),
        badValue("space-last", "A value that ends with a space is malformed", Array("a ".utf8)),
        badValue("tab-first", "A value that begins with a tab is malformed", Array("\ta".utf8)),
        .open("9113/8.2.1/value-inner", "Spaces and tabs inside of a value are taken", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/echo", [("x-field", "a b\tc")])
        },
        .open("9113/8.2.1/value-empty", "An empty value is taken", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/echo", [("x-field", "")])
        },
        .open("9113/8.2.1/value-high", "A value of bytes above 0x7F is taken or refused, and nothing else", .ignored) {
            peer in
            peer.request(1, peer.fields("GET", "/echo") + [HTTP2Field(Array("x-field".utf8), [0xC3, 0xA4])])
            try peer.wait(for: "an answer of any kind") { $0.streams[1]?.isOver ?? false }
        },
        .open("9113/8.2.3/cookies", "Parts of a cookie reach an HTTP/1.1 instance as one field", .answered(1, 200)) {
            peer in
            peer.request(1, "GET", "/echo", [("cookie", "a=1"), ("x-between", "0"), ("cookie", "b=2")])
            try peer.requireEcho(1, "cookie", "a=1; b=2")
        },
        .open("9113/8.2/order", "Fields of one name reach the instance in their order", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/echo", [("x-many", "1"), ("x-many", "2")])
            let text = String(decoding: try peer.expect(200, on: 1).body, as: UTF8.self).lowercased()
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("x-many:") }
            let isRight = lines == ["x-many: 1", "x-many: 2"] || lines == ["x-many: 1, 2"] || lines == ["x-many: 1,2"]
            try peer.require(isRight, "they came as \(lines)")
        },
    ]

    private static func connectionField(_ name: String, _ value: String) -> HTTP2Rule {
        malformed("9113/8.2.2/\(name)", "The field \(name) is malformed") { $0.fields("GET", "/", [(name, value)]) }
    }

    private static let connectionFields: [HTTP2Rule] = [
        connectionField("connection", "close"),
        connectionField("keep-alive", "timeout=5"),
        connectionField("proxy-connection", "keep-alive"),
        connectionField("transfer-encoding", "chunked"),
        connectionField("upgrade", "h2c"),
        .malformed("9113/8.2.2/transfer-encoding-body", "transfer-encoding beside content-length is malformed") {
            peer in
            peer.fields("POST", "/", [("transfer-encoding", "chunked"), ("content-length", "0")])
        },
        .malformed("9113/8.2.2/te-gzip", "A te other than trailers is malformed") { peer in
            peer.fields("GET", "/", [("te", "gzip")])
        },
        .malformed("9113/8.2.2/te-both", "A te of trailers and something else is malformed") { peer in
            peer.fields("GET", "/", [("te", "trailers, deflate;q=0.5")])
        },
        .open("9113/8.2.2/te-trailers", "A te of trailers is taken", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/", [("te", "trailers")])
        },
    ]
}
