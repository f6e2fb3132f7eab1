import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import Testing

/// A proxy in this process on a free port, and all that it tells the control plane.
final class TestProxy {
    let engine: ProxyEngine
    let port: Int
    /// Where TLS is spoken; 0 without certificates.
    let securePort: Int
    private let listeners: [ListeningSocket]
    private var messages: AsyncStream<RouterMessage>.Iterator
    private(set) var seen: [RouterMessage] = []

    private init(
        loops: Int, speaksTLS: Bool, expectsProxyHeader: Bool, timeouts: EngineTimeouts, accessLog: AccessLog?,
    ) throws {
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        let secure = speaksTLS ? try ListeningSocket(host: "127.0.0.1", port: 0, isTLS: true) : nil
        listeners = [listener] + (secure.map { [$0] } ?? [])
        port = listener.port
        securePort = secure?.port ?? 0
        let (stream, continuation) = AsyncStream.makeStream(of: RouterMessage.self)
        messages = stream.makeAsyncIterator()
        var configuration = ProxyEngine.Configuration(
            listeners: listeners, loops: loops, say: { message, _ in continuation.yield(message) })
        configuration.expectsProxyHeader = expectsProxyHeader
        configuration.timeouts = timeouts
        configuration.accessLog = accessLog
        engine = try ProxyEngine(configuration)
    }

    /// Runs a proxy with these routes, then stops it, however the body ends.
    ///
    /// Certificates make it listen for TLS as well; an empty list leaves it without one.
    static func with(
        _ routes: [ServiceRoute], loops: Int = 3, certificates: [RouterCertificate]? = nil,
        settings: RouterSettings = RouterSettings(), expectsProxyHeader: Bool = false,
        timeouts: EngineTimeouts = EngineTimeouts(), accessLog: AccessLog? = nil,
        _ body: (TestProxy) async throws -> Void,
    ) async throws {
        let proxy = try TestProxy(
            loops: loops, speaksTLS: certificates != nil, expectsProxyHeader: expectsProxyHeader, timeouts: timeouts,
            accessLog: accessLog)
        try proxy.engine.start()
        proxy.engine.handle(.connected(1))
        proxy.engine.handle(.received(.settings(settings)))
        if let certificates { proxy.engine.handle(.received(.certificates(certificates))) }
        proxy.engine.handle(.received(.snapshot(routes)))
        await proxy.engine.settle()
        do {
            try await body(proxy)
        } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }

    func stop(within deadline: Duration = .zero) async {
        await engine.stop(within: deadline)
        for listener in listeners { close(listener.descriptor) }
    }

    func publish(_ route: ServiceRoute) async {
        engine.handle(.received(.publish(route)))
        await engine.settle()
    }

    /// The next message for which the closure gives a value.
    func next<Value>(_ match: (RouterMessage) -> Value?) async throws -> Value {
        while let message = await messages.next(isolation: #isolation) {
            seen.append(message)
            if let value = match(message) { return value }
        }
        throw SocketFailure("the proxy stopped")
    }

    /// Waits for totals of the service that satisfy a condition.
    func totals(_ condition: (LedgerTotals) -> Bool) async throws -> LedgerTotals {
        try await next { message in
            guard case .ledger(let report) = message else { return nil }
            return report.totals.first { $0.service == testService && condition($0.totals) }?.totals
        }
    }

    /// The entries of the ledger that have been told.
    var entries: [LedgerEntry] {
        seen.flatMap { message in
            if case .ledger(let report) = message { report.entries } else { [LedgerEntry]() }
        }
    }

    /// Waits for a report in which the service has that many requests queued.
    func queued(_ count: Int) async throws {
        _ = try await next { message -> Bool? in
            guard case .demand(let demand) = message else { return nil }
            return demand.contains { $0.service == testService && $0.queued == count } ? true : nil
        }
    }

    /// One request on a connection of its own; the whole answer.
    func exchange(_ request: String) async throws -> String {
        let port = port
        return try await onThread {
            let wire = try Wire(port: port)
            try wire.write(request)
            return wire.readToEnd()
        }
    }
}

/// A GET that closes.
func get(_ path: String = "/", host: String = "app.localhost", _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n"
}

/// A GET that keeps the connection.
func keep(_ path: String = "/", _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: app.localhost\r\n\(fields)\r\n"
}
