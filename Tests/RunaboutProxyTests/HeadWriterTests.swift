import RunaboutModel
import Testing

@testable import RunaboutProxy

private let identity = RequestIdentity(
    high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210, unixSeconds: 0x6900_0001)

/// What our own fields are behind those of the client.
private func ownFields(host: String) -> String {
    """
    X-Forwarded-For: 10.0.0.7\r
    X-Forwarded-Proto: http\r
    X-Forwarded-Host: \(host)\r
    Forwarded: for=10.0.0.7;host="\(host)";proto=http\r
    X-Request-Id: 0123456789abcdeffedcba9876543210\r
    traceparent: 00-6900000189abcdeffedcba9876543210-ffffffffffffffff-01\r
    X-Amzn-Trace-Id: Root=1-69000001-89abcdeffedcba9876543210\r
    \r\n
    """
}

private func rewritten(_ text: String, peer: String = "10.0.0.7", isIPv6: Bool = false) throws -> (String, id: String) {
    let bytes = Array(text.utf8)
    var fields = FieldTable()
    let head = try #require(try RequestHead.scan(bytes.span, fields: &fields))
    var writer = ByteWriter()
    writer.append("before")
    let address = Array(peer.utf8)
    let headWriter = RequestHeadWriter(peer: address.span, peerIsIPv6: isIPv6)
    let id = headWriter.write(head, fields, bytes.span, identity: identity, to: &writer)
    return (writer.text(6..<writer.count), writer.text(id))
}

@Suite struct RequestHeadWriterTests {
    @Test func aPlainHeadIsPassedOnWithOurFields() throws {
        let text = "GET /a?b HTTP/1.1\r\nHost: a:80\r\nX: y\r\nAccept: text/html\r\n"
        let (head, id) = try rewritten(text + "\r\nrest")
        #expect(head == text + ownFields(host: "a:80"))
        #expect(id == "0123456789abcdeffedcba9876543210")
    }

    @Test func whatConcernsTheConnectionIsLeftOut() throws {
        let (head, _) = try rewritten(
            """
            GET http://a HTTP/1.0\r
            Connection: x-gone, keep-alive\r
            Keep-Alive: 5\r
            Host: a\r
            X-Gone: 1\r
            X-Stays: 1\r
            x-forwarded-for: 1.2.3.4\r
            X-Real-IP: 1.2.3.4\r
            TE: trailers\r
            Last: 1\r
            \r\n
            """)
        #expect(head == "GET / HTTP/1.1\r\nHost: a\r\nX-Stays: 1\r\nLast: 1\r\n" + ownFields(host: "a"))
    }

    @Test func whatConnectionNamesIsLeftOutWhereverItStands() throws {
        let fields = (0..<100).map { "X-\($0): \($0)\r\n" }
        let named = "Connection: x-0, X-63,x-64\r\nConnection: x-99, Host, content-length, x-none\r\n"
        let (head, _) = try rewritten(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n" + fields.joined() + named + "\r\n")
        let kept = fields.indices.filter { ![0, 63, 64, 99].contains($0) }.map { fields[$0] }
        #expect(
            head == "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n" + kept.joined() + ownFields(host: "a"))
    }

    @Test func linesThatAreUnusualAreMadeUsual() throws {
        let (head, _) = try rewritten(
            "POST / HTTP/1.1\r\nHost:a\r\nA:\t1 \r\nB: 2\r\nC:\r\nD:   \r\ntRANSFER-eNCODING: CHUNKED\r\nE:  e e\t\r\n\r\n"
        )
        #expect(
            head == "POST / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: \r\nD: \r\nE: e e\r\n"
                + "Transfer-Encoding: chunked\r\n" + ownFields(host: "a"))
    }

    @Test func identifiersThatCameAreKept() throws {
        let fields = """
            X-Request-Id: mine\r
            traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r
            X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678;Sampled=1\r
            \r\n
            """
        let (head, id) = try rewritten("GET / HTTP/1.1\r\nHost: a\r\n" + fields)
        #expect(head.hasSuffix("proto=http\r\n" + fields))
        #expect(id == "mine")
    }

    @Test func anUpgradeIsAskedForAgain() throws {
        let (head, _) = try rewritten(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        #expect(
            head == "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\n" + ownFields(host: "a"))
    }

    @Test func anAddressOfSixteenBytesStandsInBrackets() throws {
        let peer = "2001:0db8:85a3:1234:5678:8a2e:0370:7334%lo"
        let (head, _) = try rewritten("GET / HTTP/1.1\r\nHost: a\r\n\r\n", peer: peer, isIPv6: true)
        #expect(head.contains("\r\nX-Forwarded-For: \(peer)\r\n"))
        #expect(head.contains("\r\nForwarded: for=\"[\(peer)]\";host=\"a\";proto=http\r\n"))
    }

    @Test func aHundredAndTwentyEightFieldsAreEnough() throws {
        func text(_ count: Int) -> String {
            let lines = (1..<count).map { "X-\($0): \($0)\r\n" }
            return "GET / HTTP/1.1\r\nHost: a\r\n" + lines.joined()
        }
        let most = text(Limits.headersMax)
        #expect(try rewritten(most + "\r\n").0 == most + ownFields(host: "a"))
        #expect(throws: Malformation.tooManyFields) { _ = try rewritten(text(Limits.headersMax + 1) + "\r\n") }
    }

    @Test(arguments: [0, 1])
    func headsAreNoLongerThanTheyMayBe(excess: Int) throws {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
        let filling = String(repeating: "x", count: Limits.headBytesMax - frame.utf8.count + excess)
        let text = frame.replacing("X: ", with: "X: " + filling)
        if excess == 0 {
            #expect(try rewritten(text + "more").0.hasPrefix("GET / HTTP/1.1\r\nHost: a\r\nX: xxx"))
        } else {
            #expect(throws: Malformation.tooLarge) { _ = try rewritten(text) }
            let endless = "GET / HTTP/1.1\r\nHost: a\r\nX: xxx" + filling
            #expect(throws: Malformation.tooLarge) { _ = try rewritten(endless) }
        }
    }

    @Test func targetsAreNoLongerThanTheyMayBe() throws {
        let target = "/" + String(repeating: "x", count: Limits.targetBytesMax - 1)
        #expect(try rewritten("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n").0.hasPrefix("GET \(target) HTTP/1.1\r\n"))
        #expect(throws: Malformation.targetTooLong) {
            _ = try rewritten("GET \(target)x HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        let endless = "GET /" + String(repeating: "x", count: Limits.headBytesMax)
        #expect(throws: Malformation.targetTooLong) { _ = try rewritten(endless) }
    }
}

private func answer(
    _ text: String, framing: AnswerFraming = .plain, closes: Bool = false, saysKeepAlive: Bool = false,
    isInterim: Bool = false,
) throws -> (ResponseHead, String) {
    let bytes = Array(text.utf8)
    var fields = FieldTable()
    let head = try #require(try ResponseHead.scan(bytes.span, answersHEAD: false, fields: &fields))
    for cut in 0..<head.end {
        #expect(try ResponseHead.scan(bytes.span.extracting(0..<cut), answersHEAD: false, fields: &fields) == nil)
    }
    #expect(try ResponseHead.scan(bytes.span, answersHEAD: false, fields: &fields) == head)
    var writer = ByteWriter()
    if isInterim {
        ResponseHeadWriter.writeInterim(head, fields, bytes.span, to: &writer)
    } else {
        ResponseHeadWriter.write(
            head, fields, bytes.span, framing: framing, closes: closes, saysKeepAlive: saysKeepAlive, to: &writer)
    }
    return (head, writer.text(0..<writer.count))
}

@Suite struct ResponseHeadTests {
    @Test func aPlainHeadIsPassedOnAsItIs() throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\n"
        let (head, written) = try answer(text + "abc")
        #expect(head.status == 200 && head.body == .bytes(3) && head.keepsAlive && head.end == text.utf8.count)
        #expect(written == text)
    }

    @Test func whatConcernsTheConnectionIsLeftOut() throws {
        let (head, written) = try answer(
            """
            HTTP/1.0 200\r
            Connection: close, x-gone\r
            X-Gone: 1\r
            Keep-Alive: 5\r
            Proxy-Connection: x\r
            X:1\r
            \r\n
            """, framing: .chunked, closes: true)
        #expect(head.body == .untilClose && !head.keepsAlive)
        #expect(written == "HTTP/1.1 200 \r\nX: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    }

    @Test func framingIsOurs() throws {
        let (head, written) = try answer(
            "HTTP/1.1 200 \r\nTrailer: T\r\ntransfer-encoding:  chunked\r\n\r\n", framing: .untilClose,
            saysKeepAlive: true)
        #expect(head.body == .chunked)
        #expect(written == "HTTP/1.1 200 \r\nTrailer: T\r\nConnection: keep-alive\r\n\r\n")
        #expect(try answer("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n").1 == "HTTP/1.1 204 No\r\n\r\n")
    }

    @Test func interimHeadsHaveNoFraming() throws {
        #expect(
            try answer("HTTP/1.1 103 Early\r\nLink: a\r\nContent-Length: 4\r\n\r\n", isInterim: true).1
                == "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n")
        #expect(
            try answer(
                "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: y\r\n\r\n", isInterim: true
            ).1 == "HTTP/1.1 101 Go\r\nX: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    @Test(arguments: [
        "X", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 200 O\u{1}K\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\r\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 \r\n\r\n", "HTTP/1.1 200 OK\r\nX: \r\r\n\r\n", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent_Length: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nX\0: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "HTTP/1.1 200 OK\r\nX: 1\r\n\n",
        "HTTP/1.1 200 OK\r\nConnection: (a)\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: " + repeatElement("x", count: 17).joined(separator: ",") + "\r\n\r\n",
    ])
    func whatIsMalformedIsRefused(text: String) {
        #expect(throws: Malformation.self) { _ = try answer(text) }
    }
}
