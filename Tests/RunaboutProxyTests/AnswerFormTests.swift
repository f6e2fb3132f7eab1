import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct AnswerFormTests {
    @Test(
        arguments: [
            ("", .text), ("*/*", .text), ("image/png", .text), ("text/plain", .text), ("text/*", .text),
            ("text/html", .html), ("TEXT/HTML", .html), (" text/html ;charset=utf-8", .html),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", .html),
            ("application/json", .json), ("application/problem+json", .json), ("application/vnd.api+json; v=1", .json),
            ("application/json, text/plain, */*", .json), ("application/*", .json),
            ("text/html;q=0.5, application/json", .json), ("text/html;q=0.5,application/json;q=0.4", .html),
            ("text/html;q=0", .text), ("application/json;q=0.0, text/html;q=0.001", .html),
            ("text/html;level=1;q=0.3, application/json;Q=0.31", .json), ("text/html;q=2", .text),
            ("text/html;x=\",application/json\"", .html), ("xtext/html", .text), ("text/htmlx", .text),
            ("text/plain, text/html", .text), (",,application/json,", .json), ("json", .text),
        ] as [(String, AnswerForm)])
    func anAcceptValueAsksForOneForm(value: String, form: AnswerForm) {
        #expect(AnswerForm(accept: Array(value.utf8).span) == form)
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nX: y\r\n\r\n", .json),
            ("GET / HTTP/1.1\r\nhost: a\r\naccept:text/html\r\n\r\n", .html),
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: text/html\r\n\r\n", .text),
            ("GET /accept:text/html HTTP/1.1\r\nHost: a\r\nX-Accept: text/html\r\n\r\n", .text),
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept:", .text), ("", .text),
        ] as [(String, AnswerForm)])
    func theFieldIsFoundInAHead(head: String, form: AnswerForm) {
        #expect(AnswerForm(requestHead: Array(head.utf8).span) == form)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func whateverComesIsReadToItsEnd(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "text/html", "application/json", ";q=", "0.5", "1", ",", "\"", " ", ";", "*/*", "=", "q", "\u{FF}",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined()
            let form = AnswerForm(accept: Array(text.utf8).span)
            if !text.contains("html"), !text.contains("json") { #expect(form == .text, "seed \(seed): \(text)") }
        }
    }
}
