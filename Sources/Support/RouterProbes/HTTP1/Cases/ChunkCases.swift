/// Sizes and extensions of chunks that two readers could understand differently.
///
/// Source: RFC 9112 §7.1.
enum ChunkCases {
    private static let sizes: [(String, String)] = [
        ("with a space behind", "5 "), ("with a space in front", " 5"), ("with a tab in front", "\t5"),
        ("with a plus sign", "+5"), ("negative", "-5"), ("with a prefix", "0x5"), ("with a suffix", "5h"),
        ("empty", ""), ("a letter beyond f", "g"), ("with a vertical tab behind", "5\u{B}"),
        ("with NUL behind", "5\0"), ("with NUL in front", "\05"), ("with a bare CR behind", "5\r"),
        ("with a comma behind", "5,"), ("with a fraction", "5.0"), ("with an underscore", "0_5"),
        ("in quotes", "\"5\""), ("two numbers", "5 5"), ("in full-width digits", "\u{FF15}"),
        ("with a byte above ASCII", "5\u{FF}"), ("2^64 + 5", "10000000000000005"),
        ("17 letters f", "fffffffffffffffff"), ("2^128 + 5", "100000000000000000000000000000005"),
    ]

    private static let extensions: [(String, String)] = [
        ("only a semicolon", ";"), ("two semicolons", ";;a"), ("no name", ";=b"), ("no value", ";a="),
        ("a quote that does not end", ";a=\"b"), ("something behind a quote", ";a=\"b\"c"),
        ("two words", ";a b"), ("NUL", ";a\0"), ("NUL in a quote", ";a=\"\0\""), ("a bare CR", ";a\r"),
        ("a control character", ";a\u{1}"), ("a line break in a quote", ";a=\"b\r\nc\""),
        ("a bare LF in a quote", ";a=\"b\nc\""), ("a bare CR in a quote", ";a=\"b\rc\""),
        ("an escaped CR in a quote", ";a=\"\\\r\""), ("brackets in a name", ";a(b)"), ("DEL", ";a\u{7F}"),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("chunk")
        for (name, size) in sizes {
            list.reject("a size \(name)", chunked("\(size)\r\nhello\r\n0\r\n\r\n"), lenient: [[.hello]])
        }
        for (name, text) in extensions {
            list.reject("an extension of \(name)", chunked("5\(text)\r\nhello\r\n0\r\n\r\n"), lenient: [[.hello]])
        }
        for (name, size) in [("2^63", "8000000000000000"), ("2^64 - 1", "ffffffffffffffff")] {
            list.either("a size of \(name)", chunked("\(size)\r\nhello\r\n0\r\n\r\n"), readings: [], ends: true)
        }
        addPlain(&list)
        addEnds(&list)
        addLineEnds(&list)
        return list.cases
    }

    private static func addPlain(_ list: inout CaseList) {
        list.accept("two", chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), as: [.hello])
        list.accept("none", chunked("0\r\n\r\n"), as: [Forward("POST")])
        list.accept(
            "a size with a capital digit", chunked("A\r\nhellohello\r\n0\r\n\r\n"),
            as: [Forward("POST", body: "hellohello")])
        list.accept("an extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), as: [.hello])
        list.accept("an extension without a value", chunked("5;a\r\nhello\r\n0;b\r\n\r\n"), as: [.hello])
        list.accept("an extension in quotes", chunked("5;a=\"b;\\\"c\"\r\nhello\r\n0\r\n\r\n"), as: [.hello])
        list.either("an extension with blanks around", chunked("5 ; a = b\r\nhello\r\n0\r\n\r\n"), readings: [[.hello]])
        list.either("a size with a leading zero", chunked("05\r\nhello\r\n0\r\n\r\n"), readings: [[.hello]])
        let zeros = String(repeating: "0", count: 40)
        list.either("a size with 40 leading zeros", chunked("\(zeros)5\r\nhello\r\n0\r\n\r\n"), readings: [[.hello]])
        list.either("a last chunk of three zeros", chunked("5\r\nhello\r\n000\r\n\r\n"), readings: [[.hello]])
        let long = String(repeating: "a", count: 40_000)
        list.either("an extension of 40 kB", chunked("5;\(long)\r\nhello\r\n0\r\n\r\n"), readings: [[.hello]])
        list.either(
            "a size of 100,000 zeros", chunked("\(String(repeating: "0", count: 100_000))\r\n\r\n"),
            readings: [[Forward("POST")]])
        let many = String(repeating: "1;a=b\r\nx\r\n", count: 5_000)
        list.either(
            "5,000 of one byte with an extension each", chunked("\(many)0\r\n\r\n"),
            readings: [[Forward("POST", body: String(repeating: "x", count: 5_000))]])
        let inner = "0\r\n\r\n" + hiddenRequest
        list.accept(
            "one that holds a last chunk and a request",
            chunked("\(String(inner.utf8.count, radix: 16))\r\n\(inner)\r\n0\r\n\r\n"),
            as: [Forward("POST", body: inner)])
    }

    private static func addEnds(_ list: inout CaseList) {
        let hello: [[Forward]] = [[.hello]]
        list.reject("no line end behind the bytes", chunked("5\r\nhello0\r\n\r\n"), lenient: hello)
        list.reject("more bytes than the size", chunked("5\r\nhelloworld\r\n0\r\n\r\n"), lenient: hello)
        list.reject("fewer bytes than the size", chunked("7\r\nhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject(
            "one byte fewer than the size", chunked("6\r\nhello\r\n0\r\n\r\n"),
            lenient: [[Forward("POST", body: "hello\r")]])
        list.reject("an empty line between two", chunked("5\r\nhello\r\n\r\n0\r\n\r\n"), lenient: hello)
        list.reject("an empty line before the first", chunked("\r\n5\r\nhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("two wrong bytes behind the bytes", chunked("5\r\nhelloXX0\r\n\r\n"), lenient: hello)
        list.reject(
            "two wrong bytes, then a hidden request", chunked("5\r\nhelloXX0\r\n\r\n" + hiddenRequest), lenient: hello)
        list.reject("no last chunk, then the end", chunked("5\r\nhello\r\n"), lenient: [], ends: true)
        list.reject("half a chunk, then the end", chunked("5\r\nhel"), lenient: [], ends: true)
        list.reject("half a size, then the end", chunked("5"), lenient: [], ends: true)
        list.reject("a last chunk without its empty line, then the end", chunked("0\r\n"), lenient: [], ends: true)
        list.reject("nothing, then the end", chunked(""), lenient: [], ends: true)
        list.reject("a whole body that is not chunked", chunked("hello\r\n\r\n"), lenient: [])
        list.reject("a request where a size should be", chunked(hiddenRequest), lenient: [])
        list.reject("a last chunk with bytes", chunked("0\r\nhello\r\n\r\n"), lenient: [[Forward("POST")]])
        list.reject("a last chunk of minus zero", chunked("5\r\nhello\r\n-0\r\n\r\n"), lenient: hello)
        list.reject("a last chunk with a prefix", chunked("5\r\nhello\r\n0x0\r\n\r\n"), lenient: hello)
        list.reject("a last chunk with a space behind", chunked("5\r\nhello\r\n0 \r\n\r\n"), lenient: hello)
    }

    private static func addLineEnds(_ list: inout CaseList) {
        let hello: [[Forward]] = [[.hello]]
        list.reject("a bare LF behind the size", chunked("5\nhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("a bare LF behind an extension", chunked("5;a\nhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("a bare CR behind the size", chunked("5\rhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("LF CR behind the size", chunked("5\n\rhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("CR CR LF behind the size", chunked("5\r\r\nhello\r\n0\r\n\r\n"), lenient: hello)
        list.reject("a bare LF behind the bytes", chunked("5\r\nhello\n0\r\n\r\n"), lenient: hello)
        list.reject("a bare CR behind the bytes", chunked("5\r\nhello\r0\r\n\r\n"), lenient: hello)
        list.reject("a bare LF behind the last size", chunked("5\r\nhello\r\n0\n\r\n"), lenient: hello)
        list.reject("a bare LF for the empty line", chunked("5\r\nhello\r\n0\r\n\n"), lenient: hello)
        list.reject("a bare CR before the empty line", chunked("5\r\nhello\r\n0\r\n\r\r\n"), lenient: hello)
        list.reject("LF everywhere", chunked("5\nhello\n0\n\n"), lenient: hello)
        list.reject(
            "a bare LF in an extension that hides a chunk",
            chunked("5;\nhello\r\n0\r\n\r\n" + hiddenRequest), lenient: [[.hello], [.hello, .hidden]])
    }
}
