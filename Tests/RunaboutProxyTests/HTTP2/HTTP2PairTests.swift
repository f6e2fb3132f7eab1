import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// A client and a server of our own that talk to each other through pipes cut anywhere.
@Suite struct HTTP2PairTests {
    /// What one side got of a stream.
    private struct Got: Equatable {
        var lines: [String] = []
        var body: [UInt8] = []
        var trailers: [String]?
        var isEnded = false
    }

    private struct Side: ~Copyable {
        var test: SessionUnderTest
        var got: [UInt32: Got] = [:]
        /// Bodies that are to be sent, and how much of each is out.
        var bodies: [UInt32: (bytes: [UInt8], sent: Int)] = [:]
        /// Bytes that came and that are still to be taken.
        var untaken: [UInt32: Int] = [:]
        var failures: [Said] = []

        init(_ role: HTTP2Session.Role) { test = SessionUnderTest(role) }

        mutating func hear(_ bytes: [UInt8]) {
            for said in test.feed(bytes) {
                switch said {
                case .request(let stream, let lines, let ends), .response(let stream, let lines, let ends):
                    got[stream, default: Got()].lines = lines
                    got[stream]?.isEnded = ends
                case .data(let stream, let bytes, let ends):
                    got[stream, default: Got()].body += bytes
                    got[stream]?.isEnded = ends
                    untaken[stream, default: 0] += bytes.count
                case .trailers(let stream, let lines):
                    got[stream, default: Got()].trailers = lines
                    got[stream]?.isEnded = true
                case .windowOpened, .settings: break
                case .reset, .goAway, .failed: failures.append(said)
                }
            }
        }

        /// Sends on as much of the bodies as goes, then trailers.
        mutating func pump() {
            while test.session.nextWritable() != nil {}
            for (stream, body) in bodies {
                let taken = test.session.writeData(stream, body.bytes.span, body.sent..<body.bytes.count, ends: false)
                bodies[stream]?.sent += taken
                guard body.sent + taken == body.bytes.count else { continue }
                bodies[stream] = nil
                test.session.beginHead(stream)
                test.session.appendField("x-sum", "known")
                test.session.endHead(stream, ends: true)
            }
        }

        mutating func takeSome(_ generator: inout SeededGenerator) {
            for (stream, count) in untaken where Bool.random(using: &generator) {
                test.session.took(stream: stream, count: count)
                untaken[stream] = nil
            }
        }
    }

    private static let fields = Array("x-namevalue".utf8)

    private func ask(_ client: inout Side, _ body: [UInt8]) -> UInt32? {
        guard let stream = client.test.session.openStream(tag: 7, answersHEAD: false) else { return nil }
        let text = Array("/pathexample.test".utf8)
        client.test.session.beginHead(stream)
        client.test.session.appendField(.methodPOST)
        client.test.session.appendField(.schemeHTTPS)
        client.test.session.appendField(.path, text.span, 0..<5)
        client.test.session.appendField(.authority, text.span, 5..<text.count)
        client.test.session.appendField(Self.fields.span, name: 0..<6, value: 6..<11)
        client.test.session.endHead(stream, ends: false)
        client.bodies[stream] = (body, 0)
        return stream
    }

    @Test func bodiesArriveWholeWhateverThePieces() {
        let seed = seedOfRun()
        var generator = SeededGenerator(seed: seed)
        var client = Side(.client)
        var server = Side(.server)
        var toServer: [UInt8] = []
        var toClient: [UInt8] = []
        var asked: [UInt32: [UInt8]] = [:]
        var answered: Set<UInt32> = []
        var turns = 0
        while turns < 200_000, asked.count < 60 || client.got.values.filter(\.isEnded).count < 60 {
            turns += 1
            if asked.count < 60, Int.random(in: 0..<4, using: &generator) == 0 {
                let size = [0, 10, 1_000, 100_000, 600_000].randomElement(using: &generator) ?? 0
                let body = [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: size)
                if let stream = ask(&client, body) { asked[stream] = body }
            }
            client.pump()
            server.pump()
            client.takeSome(&generator)
            server.takeSome(&generator)
            // The server answers with what it was sent, once it has all of it.
            for (stream, got) in server.got where got.isEnded && answered.insert(stream).inserted {
                server.test.session.beginHead(stream)
                server.test.session.appendStatus(200)
                server.test.session.endHead(stream, ends: false)
                server.bodies[stream] = (got.body, 0)
            }
            toServer += client.test.sentBytes()
            toClient += server.test.sentBytes()
            let forth = Int.random(in: 0...min(toServer.count, 40_000), using: &generator)
            server.hear(Array(toServer.prefix(forth)))
            toServer.removeFirst(forth)
            let back = Int.random(in: 0...min(toClient.count, 40_000), using: &generator)
            client.hear(Array(toClient.prefix(back)))
            toClient.removeFirst(back)
        }
        #expect(client.failures.isEmpty && server.failures.isEmpty, "SEED=\(seed)")
        let request = [":method: POST", ":scheme: https", ":path: /path", ":authority: example.test", "x-name: value"]
        for (stream, body) in asked {
            let forth = Got(lines: request, body: body, trailers: ["x-sum: known"], isEnded: true)
            let back = Got(lines: [":status: 200"], body: body, trailers: ["x-sum: known"], isEnded: true)
            #expect(server.got[stream] == forth, "SEED=\(seed) stream \(stream)")
            #expect(client.got[stream] == back, "SEED=\(seed) stream \(stream)")
        }
        let left = (client.test.session.streams.count, server.test.session.streams.count)
        #expect(left == (0, 0))
    }
}

/// What only a client of HTTP/2 meets.
@Suite struct HTTP2ClientRoleTests {
    /// A client with one open stream, whose server has greeted it.
    private func asking(_ settings: [UInt8] = [], answersHEAD: Bool = false) -> SessionUnderTest {
        var test = SessionUnderTest(.client)
        let preface = Array(test.session.output.buffer.prefix(24))
        #expect(preface == Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        _ = test.sentBytes()
        _ = test.feed(WireBytes.frame(4, settings))
        if let stream = test.session.openStream(tag: 5, answersHEAD: answersHEAD) {
            test.session.beginHead(stream)
            test.session.appendField(.methodGET)
            test.session.endHead(stream, ends: true)
        }
        _ = test.sent()
        return test
    }

    @Test func answersComeAfterInterimOnes() {
        var test = asking()
        let said = test.feed(
            WireBytes.headers(1, [(":status", "103")], ends: false)
                + WireBytes.headers(1, [(":status", "200"), ("content-length", "1")], ends: false)
                + WireBytes.data(1, [9], ends: true))
        #expect(
            said == [
                .response(1, [":status: 103"], ends: false),
                .response(1, [":status: 200", "content-length: 1"], ends: false), .data(1, [9], ends: true),
            ])
        let open = test.session.isOpen(1)
        #expect(!open)
    }

    @Test(arguments: [
        WireBytes.data(1, [1]), WireBytes.headers(1, [(":status", "103")]), WireBytes.headers(1, [("a", "b")]),
        WireBytes.headers(1, [(":status", "20")]), WireBytes.headers(1, [(":status", "101")], ends: false),
        WireBytes.headers(1, [(":status", "200"), (":path", "/")]),
        WireBytes.headers(1, [("a", "b"), (":status", "200")]),
        WireBytes.headers(1, [(":status", "200"), ("transfer-encoding", "chunked")]),
        WireBytes.headers(1, [(":status", "200"), ("content-length", "1")]),
    ])
    func malformedAnswersAreReset(_ bytes: [UInt8]) {
        var test = asking()
        let said = test.feed(bytes)
        #expect(said == [.reset(1, 1, byPeer: false)])
    }

    @Test func anAnswerToHEADHasALengthAndNoBody() {
        var test = asking(answersHEAD: true)
        let said = test.feed(WireBytes.headers(1, [(":status", "200"), ("content-length", "9")]))
        #expect(said == [.response(1, [":status: 200", "content-length: 9"], ends: true)])
    }

    @Test(arguments: [
        WireBytes.frame(5, flags: 4, stream: 1, [0, 0, 0, 2]), WireBytes.headers(3, [(":status", "200")]),
        WireBytes.headers(2, [(":status", "200")]), WireBytes.frame(4, WireBytes.setting(2, 1)),
        WireBytes.data(3, [1]),
    ])
    func whatAServerMayNotSendEndsTheConnection(_ bytes: [UInt8]) {
        var test = asking()
        let said = test.feed(bytes)
        #expect(said == [.failed(1)])
    }

    @Test func streamsAreOpenedAsThePeerAllows() {
        var test = asking(WireBytes.setting(3, 2))
        let second = test.session.openStream(tag: 6, answersHEAD: false)
        let third = test.session.openStream(tag: 7, answersHEAD: false)
        #expect(second == 3 && third == nil)
        let said = test.feed(WireBytes.frame(7, WireBytes.number(1) + WireBytes.number(0)))
        let refused = test.session.anyStream(above: 1)
        #expect(said == [.goAway(1, 0)] && refused?.stream == 3 && refused?.tag == 6)
        test.session.drop(3)
        let none = test.session.anyStream(above: 1) == nil
        let before = test.session.isFinished
        _ = test.feed(WireBytes.headers(1, [(":status", "200")]))
        let after = test.session.isFinished
        let more = test.session.openStream(tag: 8, answersHEAD: false)
        #expect(none && !before && after && more == nil)
    }
}
