import RunaboutModel
import Testing

@testable import RunaboutProxy

/// What ends a connection or a stream, rule by rule.
///
/// Source: RFC 9113.
@Suite struct HTTP2RuleTests {
    struct Rule: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// What the client sends after its greeting.
        var sends: [UInt8]
        /// The error code.
        var code: UInt32

        init(_ name: String, _ sends: [UInt8], _ code: UInt32) {
            testDescription = name
            self.sends = sends
            self.code = code
        }
    }

    private static let opened = WireBytes.headers(1, WireBytes.post, ends: false)

    static let connectionRules: [Rule] = [
        Rule("a frame larger than we take", WireBytes.frame(0, stream: 1, [UInt8](repeating: 0, count: 16_385)), 6),
        Rule("data on the connection", WireBytes.data(0, [1]), 1),
        Rule("data on an idle stream", WireBytes.data(1, [1]), 1),
        Rule(
            "data with nothing but a padding length above it", opened + WireBytes.frame(0, flags: 8, stream: 1, [1]), 1),
        Rule("padded data without a length", opened + WireBytes.frame(0, flags: 8, stream: 1), 6),
        Rule("fields on the connection", WireBytes.headers(0, WireBytes.get), 1),
        Rule("fields on an even stream", WireBytes.headers(2, WireBytes.get), 1),
        Rule("fields on a lower stream", WireBytes.headers(5, WireBytes.get) + WireBytes.headers(3, WireBytes.get), 1),
        Rule(
            "padding above the fields",
            WireBytes.frame(1, flags: 13, stream: 1, [9] + WireBytes.section(WireBytes.get).prefix(5)), 1),
        Rule("padded fields too short", WireBytes.frame(1, flags: 13, stream: 1), 6),
        Rule("a priority too short in fields", WireBytes.frame(1, flags: 37, stream: 1, [0, 0]), 6),
        Rule("fields that depend on their stream", WireBytes.frame(1, flags: 37, stream: 1, [0, 0, 0, 1, 9]), 1),
        Rule("a priority of the connection", WireBytes.frame(2, [0, 0, 0, 1, 9]), 1),
        Rule("a priority of four bytes", WireBytes.frame(2, stream: 1, [0, 0, 0, 1]), 6),
        Rule("a stream that depends on itself", WireBytes.frame(2, stream: 1, [0, 0, 0, 1, 9]), 1),
        Rule("a reset of the connection", WireBytes.frame(3, [0, 0, 0, 8]), 1),
        Rule("a reset of an idle stream", WireBytes.reset(1), 1),
        Rule("a reset of three bytes", opened + WireBytes.frame(3, stream: 1, [0, 0, 8]), 6),
        Rule("settings of a stream", WireBytes.frame(4, stream: 1), 1),
        Rule("settings of five bytes", WireBytes.frame(4, [0, 1, 0, 0, 0]), 6),
        Rule("an acknowledgement with settings", WireBytes.frame(4, flags: 1, WireBytes.setting(1, 1)), 6),
        Rule("push neither on nor off", WireBytes.frame(4, WireBytes.setting(2, 2)), 1),
        Rule("a window of 2^31", WireBytes.frame(4, WireBytes.setting(4, 1 << 31)), 3),
        Rule("frames of 16,383 bytes", WireBytes.frame(4, WireBytes.setting(5, 16_383)), 1),
        Rule("frames of 2^24 bytes", WireBytes.frame(4, WireBytes.setting(5, 1 << 24)), 1),
        Rule("extended connects neither on nor off", WireBytes.frame(4, WireBytes.setting(8, 2)), 1),
        Rule(
            "a window above 2^31 - 1 by settings",
            opened + WireBytes.windowUpdate(1, 0x7FFF_0000) + WireBytes.frame(4, WireBytes.setting(4, 0x7FFF_FFFF)), 3),
        Rule("a push by a client", opened + WireBytes.frame(5, flags: 4, stream: 1, [0, 0, 0, 2]), 1),
        Rule("a ping of a stream", WireBytes.frame(6, stream: 1, [UInt8](repeating: 0, count: 8)), 1),
        Rule("a ping of seven bytes", WireBytes.frame(6, [UInt8](repeating: 0, count: 7)), 6),
        Rule("a farewell of a stream", WireBytes.frame(7, stream: 1, [UInt8](repeating: 0, count: 8)), 1),
        Rule("a farewell of seven bytes", WireBytes.frame(7, [UInt8](repeating: 0, count: 7)), 6),
        Rule("no more window for the connection", WireBytes.windowUpdate(0, 0), 1),
        Rule("a window of the connection above 2^31 - 1", WireBytes.windowUpdate(0, 0x7FFF_FFFF), 3),
        Rule("more window for an idle stream", WireBytes.windowUpdate(1, 1), 1),
        Rule("a window of three bytes", opened + WireBytes.frame(8, stream: 1, [0, 0, 1]), 6),
        Rule("a continuation of nothing", WireBytes.frame(9, flags: 4, stream: 1), 1),
        Rule("a continuation behind the end", opened + WireBytes.frame(9, flags: 4, stream: 1), 1),
        Rule(
            "another frame within fields",
            WireBytes.frame(1, stream: 1) + WireBytes.frame(6, [UInt8](repeating: 0, count: 8)), 1),
        Rule("an unknown frame within fields", WireBytes.frame(1, stream: 1) + WireBytes.frame(0x16, stream: 1), 1),
        Rule("a continuation of another stream", WireBytes.frame(1, stream: 1) + WireBytes.frame(9, stream: 3), 1),
        Rule("fields that are not coded rightly", WireBytes.frame(1, flags: 5, stream: 1, [0x80]), 9),
        Rule(
            "fields behind the end of both sides",
            WireBytes.headers(1, WireBytes.get) + WireBytes.reset(1) + WireBytes.headers(1, WireBytes.get), 5),
        Rule("data behind a reset", opened + WireBytes.reset(1) + WireBytes.data(1, [1]), 5),
    ]

    @Test(arguments: connectionRules) func aBrokenRuleOfTheConnectionEndsIt(_ rule: Rule) {
        for pieces in [rule.sends.count, 1, 7] {
            var test = SessionUnderTest.greeted()
            var said: [Said] = []
            for start in stride(from: 0, to: rule.sends.count, by: pieces) {
                said += test.feed(Array(rule.sends[start..<min(start + pieces, rule.sends.count)]))
            }
            let sent = test.sent()
            let isFinished = test.session.isFinished
            #expect(said.last == .failed(rule.code), "\(said)")
            #expect(sent.last?.type == 7 && Array(sent.last?.payload[4...] ?? []) == WireBytes.number(rule.code))
            #expect(sent.filter { $0.type == 7 }.count == 1, "it is said once")
            #expect(isFinished)
            let after = test.feed(WireBytes.headers(21, WireBytes.get))
            #expect(after == [.failed(rule.code)], "nothing is taken any more")
        }
    }

    static let streamRules: [Rule] =
        [
            Rule("data behind the end", WireBytes.headers(1, WireBytes.get) + WireBytes.data(1, [1]), 5),
            Rule("fields behind the end", WireBytes.headers(1, WireBytes.get) + WireBytes.headers(1, WireBytes.get), 5),
            Rule("no more window", opened + WireBytes.windowUpdate(1, 0), 1),
            Rule("a window above 2^31 - 1", opened + WireBytes.windowUpdate(1, 0x7FFF_FFFF), 3),
            Rule("trailers without an end", opened + WireBytes.headers(1, [("a", "b")], ends: false), 1),
            Rule("trailers with a pseudo-header field", opened + WireBytes.headers(1, [(":path", "/")]), 1),
            Rule("trailers with a connection", opened + WireBytes.headers(1, [("connection", "close")]), 1),
            Rule("more body than declared", declared("2") + WireBytes.data(1, [1, 2, 3]), 1),
            Rule("less body than declared", declared("2") + WireBytes.data(1, [1], ends: true), 1),
            Rule("less body than declared, by trailers", declared("2") + WireBytes.headers(1, [("a", "b")]), 1),
            Rule("no body though declared", WireBytes.headers(1, WireBytes.post + [("content-length", "2")]), 1),
        ] + malformed.map { Rule($0.0, WireBytes.headers(1, $0.1), 1) }

    private static func declared(_ length: String) -> [UInt8] {
        WireBytes.headers(1, WireBytes.post + [("content-length", length)], ends: false)
    }

    private static func without(_ name: String) -> [(String, String)] { WireBytes.get.filter { $0.0 != name } }

    private static let malformed: [(String, [(String, String)])] = [
        ("no method", without(":method")), ("no scheme", without(":scheme")), ("no path", without(":path")),
        ("an empty path", without(":path") + [(":path", "")]),
        ("an empty method", without(":method") + [(":method", "")]),
        ("a method with a space", without(":method") + [(":method", "G T")]),
        ("two methods", WireBytes.get + [(":method", "GET")]), ("two schemes", WireBytes.get + [(":scheme", "https")]),
        ("two paths", WireBytes.get + [(":path", "/")]),
        ("two authorities", WireBytes.get + [(":authority", "a.example")]),
        ("an unknown pseudo-header field", WireBytes.get + [(":test", "x")]),
        ("a response's pseudo-header field", WireBytes.get + [(":status", "200")]),
        ("a pseudo-header field behind others", without(":path") + [("a", "b"), (":path", "/")]),
        ("a name in upper case", WireBytes.get + [("X-Test", "x")]), ("an empty name", WireBytes.get + [("", "x")]),
        ("a name with a space", WireBytes.get + [("a b", "x")]),
        ("a name with a colon", WireBytes.get + [("a:b", "x")]),
        ("a name beyond ASCII", WireBytes.get + [("ä", "x")]), ("a value with LF", WireBytes.get + [("a", "b\nc")]),
        ("a value with CR", WireBytes.get + [("a", "b\rc")]), ("a value with NUL", WireBytes.get + [("a", "b\0c")]),
        ("a value that begins with a blank", WireBytes.get + [("a", " b")]),
        ("a value that ends with a blank", WireBytes.get + [("a", "b\t")]),
        ("a connection", WireBytes.get + [("connection", "close")]),
        ("keep-alive", WireBytes.get + [("keep-alive", "1")]),
        ("a proxy's connection", WireBytes.get + [("proxy-connection", "close")]),
        ("an upgrade", WireBytes.get + [("upgrade", "websocket")]),
        ("a transfer encoding", WireBytes.get + [("transfer-encoding", "chunked")]),
        ("te but trailers", WireBytes.get + [("te", "trailers, gzip")]),
        ("another host", WireBytes.get + [("host", "b.example")]),
        ("two hosts", without(":authority") + [("host", "a"), ("host", "a")]),
        ("a length of letters", WireBytes.get + [("content-length", "a")]),
        ("a negative length", WireBytes.get + [("content-length", "-1")]),
        ("two lengths", WireBytes.get + [("content-length", "0"), ("content-length", "0")]),
        ("a protocol without CONNECT", WireBytes.get + [(":protocol", "websocket")]),
        ("CONNECT with a path", [(":method", "CONNECT"), (":authority", "a"), (":path", "/")]),
        ("CONNECT without an authority", [(":method", "CONNECT")]),
        (
            "an extended CONNECT without a path",
            [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "a"),
            ]
        ),
        (
            "an extended CONNECT without an authority",
            [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/"),
            ]
        ),
    ]

    @Test(arguments: streamRules) func aBrokenRuleOfAStreamEndsItAlone(_ rule: Rule) {
        var test = SessionUnderTest.greeted()
        let said = test.feed(rule.sends)
        let resets = test.sent().filter { $0.type == 3 }
        #expect(resets == [SentFrame(type: 3, flags: 0, stream: 1, payload: WireBytes.number(rule.code))], "\(said)")
        // The engine hears of the end exactly when it heard of the beginning.
        let begins = said.filter { if case .request = $0 { true } else { false } }.count
        let ends = said.filter { $0 == .reset(1, rule.code, byPeer: false) }.count
        #expect(begins == ends && begins <= 1, "\(said)")
        let next = test.feed(WireBytes.headers(3, WireBytes.get))
        #expect(next.count == 1 && next.first == .request(3, WireBytes.get.map { "\($0.0): \($0.1)" }, ends: true))
    }

    typealias Problem = HTTP2RequestHead.Problem

    @Test(
        arguments: [
            (WireBytes.get, .none),
            (without(":path") + [(":path", "/a b")], .target), (without(":path") + [(":path", "a")], .target),
            (without(":path") + [(":path", "/a#b")], .target), (without(":path") + [(":path", "*")], .target),
            (without(":path") + [(":path", "/a\\b")], .target),
            (without(":path") + [(":path", "/" + String(repeating: "x", count: 16_384))], .targetTooLong),
            (without(":authority"), .host), (without(":authority") + [("host", "a:99999")], .host),
            (without(":authority") + [(":authority", "user@a")], .host),
            (without(":authority") + [("host", "a")], .none),
            (WireBytes.get + [("host", "A.example")], .none), (without(":scheme") + [(":scheme", "ftp")], .scheme),
            (WireBytes.get + [("x_request_id", "1")], .lookalikeName), (WireBytes.get + [("x_own", "1")], .none),
            ([(":method", "CONNECT"), (":authority", "a:443")], .connect),
            (WireBytes.get + [("a", String(repeating: "x", count: 33_000))], .fieldsTooLarge),
            ([(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a")], .none),
        ] as [([(String, String)], Problem)])
    func whatHTTP1CouldNotCarryIsAProblem(_ fields: [(String, String)], _ problem: Problem) {
        var test = SessionUnderTest.greeted()
        let section = WireBytes.section(fields)
        let pieces = stride(from: 0, to: section.count, by: 16_384).map { Array(section[$0...].prefix(16_384)) }
        var said: [Said] = []
        for (index, piece) in pieces.enumerated() {
            let flags: UInt8 = (index == 0 ? 1 : 0) | (index == pieces.count - 1 ? 4 : 0)
            said += test.feed(WireBytes.frame(index == 0 ? 1 : 9, flags: flags, stream: 1, piece))
        }
        let found = test.block.request.problem
        #expect(found == problem && said.count == 1, "\(fields.prefix(5))")
    }

    @Test func cookiesAreJoined() {
        var test = SessionUnderTest.greeted()
        let said = test.feed(
            WireBytes.headers(
                1, WireBytes.get + [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3"), ("z", "")]))
        let pseudo = WireBytes.get.map { "\($0.0): \($0.1)" }
        #expect(said == [.request(1, pseudo + ["cookie: a=1; b=2; c=3", "x: y", "z: "], ends: true)])
        let lines = test.block.text(0..<test.block.bytes.count)
        #expect(lines.hasSuffix("cookie: a=1; b=2; c=3\r\n"), "the joined one is a line too")
    }

    @Test func aGreetingIsNeeded() {
        for bytes in [
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
            WireBytes.greeting().dropLast(9) + WireBytes.headers(1, WireBytes.get),
        ] {
            var test = SessionUnderTest()
            let said = test.feed(Array(bytes))
            #expect(said == [.failed(1)])
        }
        var test = SessionUnderTest()
        let first = test.sent()
        #expect(first.map(\.type) == [4, 8])
        #expect(
            first.first?.payload == WireBytes.setting(4, 262_144) + WireBytes.setting(6, 32_768)
                + WireBytes.setting(3, 128) + WireBytes.setting(8, 1))
        var said: [Said] = []
        for byte in WireBytes.greeting() { said += test.feed([byte]) }
        let answer = test.sent()
        #expect(said == [.settings] && answer == [SentFrame(type: 4, flags: 1, stream: 0, payload: [])])
    }

    @Test func unknownFramesSettingsAndFlagsArePassedOver() {
        var test = SessionUnderTest.greeted()
        let said = test.feed(
            WireBytes.frame(0xFF, flags: 0xFF, stream: 9, [1, 2, 3]) + WireBytes.frame(4, WireBytes.setting(0x99, 7))
                + WireBytes.frame(2, stream: 7, [0, 0, 0, 1, 9])
                + WireBytes.frame(6, flags: 0xFE, [1, 2, 3, 4, 5, 6, 7, 8])
                + WireBytes.headers(0x8000_0001, WireBytes.get))
        let sent = test.sent()
        #expect(said.count == 2 && said.first == .settings)
        #expect(sent.map(\.type) == [4, 6] && sent.last?.payload == [1, 2, 3, 4, 5, 6, 7, 8] && sent.last?.flags == 1)
    }

    @Test func framesOnTheirWayWhenWeResetAreDropped() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(Self.opened)
        test.session.reset(1, .cancel)
        _ = test.sent()
        let said = test.feed(
            WireBytes.data(1, [UInt8](repeating: 1, count: 9_000)) + WireBytes.headers(1, [("a", "b")])
                + WireBytes.windowUpdate(1, 5)
                + WireBytes.reset(1) + WireBytes.headers(3, WireBytes.get))
        let isWhole = test.session.receiveWindow + test.session.unreturned == 1_048_576
        #expect(said.count == 1 && isWhole, "the connection's window is given back")
    }
}
