import Glibc
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import Testing

/// What a service decides about how long things may take; what is waited for is always the proxy's own deadline.
@Suite(.timeLimit(.minutes(1))) struct TimeoutTests {
    private static let long: Int64 = 60_000

    private func route(
        _ instances: [RouteInstance], service: ServiceID = testService, hosts: [String] = ["app.localhost"],
        connect: Int64 = long, header: Int64 = long, idle: Int64 = long, total: Int64 = long,
    ) -> ServiceRoute {
        ServiceRoute(
            service: service, hosts: hosts, generation: 1, maxConcurrency: 100, queueLengthMax: 1_000,
            queueWaitMilliseconds: 10_000,
            timeouts: RouteTimeouts(
                connectMilliseconds: connect, responseHeaderMilliseconds: header, idleMilliseconds: idle,
                totalMilliseconds: total),
            availability: .serving, instances: instances)
    }

    /// Reads a request's head, answers with some bytes and then keeps silent until the proxy ends the connection.
    private func silent(after text: String, _ number: UInt64 = 1) throws -> ScriptedInstance {
        try ScriptedInstance(number) { wire, _ in
            _ = try wire.readHead()
            try wire.write(text)
            _ = wire.readToEnd()
        }
    }

    @Test func anAnswerWhoseHeadDoesNotComeInTimeIsAGatewayTimeout() async throws {
        let instance = try silent(after: "HTTP/1.1 100 Continue\r\n\r\n")
        try await TestProxy.with([route([instance.routed()], header: 100)]) { proxy in
            let answer = try await proxy.exchange(get())
            // An interim head is none.
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 504"))
            let totals = try await proxy.totals { !$0.platformErrors.isEmpty }
            #expect(totals.platformErrors == ["requestTimeout": 1])
        }
    }

    @Test func theWaitForTheHeadBeginsWhenTheRequestHasBeenSent() async throws {
        let gate = Gate()
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.read(through: "\r\n\r\nbody")
            try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let other = ServiceID(high: 1, low: 2)
        let never = try silent(after: "", 2)
        let routes = [
            route([instance.routed()], header: 2_000),
            route([never.routed()], service: other, hosts: ["other.localhost"], header: 2_100),
        ]
        try await TestProxy.with(routes) { proxy in
            let port = proxy.port
            async let slow = onThread {
                let wire = try Wire(port: port)
                try wire.write(
                    "POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
                gate.wait()
                try wire.write("body")
                return wire.readToEnd()
            }
            // Longer than the wait for a head may be: another request has been through the whole of it meanwhile.
            let timedOut = try await proxy.exchange(get(host: "other.localhost"))
            #expect(timedOut.hasPrefix("HTTP/1.1 504"))
            gate.open()
            let answer = try await slow
            #expect(answer.hasPrefix("HTTP/1.1 204"))
        }
    }

    @Test func anAnswerThatStopsIsCutAndDoesNotLookComplete() async throws {
        let instance = try silent(after: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        try await TestProxy.with([route([instance.routed()], idle: 100)]) { proxy in
            let answer = try await proxy.exchange(keep())
            #expect(answer.hasSuffix("\r\n\r\nabc"))
            let totals = try await proxy.totals { !$0.platformErrors.isEmpty }
            #expect(totals.platformErrors == ["requestTimeout": 1])
        }
    }

    private func tunnel(_ port: Int, host: String = "app.localhost") throws -> Wire {
        let wire = try Wire(port: port)
        try wire.write("GET /ws HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(try wire.readHead().contains("101 Switching Protocols"))
        return wire
    }

    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    @Test func aSilentTunnelEndsAfterItsIdleTime() async throws {
        let instance = try silent(after: Self.switching)
        try await TestProxy.with([route([instance.routed()], idle: 100)]) { proxy in
            let port = proxy.port
            let rest = try await onThread { try tunnel(port).readToEnd() }
            #expect(rest == "")
            let totals = try await proxy.totals { $0.answered == 1 }
            #expect(totals == LedgerTotals(accepted: 1, answered: 1))
        }
    }

    @Test func aTunnelOutlivesTheLimitOfARequest() async throws {
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            guard head.contains("websocket") else {
                _ = wire.readToEnd()
                return
            }
            try wire.write(Self.switching)
            try wire.write(try wire.read(count: 5))
            _ = wire.readToEnd()
        }
        try await TestProxy.with([route([instance.routed()], total: 200)]) { proxy in
            let port = proxy.port
            let wire = try await onThread { try tunnel(port) }
            // A request that began later has reached its limit, so the tunnel is past it.
            let timedOut = try await proxy.exchange(get())
            #expect(timedOut.hasPrefix("HTTP/1.1 504"))
            let echo = try await onThread {
                try wire.write("hello")
                return try wire.read(count: 5)
            }
            #expect(echo == Array("hello".utf8))
            wire.cut()
        }
    }

    @Test func anotherInstanceIsTriedWhenConnectingTakesTooLong() async throws {
        let full = try FullListener()
        let instance = try ScriptedInstance(2, answering: "hello")
        let unreachable = RouteInstance(
            id: InstanceID(high: 2, low: 1), address: InstanceAddress(host: "127.0.0.1", port: full.port), state: .ready
        )
        try await TestProxy.with([route([unreachable, instance.routed()], connect: 100)]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasSuffix("hello"))
        }
    }
}

/// A socket that listens and has no room for another connection: the kernel drops what asks for one.
private final class FullListener {
    let port: Int
    private let descriptor: Int32
    private var waiting: [Int32] = []

    init() throws {
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        (port, descriptor) = (listener.port, listener.descriptor)
        // One connection waits to be accepted; the kernel has room for no other.
        listen(descriptor, 0)
        waiting.append(try Self.connected(port))
    }

    private static func connected(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SocketFailure("filling a listener") }
        return descriptor
    }

    deinit {
        for socket in waiting { close(socket) }
        close(descriptor)
    }
}
