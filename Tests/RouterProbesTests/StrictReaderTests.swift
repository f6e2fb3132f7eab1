import RouterProbes
import Testing

private func read(_ text: String) -> RequestReading { StrictReader.readRequest(rawBytes(text)) }

private func isMalformed(_ text: String) -> Bool {
    if case .malformed = read(text) { true } else { false }
}

private let host = "Host: a\r\n"
private let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"

/// The judge's own reader: whatever two readers could understand differently is malformed to it.
@Suite struct StrictReaderTests {
    @Test func aRequestIsReadToItsEnd() throws {
        let text = "POST /x?y HTTP/1.1\r\nHost: A:80\r\nContent-Length: 5\r\nX:  b \r\n\r\nhelloGET"
        guard case .request(let request, let end) = read(text) else {
            Issue.record("\(read(text))")
            return
        }
        #expect(request.method == "POST")
        #expect(request.target == "/x?y")
        #expect(request.hostName == "a")
        #expect(request.body == Array("hello".utf8))
        #expect(request.fields.last == ReadField("X", "b"))
        #expect(end == text.utf8.count - 3)
        #expect(!request.closes)
    }

    @Test func chunksAreReadToTheirEnd() {
        let text = chunked + "\r\n3;a=\"b\\\"c\"\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"
        guard case .request(let request, let end) = read(text) else {
            Issue.record("\(read(text))")
            return
        }
        #expect(request.body == Array("hello".utf8))
        #expect(request.trailers == [ReadField("X", "y")])
        #expect(end == text.utf8.count)
    }

    @Test func everyBeginningIsIncomplete() {
        let text = chunked + "\r\n3\r\nhel\r\n0\r\nX: y\r\n\r\n"
        let bytes = rawBytes(text)
        for count in 0..<bytes.count {
            guard case .incomplete = StrictReader.readRequest(Array(bytes[..<count])) else {
                Issue.record("\(count) bytes are \(StrictReader.readRequest(Array(bytes[..<count])))")
                return
            }
        }
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\n\(host)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n\(host)Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST / HTTP/1.1\r\n\(host)Content-Length: 1, 1\r\n\r\na",
        "POST / HTTP/1.1\r\n\(host)Content-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\n\(host)Content-Length:\r\n\r\na", "POST / HTTP/1.1\r\n\(host)Content-Length : 1\r\n\r\na",
        "POST / HTTP/1.1\r\n\(host)Content-Length: 18446744073709551617\r\n\r\na",
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)\(host)\r\n",
        "GET http://b/ HTTP/1.1\r\n\(host)\r\n",
        "GET b:80 HTTP/1.1\r\n\(host)\r\n",
        "GET / HTTP/1.1\n\(host)\r\n", "GET / HTTP/1.1\r\n\(host)X: a\nY: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)X: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)X: a\0\r\n\r\n", "GET / HTTP/1.1\r\n\(host)X: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)X Y: a\r\n\r\n",
        "GET  / HTTP/1.1\r\n\(host)\r\n", "GET / HTTP/1.1 \r\n\(host)\r\n", " GET / HTTP/1.1\r\n\(host)\r\n",
        "G(T / HTTP/1.1\r\n\(host)\r\n", "GET / HTTP/1.2\r\n\(host)\r\n", "GET /\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n\(host)\r\n",
        "GET * HTTP/1.1\r\n\(host)\r\n", "GET /\u{1} HTTP/1.1\r\n\(host)\r\n",
        chunked + "\r\n5 \r\nhello\r\n0\r\n\r\n", chunked + "\r\n0x5\r\nhello\r\n0\r\n\r\n",
        chunked + "\r\n5;\r\nhello\r\n0\r\n\r\n",
        chunked + "\r\n5;a=\"b\r\nhello\r\n0\r\n\r\n", chunked + "\r\n5\nhello\r\n0\r\n\r\n",
        chunked + "\r\n5\r\nhelloXX0\r\n\r\n",
        chunked + "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", chunked + "\r\n0\r\nHost: b\r\n\r\n",
        chunked + "\r\n0\r\nContent-Length: 1\r\n\r\n", chunked + "\r\n0\r\n X: y\r\n\r\n", chunked + "\r\n0\r\n\n",
    ])
    func whatIsAmbiguousIsMalformed(text: String) {
        #expect(isMalformed(text), "\(read(text))")
    }

    @Test(arguments: [
        "GET /\u{E4} HTTP/1.1\r\n\(host)\r\n", "GET /a|b HTTP/1.1\r\n\(host)\r\n",
        "GET / HTTP/1.1\r\n\(host)X: \u{1}\r\n\r\n",
        "GET / HTTP/1.1\r\n\(host)Content_Length: 1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ])
    func whatIsOddIsSaidToBe(text: String) {
        guard case .request(let request, _) = read(text) else {
            Issue.record("\(read(text))")
            return
        }
        #expect(request.oddities.count == 1)
    }

    @Test func targetsAreComparedInOriginForm() {
        for (target, origin) in [
            ("http://a/x?y", "/x?y"), ("http://a", "/"), ("http://a?y", "/?y"), ("/x://y", "/x://y"),
        ] {
            guard case .request(let request, _) = read("GET \(target) HTTP/1.1\r\n\(host)\r\n") else {
                Issue.record("\(read("GET \(target) HTTP/1.1\r\n\(host)\r\n"))")
                continue
            }
            #expect(request.originTarget == origin)
        }
    }
}

/// The client's reader: only what is complete looks complete.
@Suite struct AnswerReaderTests {
    private func read(_ text: String, _ methods: [String] = [], _ end: StreamEnd = .open) -> (Int, AnswerReading?) {
        let (answers, rest) = AnswerReader.readAll(rawBytes(text), methods: methods, end: end)
        return (answers.count, rest)
    }

    @Test func answersAreCountedByTheirFraming() {
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
        #expect(read(length + "hello" + "HTTP/1.1 204 No\r\n\r\n") == (2, nil))
        #expect(read("HTTP/1.1 103 Early\r\n\r\n" + length + length, ["HEAD", "HEAD"]) == (3, nil))
        #expect(read("HTTP/1.1 200 OK\r\n\r\nhello", [], .ended) == (1, nil))
    }

    @Test(arguments: [StreamEnd.open, .ended, .broken]) func whatIsCutIsIncomplete(end: StreamEnd) {
        for text in [
            "Content-Length: 5\r\n\r\nhell", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "Content-Le",
        ] {
            let (count, rest) = read("HTTP/1.1 200 OK\r\n" + text, [], end)
            #expect(count == 0)
            guard case .incomplete = rest else {
                Issue.record("\(String(describing: rest))")
                continue
            }
        }
    }

    @Test func onlyAnOrderlyEndEndsABody() {
        let (count, rest) = read("HTTP/1.1 200 OK\r\n\r\nhello", [], .broken)
        #expect(count == 0)
        #expect(rest != nil)
    }

    @Test(arguments: [
        "hello\r\n\r\n", "HTTP/1.1 099 No\r\n\r\n", "HTTP/1.1 2000 No\r\n\r\n", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
    ])
    func garbageIsMalformed(text: String) {
        guard case .malformed = read(text).1 else {
            Issue.record("\(read(text))")
            return
        }
    }
}
