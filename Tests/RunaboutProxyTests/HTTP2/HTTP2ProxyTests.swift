import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

@testable import RunaboutProxy

/// Clients of HTTP/2 in front of instances of HTTP/1.1.
@Suite(.timeLimit(.minutes(1))) struct HTTP2ProxyTests {
    /// Runs a client against a proxy with one instance.
    private func with<Result: Sendable>(
        _ instance: ScriptedInstance, _ body: @escaping @Sendable (inout HTTP2TestClient) throws -> Result,
        then check: (TestProxy, Result) async throws -> Void = { _, _ in },
    ) async throws {
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            let result = try await onThread {
                var client = try HTTP2TestClient(port: port)
                return try body(&client)
            }
            try await check(proxy, result)
        }
    }

    @Test func aRequestIsAnsweredAndCounted() async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let head = try wire.readHead()
                heard.withLock { $0 = head }
                try wire.write(
                    "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX-Mixed: Case\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\nhello"
                )
            }
        }
        try await with(instance) { client in
            let stream = try client.ask(
                "GET", "/a?b=c", [("x-own", "1"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-forwarded-for", "6.6.6.6")])
            return try client.answer(stream)
        } then: { proxy, answer in
            #expect(answer.heads == [[":status: 200", "content-length: 5", "x-mixed: Case"]])
            #expect(answer.text == "hello" && answer.trailers == nil)
            let head = heard.withLock { $0 }.lowercased()
            #expect(head.hasPrefix("get /a?b=c http/1.1\r\nhost: app.localhost\r\n"))
            for line in ["x-own: 1", "cookie: a=1; b=2", "x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http"] {
                #expect(head.contains("\r\n\(line)\r\n"), "\(line) in \(head)")
            }
            #expect(!head.contains("6.6.6.6") && head.contains("\r\nx-request-id: "))
            let totals = try await proxy.totals { $0.answered == 1 }
            #expect(totals.accepted == 1 && proxy.entries.isEmpty)
        }
    }

    @Test func manyRequestsAreAnsweredAtOnce() async throws {
        let instance = try ScriptedInstance { wire, counters in
            while true {
                let path = try wire.readHead().split(separator: " ")[1]
                try counters.running {
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
                }
            }
        }
        try await with(instance) { client in
            for round in 0..<20 {
                let asked = try (0..<100).map { (try client.ask("GET", "/\(round)/\($0)"), "/\(round)/\($0)") }
                for (stream, path) in asked {
                    let answer = try client.answer(stream)
                    #expect(answer.status == ":status: 200" && answer.text == path)
                }
            }
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.answered == 2_000 }
            #expect(totals.accepted == 2_000)
        }
    }

    @Test func bodiesGoBothWaysWhateverTheirFraming() async throws {
        let instance = try ScriptedInstance { wire, _ in try echo(wire) }
        try await with(instance) { client in
            for (path, length) in [("/length", true), ("/chunked", true), ("/chunked", false), ("/length", false)] {
                let body = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let fields = length ? [("content-length", "\(body.count)")] : []
                let stream = try client.ask("POST", path, fields, ends: false)
                try client.send(stream, body, ends: true)
                let answer = try client.answer(stream)
                #expect(answer.body == body && answer.status == ":status: 200", "\(path) \(length)")
                #expect(answer.trailers == (path == "/chunked" ? ["x-sum: known"] : nil))
                let framing = length ? "x-framing: length" : "x-framing: chunked"
                #expect(answer.heads.last?.contains(framing) ?? false)
            }
        }
    }

    @Test func trailersReachTheInstance() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            let body = try wire.read(through: "0\r\nx-sum: 7\r\n\r\n")
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
        try await with(instance) { client in
            let stream = try client.ask("POST", "/", ends: false)
            try client.send(stream, Array("abc".utf8), ends: false)
            try client.sendTrailers(stream, [("x-sum", "7")])
            #expect(try client.answer(stream).text == "3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n")
        }
    }

    @Test func answersWithoutBodiesEndWithTheirHeads() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let head = try wire.readHead()
                if head.hasPrefix("HEAD") {
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
                } else if head.hasPrefix("GET /early") {
                    try wire.write(
                        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n")
                } else {
                    try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
                }
            }
        }
        try await with(instance) { client in
            let head = try client.answer(try client.ask("HEAD"))
            #expect(head.heads == [[":status: 200", "content-length: 9"]] && head.body.isEmpty)
            let early = try client.answer(try client.ask("GET", "/early"))
            #expect(early.heads == [[":status: 103", "link: </a>"], [":status: 304", "etag: x"]])
            let none = try client.answer(try client.ask())
            #expect(none.heads == [[":status: 204"]])
        }
    }

    @Test func aBodyThatEndsWithItsConnectionIsWhole() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }
        try await with(instance) { client in
            let answer = try client.answer(try client.ask())
            #expect(answer.text == "until the end" && answer.isEnded && answer.reset == nil)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nZ",
    ])
    func aTruncatedAnswerNeverLooksComplete(_ text: String) async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write(text)
        }
        try await with(instance) { client in
            let stream = try client.ask()
            let answer = try client.answer(stream)
            #expect(!answer.isEnded && answer.reset == 2)
            // The connection goes on.
            return try client.answer(try client.ask("GET", "/", host: "other.localhost"))
        } then: { _, next in
            #expect(next.status == ":status: 404" && next.text.contains("noSuchHost"))
        }
    }

    @Test func errorsOfThePlatformArePages() async throws {
        let instance = try ScriptedInstance(answering: "x")
        try await with(instance) { client in
            let page = try client.answer(
                try client.ask("GET", "/", host: "other.localhost", [("accept", "text/html")]))
            #expect(page.status == ":status: 404" && page.text.hasPrefix("<!doctype html>"))
            let text = try client.answer(try client.ask("GET", "/", host: "other.localhost"))
            #expect(text.heads.last?.contains("content-type: text/plain; charset=utf-8") ?? false)
            let json = try client.answer(
                try client.ask("GET", "/", host: "other.localhost", [("accept", "application/json")]))
            #expect(json.heads.last?.contains("content-type: application/problem+json") ?? false)
            let path = "/" + String(repeating: "x", count: 17_000)
            let long = try client.answer(try client.ask("GET", path))
            #expect(long.status == ":status: 414")
            let bad = try client.answer(try client.ask("GET", "/a b"))
            #expect(bad.status == ":status: 400" && bad.text.contains("badRequest"))
            let withBody = try client.ask("POST", "/", host: "other.localhost", ends: false)
            let missing = try client.answer(withBody)
            #expect(missing.status == ":status: 404")
        }
    }

    @Test func aCancelledRequestEndsAtItsInstance() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")
            // The end of the connection is what the test waits for.
            #expect(wire.readToEnd() == "")
        }
        try await with(instance) { client in
            let stream = try client.ask()
            try client.wait { $0.answers[stream]?.body.count == 4 }
            client.session.reset(stream, .cancel)
            try client.flush()
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.clientGone == 1 }
            #expect(totals.answered == 0)
        }
    }

    @Test func aConnectionThatBreaksARuleIsClosedAndItsRequestsEnd() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            _ = wire.readToEnd()
        }
        try await with(instance) { client in
            _ = try client.ask()
            try client.write(WireBytes.data(0, [1]))
            try client.readToEnd()
            #expect(client.farewells == [[1, 1]])
        } then: { proxy, _ in
            _ = try await proxy.totals { $0.clientGone == 1 }
        }
    }

    @Test func drainingEndsWhatRunsAndThenTheConnection() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")
            open.yield()
            _ = try wire.read(through: "go")
            try wire.write(" done")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            async let answer = onThread {
                var client = try HTTP2TestClient(port: port)
                let stream = try client.ask("POST", "/", ends: false)
                try client.wait { !$0.farewells.isEmpty }
                try client.send(stream, Array("go".utf8), ends: true)
                let answer = try client.answer(stream)
                try client.readToEnd()
                return (answer.text, client.farewells)
            }
            for await _ in gate { break }
            await proxy.engine.stop(within: .seconds(20))
            let (text, farewells) = try await answer
            #expect(text == "part done" && farewells.first == [0x7FFF_FFFF, 0] && farewells.last == [1, 0])
        }
    }

    @Test func aWebSocketRunsOverAStream() async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            guard head.hasPrefix("GET /socket") else {
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                return
            }
            try wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nwelcome")
            while true {
                let bytes = try wire.readSome()
                if bytes.isEmpty { return }
                try wire.write(bytes)
            }
        }
        try await with(instance) { client in
            let ask: (String) -> [(String, String)] = { path in
                [
                    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path),
                    (":authority", "app.localhost"), ("sec-websocket-version", "13"),
                ]
            }
            let stream = try client.ask(ask("/socket"), ends: false)
            try client.send(stream, Array(" early".utf8), ends: false)
            try client.wait { $0.answers[stream]?.text == "welcome early" }
            try client.send(stream, Array(" and late".utf8), ends: true)
            let answer = try client.answer(stream)
            #expect(answer.heads == [[":status: 200", "sec-websocket-protocol: chat"]])
            #expect(answer.text == "welcome early and late" && answer.isEnded)
            let refused = try client.answer(try client.ask(ask("/other"), ends: false))
            #expect(refused.status == ":status: 502", "a success that is no upgrade")
        } then: { _, _ in
            let head = heard.withLock { $0 }.lowercased()
            #expect(head.hasPrefix("get /other http/1.1\r\n") && head.contains("\r\nupgrade: websocket\r\n"))
            let key = head.split(separator: "sec-websocket-key: ").last?.prefix { $0 != "\r\n" } ?? ""
            #expect(key.count == 24 && key.hasSuffix("=="))
        }
    }

    @Test func aClientWithoutWindowStopsItsInstanceAlone() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let path = try wire.readHead().split(separator: " ")[1]
                let size = path == "/large" ? 8_000_000 : 10
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                try wire.write([UInt8](repeating: 7, count: size))
            }
        }
        try await with(instance) { client in
            client.givesCredit = false
            let large = try client.ask("GET", "/large")
            let window = Limits.http2StreamWindowBytes
            try client.wait { $0.answers[large]?.body.count == window }
            for _ in 0..<50 {
                let small = try client.answer(try client.ask("GET", "/small"))
                #expect(small.body.count == 10)
            }
            #expect(client.answers[large]?.body.count == window)
            client.givesCredit = true
            client.session.took(stream: large, count: window)
            try client.flush()
            #expect(try client.answer(large).body.count == 8_000_000)
        }
    }
}

/// Answers each request with its body, framed as its path says.
private func echo(_ wire: Wire) throws {
    while true {
        let head = try wire.readHead()
        var body: [UInt8] = []
        let line = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
        let length = line.flatMap { Int($0.dropFirst(16)) }
        if let length {
            body = try wire.read(count: length)
        } else {
            // A line's end is one character.
            while let size = Int(try wire.read(through: "\r\n").dropLast(), radix: 16), size > 0 {
                body += try wire.read(count: size)
                _ = try wire.read(count: 2)
            }
            _ = try wire.read(count: 2)
        }
        let framing = "X-Framing: \(length == nil ? "chunked" : "length")\r\n"
        if head.hasPrefix("POST /length") {
            try wire.write("HTTP/1.1 200 OK\r\n\(framing)Content-Length: \(body.count)\r\n\r\n")
            try wire.write(body)
        } else {
            try wire.write("HTTP/1.1 200 OK\r\n\(framing)Transfer-Encoding: chunked\r\n\r\n")
            for start in stride(from: 0, to: body.count, by: 50_000) {
                let piece = Array(body[start..<min(start + 50_000, body.count)])
                try wire.write(String(piece.count, radix: 16) + "\r\n")
                try wire.write(piece + [13, 10])
            }
            try wire.write("0\r\nX-Sum: known\r\n\r\n")
        }
    }
}
