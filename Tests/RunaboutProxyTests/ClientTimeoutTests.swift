import Glibc
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import Testing

/// Every wait for a client has an end.
///
/// The deadlines here are short; what is waited for is the end itself.
@Suite(.timeLimit(.minutes(1))) struct ClientTimeoutTests {
    private static let short = Duration.milliseconds(50)

    @Test func aClientThatSaysNothingIsLeft() async throws {
        var timeouts = EngineTimeouts()
        timeouts.head = Self.short
        try await TestProxy.with([], timeouts: timeouts) { proxy in
            let port = proxy.port
            let said = try await onThread { try Wire(port: port).readToEnd() }
            #expect(said == "")
        }
    }

    @Test func aHeadThatDoesNotEndIsTooSlow() async throws {
        var timeouts = EngineTimeouts()
        timeouts.head = Self.short
        try await TestProxy.with([], timeouts: timeouts) { proxy in
            let said = try await proxy.exchange("GET / HTTP/1.1\r\nHost: app.localhost\r\n")
            #expect(said.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func anIdleConnectionEndsWithoutAWord() async throws {
        var timeouts = EngineTimeouts()
        timeouts.keepAlive = Self.short
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], timeouts: timeouts) { proxy in
            let said = try await proxy.exchange(keep())
            #expect(said.hasPrefix("HTTP/1.1 200 ") && said.hasSuffix("\r\n\r\nhello"))
        }
    }

    @Test func aBodyThatStopsIsTooSlow() async throws {
        var timeouts = EngineTimeouts()
        timeouts.bodyIdle = Self.short
        let instance = try ScriptedInstance { wire, _ in _ = wire.readToEnd() }
        try await TestProxy.with([route([instance.routed()])], timeouts: timeouts) { proxy in
            let said = try await proxy.exchange(
                "POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 10\r\n\r\nabc")
            #expect(said.hasPrefix("HTTP/1.1 408 "))
            let totals = try await proxy.totals { !$0.platformErrors.isEmpty }
            #expect(totals.platformErrors == ["clientTooSlow": 1])
        }
    }

    @Test func aClientThatTakesNothingIsLeft() async throws {
        var timeouts = EngineTimeouts()
        timeouts.sendIdle = Self.short
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            let piece = [UInt8](repeating: 120, count: 1_000_000)
            for _ in 0..<100 { try wire.write(piece) }
        }
        try await TestProxy.with([route([instance.routed()])], timeouts: timeouts) { proxy in
            let port = proxy.port
            let wire = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(keep())
                return wire
            }
            let totals = try await proxy.totals { $0.clientGone == 1 }
            #expect(totals.accepted == 1)
            withExtendedLifetime(wire) {}
        }
    }

    @Test func anInstanceThatEndsItsTunnelEndsTheClients() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbye")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let said = try await proxy.exchange(
                "GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            #expect(said.hasSuffix("\r\n\r\nbye"))
        }
    }
}
