/// Lengths that one reader takes for a number and another does not.
///
/// Source: RFC 9110 §8.6, RFC 9112 §6.3.
enum LengthCases {
    private static let notNumbers: [(String, String)] = [
        ("with a plus sign", "+5"), ("negative", "-5"), ("negative zero", "-0"), ("hexadecimal", "0x5"),
        ("octal with a letter", "0o5"), ("two numbers", "5 5"), ("a number and a tab and a number", "5\t5"),
        ("with a fraction", "5.0"), ("with an exponent", "5e0"), ("in words", "five"), ("empty", ""),
        ("with a semicolon", "5;"), ("with a parameter", "5;q=1"), ("in quotes", "\"5\""),
        ("in single quotes", "'5'"), ("with an underscore", "0_5"), ("with a letter behind", "5a"),
        ("with a letter in front", "a5"), ("with a vertical tab in front", "\u{B}5"),
        ("with a form feed behind", "5\u{C}"), ("with NUL behind", "5\0"), ("with NUL in front", "\05"),
        ("with a no-break space in front", "\u{A0}5"), ("in Arabic digits", "\u{665}"),
        ("in full-width digits", "\u{FF15}"), ("with a bare CR behind", "5\r"), ("with a comma behind", "5,"),
        ("a list of different numbers", "5, 6"), ("a list whose first is empty", ",5"), ("in brackets", "(5)"),
        ("a colon", ":5"), ("with a minus behind", "5-"), ("a range", "0-5"), ("a percent-encoded digit", "%35"),
    ]

    private static let tooLarge: [(String, String)] = [
        ("2^63", "9223372036854775808"), ("2^64 - 1", "18446744073709551615"), ("2^64", "18446744073709551616"),
        ("2^64 + 5", "18446744073709551621"), ("2^32 + 5, not so much", "4294967301"),
        ("2^128 + 5", "340282366920938463463374607431768211461"), ("of 100 nines", String(repeating: "9", count: 100)),
        ("of 30,000 digits", String(repeating: "9", count: 30_000)),
    ]

    static var cases: [HTTP1Case] {
        var list = CaseList("length")
        list.accept("plain", post(["Content-Length: 5"]), as: [.hello])
        list.accept("with blanks around", post(["Content-Length: \t 5 \t"]), as: [.hello])
        list.accept("whatever the case of the name", post(["cONTENT-lENGTH:5"]), as: [.hello])
        list.accept("zero", post(["Content-Length: 0"], body: ""), as: [Forward("POST")])
        for (name, value) in notNumbers {
            let readings: [[Forward]] = [[.hello], [Forward("POST")]]
            list.reject(name, post(["Content-Length: \(value)"]), lenient: readings)
        }
        for (name, value) in tooLarge {
            list.either(name, post(["Content-Length: \(value)"]), readings: [], ends: true)
        }
        addRepeated(&list)
        return list.cases
    }

    private static func addRepeated(_ list: inout CaseList) {
        list.either("with a leading zero", post(["Content-Length: 05"]), readings: [[.hello]])
        list.either(
            "with 40 leading zeros", post(["Content-Length: \(String(repeating: "0", count: 40))5"]),
            readings: [[.hello]])
        list.either("a list of the same number", post(["Content-Length: 5, 5"]), readings: [[.hello]])
        list.either(
            "twice the same", post(["Content-Length: 5", "Content-Length: 5"]), readings: [[.hello]])
        list.reject(
            "twice, different", post(["Content-Length: 5", "Content-Length: 6"]), lenient: [[.hello]])
        list.reject(
            "zero, then five", post(["Content-Length: 0", "Content-Length: 5"]),
            lenient: [[.hello], [Forward("POST")]])
        list.reject(
            "five, then zero", post(["Content-Length: 5", "Content-Length: 0"]),
            lenient: [[.hello], [Forward("POST")]])
        list.reject(
            "five, then nothing", post(["Content-Length: 5", "Content-Length:"]), lenient: [[.hello]])
        list.reject(
            "five, then a sign", post(["Content-Length: 5", "Content-Length: +5"]), lenient: [[.hello]])
        list.reject(
            "twice with another field between",
            post(["Content-Length: 5", "X-A: b", "content-length: 46"], body: "hello" + hiddenRequest),
            lenient: [[.hello]])
        list.either(
            "five, then five with an underscore", post(["Content-Length: 5", "Content_Length: 6"]),
            readings: [[.hello.dropping("content_length")]])
        list.reject(
            "with a space before the colon", post(["Content-Length : 5"]), lenient: [[.hello], [Forward("POST")]])
        list.either(
            "folded", post(["Content-Length:\r\n 5"]), readings: [[.hello]])
        list.either("with a fold behind", post(["Content-Length: 5\r\n 6"]), readings: [], ends: true)
        list.either(
            "shorter than the body, which goes on as a request",
            post(["Content-Length: 5"], body: "hello" + hiddenRequest), after: [.hello], readings: [[.hidden]])
        list.reject(
            "shorter than the body, which goes on as garbage", post(["Content-Length: 5"], body: "helloworld\r\n\r\n"),
            after: [.hello], lenient: [])
        list.reject(
            "longer than the body, then the end", post(["Content-Length: 10"]), lenient: [], ends: true)
    }
}
