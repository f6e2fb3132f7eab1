import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

@testable import RunaboutProxy

/// Instances that speak HTTP/2 without TLS, as gRPC's do.
@Suite(.timeLimit(.minutes(1))) struct HTTP2InstanceTests {
    /// Answers by path, as an application would; one thread for each connection.
    private static func serve(_ wire: Wire, _ heads: borrowing Mutex<[[String]]>) throws {
        var server = try HTTP2TestServer(wire)
        var refused = false
        var paths: [UInt32: String] = [:]
        while !server.isClosed {
            for heard in try server.next() {
                switch heard {
                case .request(let stream, let lines, let ends):
                    heads.withLock { $0.append(lines) }
                    let path = lines.first { $0.hasPrefix(":path: ") }.map { String($0.dropFirst(7)) } ?? ""
                    paths[stream] = path
                    switch path {
                    case "/refuse" where !refused:
                        refused = true
                        server.session.reset(stream, .refusedStream)
                    case "/reset":
                        server.send(stream, status: 200, ends: false)
                        server.send(stream, Array("part".utf8), ends: false)
                        server.session.reset(stream, .internalError)
                    case "/large":
                        server.send(stream, status: 200, [("content-length", "3000000")], ends: false)
                        server.send(stream, [UInt8](repeating: 7, count: 3_000_000), ends: true)
                    case "/hints":
                        server.send(stream, status: 103, [("link", "</a>")], ends: false)
                        server.send(stream, status: 204, ends: true)
                    case "/trailers-only":
                        server.send(stream, status: 200, [("grpc-status", "12")], ends: true)
                    case "/hang": server.send(stream, status: 200, ends: false)
                    case "/leave":
                        // The last one taken is the one before.
                        server.session.drop(stream)
                        server.session.appendGoAway(last: stream - 2, code: .none)
                    case "/close": return
                    default:
                        server.send(stream, status: 200, [("content-type", "application/grpc")], ends: false)
                        if ends { server.send(stream, [("grpc-status", "0")], ends: true) }
                    }
                case .data(let stream, let bytes, let ends):
                    if paths[stream]?.hasPrefix("/hang") ?? true { continue }
                    server.send(stream, bytes, ends: false)
                    if ends { server.send(stream, [("grpc-status", "0")], ends: true) }
                case .trailers(let stream, let lines):
                    server.send(stream, [("x-heard", lines.joined())], ends: true)
                case .reset(let stream, let code):
                    heads.withLock { $0.append(["reset of \(paths[stream] ?? ""): \(code)"]) }
                }
            }
            try server.flush()
        }
    }

    /// Runs a body against a proxy with one such instance; gives it the port and what the instance heard.
    private func with(
        _ body: @escaping @Sendable (Int, borrowing Mutex<[[String]]>) throws -> Void,
        then check: (TestProxy, ScriptedInstance) async throws -> Void = { _, _ in },
    ) async throws {
        final class Heads: Sendable {
            let lines = Mutex<[[String]]>([])
        }
        let heads = Heads()
        let instance = try ScriptedInstance { wire, _ in try Self.serve(wire, heads.lines) }
        try await TestProxy.with([route([instance.routed()], instanceProtocol: .http2)]) { proxy in
            let port = proxy.port
            try await onThread { try body(port, heads.lines) }
            try await check(proxy, instance)
        }
    }

    @Test func aCallGoesThroughWithItsTrailers() async throws {
        try await with { port, heads in
            var client = try HTTP2TestClient(port: port)
            let stream = try client.ask(
                "POST", "/service/Method", [("content-type", "application/grpc"), ("te", "trailers")], ends: false)
            try client.wait { !($0.answers[stream]?.heads.isEmpty ?? true) }
            // Both directions at once: each message comes back before the next is sent.
            for text in ["one", "two", "three"] {
                let before = client.answers[stream]?.text ?? ""
                try client.send(stream, Array(text.utf8), ends: false)
                try client.wait { $0.answers[stream]?.text == before + text }
            }
            try client.send(stream, Array("!".utf8), ends: true)
            let answer = try client.answer(stream)
            #expect(answer.heads == [[":status: 200", "content-type: application/grpc"]])
            #expect(answer.text == "onetwothree!" && answer.trailers == ["grpc-status: 0"])
            let head = heads.withLock { $0[0] }
            #expect(
                head.prefix(4) == [
                    ":method: POST", ":scheme: http", ":path: /service/Method", ":authority: app.localhost",
                ])
            #expect(head.contains("te: trailers") && head.contains("x-forwarded-for: 127.0.0.1"))
            let only = try client.answer(try client.ask("POST", "/trailers-only"))
            #expect(only.heads == [[":status: 200", "grpc-status: 12"]] && only.body.isEmpty)
        } then: { proxy, instance in
            let totals = try await proxy.totals { $0.answered == 2 }
            #expect(totals.accepted == 2 && instance.connections == 1)
        }
    }

    @Test func manyCallsShareAConnection() async throws {
        try await with { port, _ in
            var client = try HTTP2TestClient(port: port)
            for _ in 0..<10 {
                let streams = try (0..<90).map { _ in try client.ask("POST", "/m", ends: false) }
                for stream in streams { try client.send(stream, Array("\(stream)".utf8), ends: true) }
                for stream in streams {
                    let answer = try client.answer(stream)
                    #expect(answer.text == "\(stream)" && answer.trailers == ["grpc-status: 0"])
                }
            }
        } then: { _, instance in
            #expect(instance.connections == 1)
        }
    }

    @Test func largeBodiesGoBothWays() async throws {
        try await with { port, _ in
            var client = try HTTP2TestClient(port: port)
            let large = try client.answer(try client.ask("GET", "/large"))
            #expect(large.body.count == 3_000_000 && large.heads[0].contains("content-length: 3000000"))
            let body = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let stream = try client.ask("POST", "/echo", ends: false)
            try client.send(stream, body, ends: false)
            try client.sendTrailers(stream, [("x-sum", "7")])
            let answer = try client.answer(stream)
            #expect(answer.body == body && answer.trailers == ["x-heard: x-sum: 7"])
        }
    }

    @Test func clientsOfHTTP1AreServedToo() async throws {
        try await with { port, _ in
            let wire = try Wire(port: port)
            try wire.write(keep("/large"))
            let head = try wire.readHead()
            #expect(head.hasPrefix("HTTP/1.1 200 \r\n") && head.lowercased().contains("content-length: 3000000"))
            #expect(try wire.read(count: 3_000_000).allSatisfy { $0 == 7 })
            try wire.write(keep("/hints"))
            #expect(try wire.readHead().hasPrefix("HTTP/1.1 103"))
            #expect(try wire.readHead().hasPrefix("HTTP/1.1 204"))
            let body = String(repeating: "b", count: 600_000)
            try wire.write("POST /echo HTTP/1.1\r\nHost: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(try wire.readHead().lowercased().contains("transfer-encoding: chunked"))
            try wire.write("927c0\r\n\(body)\r\n0\r\n\r\n")
            let chunked = try wire.read(through: "\r\n0\r\ngrpc-status: 0\r\n\r\n")
            #expect(chunked.filter { $0 == "b" }.count >= 600_000)
            try wire.write("POST /echo HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 3\r\n\r\nabc")
            _ = try wire.readHead()
            #expect(try wire.read(through: "\r\n0\r\ngrpc-status: 0\r\n\r\n").hasPrefix("3\r\nabc"))
        }
    }

    /// The next header section of a client, as it is encoded, and its stream.
    private static func section(_ wire: Wire) throws -> (fields: [UInt8], stream: UInt8) {
        var fields: [UInt8] = []
        while true {
            let head = try wire.read(count: 9)
            let payload = try wire.read(count: Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            // Headers and their continuations.
            guard head[3] == 1 || head[3] == 9 else { continue }
            fields += payload
            if head[4] & 4 != 0 { return (fields, head[8]) }
        }
    }

    /// The fields of a section as our encoder writes them, but for those that are numbers alone.
    ///
    /// Not by our decoder, which takes no more than a client may send.
    private static func fields(of section: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        var index = 0
        func number(_ mask: UInt8) -> Int {
            var number = Int(section[index] & mask)
            index += 1
            guard number == Int(mask) else { return number }
            var shift = 0
            while true {
                number += Int(section[index] & 127) << shift
                shift += 7
                index += 1
                if section[index - 1] < 128 { return number }
            }
        }
        func text() -> String {
            let count = number(127)
            defer { index += count }
            return String(decoding: section[index..<index + count], as: UTF8.self)
        }
        while index < section.count {
            if section[index] >= 128 {
                index += 1
                continue
            }
            let known = number(15)
            let name = known == 0 ? text() : "\(known)"
            fields[name] = text()
        }
        return fields
    }

    @Test func asManyFieldsAsLargeAsMayComeGoThrough() async throws {
        let sections = Mutex<[[UInt8]]>([])
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.read(count: 24)
            try wire.write(WireBytes.frame(4))
            while true {
                let (fields, stream) = try Self.section(wire)
                sections.withLock { $0.append(fields) }
                // The status is 204, by its number in the static table.
                try wire.write(WireBytes.frame(1, flags: 5, stream: UInt32(stream), [0x89]))
            }
        }
        // With Host as many as may come, up to the last byte of a head; ours come on top.
        let many = (0..<126).map { ("x-\($0)", "value \($0)") }
        let start = keep("/m", many.map { "\($0.0): \($0.1)\r\n" }.joined() + "x-large: \r\n")
        let large = String(repeating: "v", count: Limits.headBytesMax - start.utf8.count)
        try await TestProxy.with([route([instance.routed()], instanceProtocol: .http2)]) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                try wire.write(start.replacing("x-large: ", with: "x-large: " + large))
                #expect(try wire.readHead().hasPrefix("HTTP/1.1 204"))
                var client = try HTTP2TestClient(port: port)
                let answer = try client.answer(try client.ask("GET", "/m", many))
                #expect(answer.status == ":status: 204")
            }
        }
        let seen = sections.withLock { $0 }
        #expect(seen.count == 2)
        for section in seen {
            let fields = Self.fields(of: section)
            let all = many.allSatisfy { name, value in fields[name] == value }
            #expect(all && fields["x-forwarded-for"] == "127.0.0.1")
        }
        #expect(Self.fields(of: seen[0])["x-large"] == large)
    }

    @Test func aStreamThatWasNotActedUponIsSentAgain() async throws {
        try await with { port, heads in
            var client = try HTTP2TestClient(port: port)
            let refused = try client.answer(try client.ask("POST", "/refuse"))
            #expect(refused.status == ":status: 200" && refused.trailers == ["grpc-status: 0"])
            #expect(heads.withLock { $0.count } == 2)
        }
    }

    @Test func aConnectionThatLeavesIsReplaced() async throws {
        let calls = Atomic<Int>(0)
        let instance = try ScriptedInstance { wire, _ in
            var server = try HTTP2TestServer(wire)
            let isFirst = calls.add(1, ordering: .relaxed).newValue == 1
            while !server.isClosed {
                for heard in try server.next() {
                    guard case .request(let stream, _, _) = heard else { continue }
                    if isFirst, stream > 1 {
                        server.session.drop(stream)
                        server.session.appendGoAway(last: 1, code: .none)
                    } else {
                        server.send(stream, status: 204, ends: true)
                    }
                }
                try server.flush()
            }
        }
        try await TestProxy.with([route([instance.routed()], instanceProtocol: .http2)]) { proxy in
            let port = proxy.port
            try await onThread {
                var client = try HTTP2TestClient(port: port)
                for _ in 0..<3 {
                    let answer = try client.answer(try client.ask("POST"))
                    #expect(answer.status == ":status: 204")
                }
            }
            #expect(instance.connections == 2)
        }
    }

    @Test func lostStreamsAreNoAnswers() async throws {
        try await with { port, _ in
            var client = try HTTP2TestClient(port: port)
            let reset = try client.answer(try client.ask("POST", "/reset"))
            #expect(reset.text == "part" && reset.reset == 2 && !reset.isEnded)
            let closed = try client.answer(try client.ask("POST", "/close"))
            #expect(closed.status == ":status: 502" && closed.text.contains("instanceClosed"))
            let next = try client.answer(try client.ask("POST", "/m"))
            #expect(next.trailers == ["grpc-status: 0"])
        }
    }

    @Test func aCancelledCallIsCancelledAtTheInstance() async throws {
        try await with { port, heads in
            var client = try HTTP2TestClient(port: port)
            let stream = try client.ask("POST", "/hang", ends: false)
            try client.wait { !($0.answers[stream]?.heads.isEmpty ?? true) }
            client.session.reset(stream, .cancel)
            try client.flush()
            // The next call goes over the same connection, behind the reset.
            _ = try client.answer(try client.ask("POST", "/m"))
            #expect(heads.withLock { $0.contains(["reset of /hang: 8"]) })
        } then: { proxy, instance in
            _ = try await proxy.totals { $0.clientGone == 1 && $0.answered == 1 }
            #expect(instance.connections == 1)
        }
    }

    @Test func anInstanceThatRefusesConnectionsIsUnreachable() async throws {
        let instance = try RefusingInstance()
        let routed = route([instance.routed()], queueWaitMilliseconds: 50, instanceProtocol: .http2)
        try await TestProxy.with([routed]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 502") && answer.contains("instanceUnreachable"))
        }
    }
}
