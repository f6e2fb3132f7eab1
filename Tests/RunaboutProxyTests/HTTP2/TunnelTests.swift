import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

@testable import RunaboutProxy

/// Tunnels to instances that speak HTTP/2.
@Suite(.timeLimit(.minutes(1))) struct TunnelTests {
    /// What an instance has heard.
    private final class Heard: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    private static func opening(_ path: String = "/socket", _ fields: String = "Sec-WebSocket-Key: \(key)\r\n")
        -> String
    {
        keep(path, "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n" + fields)
    }

    private static func connect(_ path: String = "/socket", protocol name: String = "websocket") -> [(String, String)] {
        [
            (":method", "CONNECT"), (":protocol", name), (":scheme", "http"), (":path", path),
            (":authority", "app.localhost"), ("sec-websocket-version", "13"),
        ]
    }

    /// Opens tunnels and echoes what comes through them; answers by path where no tunnel is to be.
    private static func serve(_ wire: Wire, _ heard: Heard, offersTunnels: Bool) throws {
        var server = try HTTP2TestServer(wire, offersTunnels: offersTunnels)
        var ending: Set<UInt32> = []
        while !server.isClosed {
            for said in try server.next() {
                switch said {
                case .request(let stream, let lines, let ends):
                    heard.add(lines.joined(separator: "|") + (ends ? "|end" : ""))
                    guard lines.contains(":method: CONNECT") else {
                        server.send(stream, status: 204, ends: true)
                        continue
                    }
                    switch lines.first(where: { $0.hasPrefix(":path: ") }) {
                    case ":path: /refuse":
                        server.send(stream, status: 403, [("content-length", "2")], ends: false)
                        server.send(stream, Array("no".utf8), ends: true)
                    case ":path: /empty": server.send(stream, status: 200, ends: true)
                    case ":path: /break":
                        server.send(stream, status: 200, ends: false)
                        server.session.reset(stream, .internalError)
                    case let path:
                        if path == ":path: /bye" { ending.insert(stream) }
                        server.send(
                            stream, status: 200,
                            [
                                ("content-length", "0"), ("sec-websocket-protocol", "chat"),
                                ("sec-websocket-accept", "x"),
                            ],
                            ends: false)
                        server.send(stream, Array("welcome".utf8), ends: false)
                    }
                case .data(let stream, let bytes, let ends):
                    if ends { heard.add("end") }
                    server.send(stream, bytes, ends: ends || ending.contains(stream))
                case .trailers: heard.add("trailers")
                case .reset(_, let code): heard.add("reset \(code)")
                }
            }
            try server.flush()
        }
    }

    private func with(
        offersTunnels: Bool = true, _ body: @escaping @Sendable (Int, Heard) throws -> Void,
        then check: (TestProxy, Heard) async throws -> Void = { _, _ in },
    ) async throws {
        let heard = Heard()
        let instance = try ScriptedInstance { wire, _ in
            try Self.serve(wire, heard, offersTunnels: offersTunnels)
        }
        try await TestProxy.with([route([instance.routed()], instanceProtocol: .http2)]) { proxy in
            let port = proxy.port
            try await onThread { try body(port, heard) }
            try await check(proxy, heard)
        }
    }

    @Test func aClientOfHTTP1OpensAWebSocket() async throws {
        try await with { port, heard in
            let wire = try Wire(port: port)
            try wire.write(Self.opening())
            let head = try wire.readHead().lowercased()
            #expect(head.hasPrefix("http/1.1 101 switching protocols\r\n"))
            // The example of RFC 6455 §1.3.
            #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"))
            #expect(head.components(of: "sec-websocket-accept") == 1 && head.contains("sec-websocket-protocol: chat"))
            #expect(head.contains("connection: upgrade\r\nupgrade: websocket\r\n"))
            #expect(!head.contains("content-length") && !head.contains("transfer-encoding"))
            #expect(try wire.read(count: 7) == Array("welcome".utf8))
            let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let writing = try NamedThread(name: "writing") {
                // A write that fails shows in what comes back.
                try? wire.write(large)
            }
            #expect(try wire.read(count: large.count) == large)
            _ = writing
            #expect(
                heard.all[0].hasPrefix(
                    ":method: CONNECT|:protocol: websocket|:scheme: http|:path: /socket|:authority: app.localhost|"))
            #expect(heard.all[0].contains("|sec-websocket-version: 13|") && !heard.all[0].contains("sec-websocket-key"))
            #expect(!heard.all[0].contains("upgrade") && !heard.all[0].hasSuffix("|end"))
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.answered == 1 }
            #expect(totals.accepted == 1)
        }
    }

    @Test func aClientOfHTTP2OpensAWebSocket() async throws {
        try await with { port, heard in
            var client = try HTTP2TestClient(port: port)
            let stream = try client.ask(Self.connect(), ends: false)
            try client.send(stream, Array(" early".utf8), ends: false)
            try client.wait { $0.answers[stream]?.text == "welcome early" }
            let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 29) }
            try client.send(stream, large, ends: true)
            let answer = try client.answer(stream)
            #expect(answer.heads == [[":status: 200", "sec-websocket-protocol: chat"]])
            #expect(answer.isEnded && answer.body == Array("welcome early".utf8) + large)
            #expect(heard.all[0].hasPrefix(":method: CONNECT|:protocol: websocket|") && heard.all.last == "end")
            #expect(!heard.all[0].contains("sec-websocket-key"))
            // The same connection goes on, for requests and for tunnels of other kinds.
            let plain = try client.answer(try client.ask("GET"))
            #expect(plain.status == ":status: 204")
            let other = try client.ask(Self.connect("/bye", protocol: "webtransport"), ends: false)
            try client.send(other, Array("x".utf8), ends: false)
            let echoed = try client.answer(other)
            #expect(echoed.text == "welcomex")
            #expect(heard.all.contains { $0.hasPrefix(":method: CONNECT|:protocol: webtransport|") })
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.answered == 3 }
            #expect(totals.accepted == 3)
        }
    }

    @Test func manyTunnelsThatAreAskedForBeforeTheInstanceHasSpokenAllOpen() async throws {
        try await with { port, _ in
            var client = try HTTP2TestClient(port: port)
            let streams = try (0..<20).map { _ in try client.ask(Self.connect("/bye"), ends: false) }
            for stream in streams { try client.send(stream, Array("\(stream)".utf8), ends: false) }
            for stream in streams {
                let answer = try client.answer(stream)
                #expect(answer.text == "welcome\(stream)")
            }
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.answered == 20 }
            #expect(totals.accepted == 20)
        }
    }

    @Test func anInstanceThatOffersNoTunnelsIsSaidToOfferNone() async throws {
        try await with(offersTunnels: false) { port, heard in
            let reason = "offers no tunnels over it"
            var client = try HTTP2TestClient(port: port)
            // Once before its settings have come, and once behind them.
            for _ in 0..<2 {
                let answer = try client.answer(try client.ask(Self.connect(), ends: false))
                #expect(answer.status == ":status: 502" && answer.text.contains(reason))
                let wire = try Wire(port: port)
                try wire.write(Self.opening())
                let head = try wire.readHead()
                #expect(head.hasPrefix("HTTP/1.1 502"))
                #expect(try wire.read(through: reason).contains(reason))
            }
            let plain = try client.answer(try client.ask("GET"))
            #expect(plain.status == ":status: 204")
            #expect(heard.all.count == 1)
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.accepted == 5 && $0.answered == 1 }
            #expect(totals.accepted == 5)
        }
    }

    @Test func whatIsNoOpeningOfAWebSocketIsNoTunnel() async throws {
        try await with { port, heard in
            for fields in [
                "", "Sec-WebSocket-Key: short\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=?\r\n",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j;Q==\r\n",
                "Sec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Key: \(Self.key)\r\n",
            ] {
                let wire = try Wire(port: port)
                try wire.write(Self.opening("/socket", fields))
                #expect(try wire.readHead().hasPrefix("HTTP/1.1 400"), "\(fields)")
            }
            #expect(heard.all.isEmpty)
            // An upgrade to something else need not be heard.
            let wire = try Wire(port: port)
            try wire.write(keep("/", "Connection: Upgrade\r\nUpgrade: other\r\n"))
            #expect(try wire.readHead().hasPrefix("HTTP/1.1 204"))
            try wire.write(Self.opening().replacing("GET", with: "PUT"))
            #expect(try wire.readHead().hasPrefix("HTTP/1.1 204"))
            var client = try HTTP2TestClient(port: port)
            let hidden = try client.answer(try client.ask(Self.connect(protocol: "h2c"), ends: false))
            #expect(hidden.status == ":status: 400")
            #expect(heard.all.allSatisfy { !$0.contains("CONNECT") && !$0.contains("upgrade") })
        }
    }

    @Test func anInstanceMayRefuseOrEndATunnel() async throws {
        try await with { port, heard in
            let wire = try Wire(port: port)
            try wire.write(Self.opening("/refuse"))
            #expect(try wire.readHead().hasPrefix("HTTP/1.1 403"))
            #expect(try wire.read(count: 2) == Array("no".utf8))
            var client = try HTTP2TestClient(port: port)
            let refused = try client.answer(try client.ask(Self.connect("/refuse"), ends: false))
            #expect(refused.status == ":status: 403" && refused.text == "no")
            let empty = try client.answer(try client.ask(Self.connect("/empty"), ends: false))
            #expect(empty.status == ":status: 200" && empty.isEnded && empty.body.isEmpty)
            let broken = try client.answer(try client.ask(Self.connect("/break"), ends: false))
            #expect(broken.status == ":status: 200" && broken.isOver)
            for path in ["/empty", "/break", "/bye"] {
                let wire = try Wire(port: port)
                try wire.write(Self.opening(path))
                let head = try wire.readHead()
                #expect(head.hasPrefix("HTTP/1.1 101"))
                if path == "/bye" { try wire.write("x") }
                #expect(wire.readToEnd() == (path == "/bye" ? "welcomex" : ""))
            }
        } then: { proxy, _ in
            let totals = try await proxy.totals { $0.answered == 7 }
            #expect(totals.accepted == 7)
        }
    }

    @Test func aClientThatLeavesItsTunnelLeavesTheInstanceToo() async throws {
        try await with { port, heard in
            let wire = try Wire(port: port)
            try wire.write(Self.opening())
            _ = try wire.readHead()
            #expect(try wire.read(count: 7) == Array("welcome".utf8))
            wire.cut()
            var client = try HTTP2TestClient(port: port)
            let stream = try client.ask(Self.connect(), ends: false)
            try client.wait { $0.answers[stream]?.text == "welcome" }
            client.session.reset(stream, .cancel)
            try client.flush()
            // Goes over the same connection, behind the second reset.
            let plain = try client.answer(try client.ask("GET"))
            #expect(plain.status == ":status: 204")
        } then: { proxy, heard in
            _ = try await proxy.totals { $0.answered == 3 }
            #expect(heard.all.filter { $0 == "reset 8" }.count >= 1)
        }
    }

    @Test func whoWaitsForAnInstanceThatCantBeReachedIsToldSo() async throws {
        let instance = try RefusingInstance()
        let routed = route([instance.routed()], queueWaitMilliseconds: 50, instanceProtocol: .http2)
        try await TestProxy.with([routed]) { proxy in
            let port = proxy.port
            let head = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(Self.opening())
                return try wire.readHead()
            }
            #expect(head.hasPrefix("HTTP/1.1 502"))
        }
    }

    @Test func whoLeavesWhileTheInstanceHasNotSpokenIsForgotten() async throws {
        let heard = Heard()
        let gate = Gate()
        let instance = try ScriptedInstance { wire, _ in
            // The router has connected; its client goes before settings come.
            gate.wait()
            try Self.serve(wire, heard, offersTunnels: true)
        }
        try await TestProxy.with([route([instance.routed()], instanceProtocol: .http2)]) { proxy in
            let port = proxy.port
            try await onThread {
                var client = try HTTP2TestClient(port: port)
                let stream = try client.ask(Self.connect(), ends: false)
                client.session.reset(stream, .cancel)
                try client.flush()
            }
            _ = try await proxy.totals { $0.clientGone == 1 }
            gate.open()
            #expect(try await proxy.exchange(get()).hasPrefix("HTTP/1.1 204"))
        }
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
