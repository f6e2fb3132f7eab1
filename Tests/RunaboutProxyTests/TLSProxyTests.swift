import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import RunaboutTestSupport
import Synchronization
import Testing

private let authority = TestAuthority()
private let certificate = authority.certificate(for: ["*.localhost", "app.localhost", "localhost"])

/// Does something with a connection over TLS, on a thread of its own.
private func secured<Result: Sendable>(
    _ proxy: TestProxy, _ version: TestTLSClient.Version = .tls13, host: String? = "app.localhost",
    receiveBuffer: Int32? = nil, _ body: @escaping @Sendable (SecureWire) throws -> Result,
) async throws -> Result {
    let port = proxy.securePort
    return try await onThread {
        let client = TestTLSClient(trusting: authority.certificate, only: version)
        return try body(SecureWire(port: port, client, host: host, receiveBuffer: receiveBuffer))
    }
}

/// One request; the whole answer, which has to end in good order.
private func exchange(_ proxy: TestProxy, _ request: String) async throws -> String {
    try await secured(proxy) { wire in
        try wire.write(request)
        return try wire.readToEnd()
    }
}

private func echo() throws -> ScriptedInstance {
    try ScriptedInstance { wire, _ in
        while true {
            let head = try wire.readHead()
            let mark = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            let count = mark.flatMap { Int($0.dropFirst(16)) } ?? 0
            let body = try wire.read(count: count)
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
            try wire.write(body)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct TLSProxyTests {
    @Test func aClientMayChooseHTTP2() async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let head = try wire.readHead()
                heard.withLock { $0 = head }
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
                try wire.write([UInt8](repeating: 7, count: 200_000))
            }
        }
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate],
            settings: RouterSettings(strictTransportSecuritySeconds: 300)
        ) { proxy in
            let port = proxy.securePort
            let answers = try await onThread {
                let trusting = TestTLSClient(trusting: authority.certificate, only: .tls13)
                let wire = try SecureWire(port: port, trusting, protocols: ["h2", "http/1.1"])
                #expect(wire.session.selectedProtocol == .http2)
                var client = HTTP2TestClient(wire)
                let streams = try (0..<20).map { _ in try client.ask() }
                return try streams.map { try client.answer($0) }
            }
            for answer in answers {
                #expect(answer.body.count == 200_000 && answer.heads.count == 1)
                #expect(
                    answer.heads.first == [
                        ":status: 200", "content-length: 200000", "strict-transport-security: max-age=300",
                    ])
            }
            #expect(heard.withLock { $0 }.contains("X-Forwarded-Proto: https\r\n"))
        }
    }

    @Test(arguments: [TestTLSClient.Version.tls12, .tls13])
    func aRequestOverTLSReachesItsService(_ version: TestTLSClient.Version) async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        }
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let answer = try await secured(proxy, version) { wire in
                try wire.write(get())
                return try wire.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            #expect(!answer.contains("Strict-Transport-Security"))
            let head = heard.withLock { $0 }
            #expect(head.contains("X-Forwarded-Proto: https\r\n"))
            #expect(head.contains(";proto=https\r\n"))
            // Plain HTTP is served beside it.
            #expect(try await proxy.exchange(get()).hasPrefix("HTTP/1.1 200"))
            #expect(heard.withLock { $0 }.contains("X-Forwarded-Proto: http\r\n"))
            #expect(try await proxy.totals { $0.answered == 2 }.accepted == 2)
        }
    }

    @Test func oneConnectionServesManyRequestsAndThePipelinedOnesInOrder() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let path = try wire.readHead().split(separator: " ")[1]
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let paths = try await secured(proxy) { wire in
                for number in 0..<20 {
                    try wire.write(keep("/\(number)"))
                    _ = try wire.readHead()
                    #expect(try wire.read(count: "/\(number)".utf8.count) == Array("/\(number)".utf8))
                }
                try wire.write((0..<30).map { keep("/\($0)") }.joined() + get("/last"))
                return try wire.readToEnd().split(separator: "\r\n\r\n").dropFirst()
                    .map { String($0.split(separator: "HTTP").first ?? "") }
            }
            #expect(paths == (0..<30).map { "/\($0)" } + ["/last"])
            #expect(instance.connections == 1)
        }
    }

    @Test(arguments: [TestTLSClient.Version.tls12, .tls13])
    func largeBodiesArriveBothWaysAsTheyWere(_ version: TestTLSClient.Version) async throws {
        let seed = testSeed(0)
        let body = {
            var random = SeededGenerator(seed: seed)
            return (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        }()
        let instance = try echo()
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let received = try await secured(proxy, version) { wire in
                var received: [[UInt8]] = []
                for _ in 0..<2 {
                    try wire.write("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: \(body.count)\r\n\r\n")
                    var rest = body[...]
                    for size in [1, 5_000, 16_384, 16_385, 100_000] {
                        try wire.write(Array(rest.prefix(size)))
                        rest = rest.dropFirst(size)
                    }
                    try wire.write(Array(rest))
                    _ = try wire.readHead()
                    received.append(try wire.read(count: body.count))
                }
                return received
            }
            #expect(received == [body, body], "SEED=\(seed)")
        }
    }

    @Test func aSlowReaderGetsAllOfIt() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n")
            for number in 0..<40 { try wire.write([UInt8](repeating: UInt8(number), count: 100_000)) }
        }
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let isWhole = try await secured(proxy, receiveBuffer: 4_096) { wire in
                try wire.write(keep())
                _ = try wire.readHead()
                for number in 0..<40
                where try wire.read(count: 100_000) != [UInt8](repeating: UInt8(number), count: 100_000) {
                    return false
                }
                return true
            }
            #expect(isWhole)
        }
    }

    @Test func aTruncatedAnswerDoesNotLookComplete() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        }
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let answer = try await exchange(proxy, keep())
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(!answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func aTunnelCarriesBytesBothWays() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst")
            #expect(try wire.read(count: 4) == Array("ping".utf8))
            try wire.write("pong")
        }
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let answer = try await secured(proxy) { wire in
                try wire.write("GET / HTTP/1.1\r\nHost: app.localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
                let head = try wire.readHead()
                #expect(try wire.read(count: 5) == Array("first".utf8))
                try wire.write("ping")
                return head + (try wire.readToEnd())
            }
            #expect(answer.hasPrefix("HTTP/1.1 101"))
            #expect(answer.hasSuffix("pong"))
        }
    }

    @Test func aClientThatChoosesHTTP2IsServedByIt() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        let settings = RouterSettings(strictTransportSecuritySeconds: 600)
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: settings
        ) { proxy in
            let port = proxy.securePort
            let body = try await onThread {
                let client = TestTLSClient(trusting: authority.certificate)
                let wire = try SecureWire(port: port, client, protocols: ["h2", "http/1.1"])
                #expect(wire.session.selectedProtocol == .http2)
                // Empty settings, then a request: :method GET, :scheme https, :path /, :authority as a literal.
                let fields: [UInt8] = [0x82, 0x87, 0x84, 0x41, 13] + Array("app.localhost".utf8)
                try wire.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                try wire.write([0, 0, 0, 4, 0, 0, 0, 0, 0])
                try wire.write([0, 0, UInt8(fields.count), 1, 5, 0, 0, 0, 1] + fields)
                var body: [UInt8] = []
                while true {
                    let head = try wire.read(count: 9)
                    let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                    let payload = try wire.read(count: length)
                    if head[3] == 0 { body += payload }
                    // Our HPACK writes values as they are.
                    if head[3] == 1 { #expect(payload.firstRange(of: Array("max-age=600".utf8)) != nil) }
                    if head[3] <= 1, head[4] & 1 != 0 { return body }
                }
            }
            #expect(String(decoding: body, as: UTF8.self) == "hello")
        }
    }

    @Test(arguments: [true, false])
    func aLoadBalancersHeaderStandsInFrontOfTheHandshake(_ comesAlone: Bool) async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        }
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], expectsProxyHeader: true
        ) { proxy in
            let port = proxy.securePort
            let header = "PROXY TCP4 203.0.113.7 192.0.2.1 5000 443\r\n"
            let answer = try await onThread {
                let client = TestTLSClient(trusting: authority.certificate)
                let wire = try SecureWire(port: port, client, before: header, joinsBefore: !comesAlone)
                try wire.write(get())
                return try wire.readToEnd()
            }
            #expect(answer.hasSuffix("hello"))
            let head = heard.withLock { $0 }
            #expect(head.contains("X-Forwarded-For: 203.0.113.7\r\n"))
            #expect(head.contains("X-Forwarded-Proto: https\r\n"))
        }
    }

    @Test func aClientThatHasSaidAllStillGetsItsAnswer() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let answer = try await secured(proxy) { wire in
                try wire.write(keep())
                try wire.close()
                return try wire.readToEnd()
            }
            #expect(answer.hasSuffix("hello"))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct TLSHandshakeTests {
    @Test func plainHTTPWhereTLSIsSpokenIsToldSo() async throws {
        try await TestProxy.with([], certificates: [certificate]) { proxy in
            let port = proxy.securePort
            let answer = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nHTTPS is spoken here only.\n"))
        }
    }

    @Test(arguments: 0..<30)
    func garbageEndsItsConnectionAndNoOther(_ number: UInt64) async throws {
        let seed = testSeed(number)
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], loops: 1, certificates: [certificate]) { proxy in
            let port = proxy.securePort
            try await onThread {
                var random = SeededGenerator(seed: seed)
                let wire = try Wire(port: port)
                var bytes = (0..<Int.random(in: 1...2_000, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                // Half of them look like a handshake at first.
                if number.isMultiple(of: 2) { bytes = [22, 3, 1, 0, 100] + bytes }
                // The proxy may have closed already.
                try? wire.write(bytes)
                wire.endWriting()
                _ = wire.readToEnd()
            }
            #expect(try await exchange(proxy, get()).hasSuffix("hello"), "SEED=\(seed)")
        }
    }

    @Test(arguments: [[], [22], [22, 3, 1, 2, 0, 1, 0]] as [[UInt8]])
    func aHandshakeThatDoesNotComeToItsEndIsClosed(_ sent: [UInt8]) async throws {
        var timeouts = EngineTimeouts()
        timeouts.handshake = .milliseconds(50)
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate], timeouts: timeouts) {
            proxy in
            let port = proxy.securePort
            let said = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(sent)
                return wire.readToEnd()
            }
            #expect(said.isEmpty)
        }
    }

    @Test func withoutCertificatesConnectionsAreClosedUntilTheyCome() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], certificates: []) { proxy in
            await #expect(throws: SocketFailure.self) { try await exchange(proxy, get()) }
            proxy.engine.handle(.received(.certificates([certificate])))
            await proxy.engine.settle()
            let answer = try await exchange(proxy, get())
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test func certificatesChangeWhileConnectionsAreOpen() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        let other = authority.certificate(for: ["app.localhost"])
        let broken = RouterCertificate(hosts: ["app.localhost"], chain: other.chain, key: certificate.key)
        try await TestProxy.with([route([instance.routed()])], certificates: [certificate]) { proxy in
            let port = proxy.securePort
            let client = TestTLSClient(trusting: authority.certificate)
            let open = try await onThread { try SecureWire(port: port, client) }
            proxy.engine.handle(.received(.certificates([other])))
            proxy.engine.handle(.received(.certificates([broken])))
            await proxy.engine.settle()
            let names = try await onThread {
                try open.write(get())
                #expect(try open.readToEnd().hasSuffix("hello"))
                return [open.peerName, try SecureWire(port: port, client).peerName]
            }
            #expect(names == ["*.localhost", "app.localhost"])
        }
    }

    @Test func sessionsAreResumedWhicheverLoopTakesTheConnection() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], loops: 3, certificates: [certificate]) { proxy in
            let port = proxy.securePort
            let resumed = try await onThread {
                let client = TestTLSClient(trusting: authority.certificate)
                return try (0..<12).map { number in
                    let wire = try SecureWire(port: port, client, resumes: number > 0)
                    try wire.write(get())
                    _ = try wire.readToEnd()
                    return wire.session.isResumed
                }
            }
            #expect(resumed == [false] + [Bool](repeating: true, count: 11))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPSByDefaultTests {
    private static let redirecting = RouterSettings(redirectsToHTTPS: true)

    @Test func plainHTTPLeadsToHTTPS() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: Self.redirecting
        ) { proxy in
            let answer = try await proxy.exchange(get("/a/b?c=d&e", host: "App.localhost:8080"))
            #expect(answer.hasPrefix("HTTP/1.1 308 Permanent Redirect\r\n"))
            #expect(answer.contains("Location: https://App.localhost:\(proxy.securePort)/a/b?c=d&e\r\n"))
            #expect(answer.contains("Content-Length: 0\r\n"))
            #expect(answer.contains("X-Request-Id: "))
            #expect(try await exchange(proxy, get()).hasSuffix("hello"))
            #expect(try await proxy.exchange(get(host: "other.localhost")).hasPrefix("HTTP/1.1 404"))
            #expect(try await proxy.totals { $0.answered == 2 }.accepted == 2)
            #expect(instance.connections == 1)
        }
    }

    @Test func aConnectionGoesOnAfterARedirectUnlessABodyIsOnItsWay() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: Self.redirecting
        ) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                for _ in 0..<3 {
                    try wire.write(keep("/x"))
                    let head = try wire.readHead()
                    #expect(head.hasPrefix("HTTP/1.1 308"))
                    #expect(!head.contains("Connection:"))
                }
                try wire.write("POST /x HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 4\r\n\r\nbody")
                let answer = wire.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 308"))
                #expect(answer.contains("Connection: close\r\n"))
            }
            #expect(instance.connections == 0)
        }
    }

    @Test func whoCameOverTLSToATrustedProxyIsNotLedThereAgain() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        let settings = RouterSettings(
            trustedProxies: [try #require(AddressBlock("127.0.0.1"))], redirectsToHTTPS: true)
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: settings
        ) { proxy in
            let secure = try await proxy.exchange(get("/", "X-Forwarded-Proto: https\r\n"))
            #expect(secure.hasSuffix("hello"))
            let plain = try await proxy.exchange(get("/", "X-Forwarded-Proto: http\r\n"))
            #expect(plain.hasPrefix("HTTP/1.1 308"))
        }
    }

    @Test func plainHTTP2LeadsToHTTPSToo() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: Self.redirecting
        ) { proxy in
            let (port, secure) = (proxy.port, proxy.securePort)
            try await onThread {
                var client = try HTTP2TestClient(port: port)
                for ends in [true, false, true] {
                    let answer = try client.answer(try client.ask("POST", "/a?b", ends: ends))
                    #expect(answer.status == ":status: 308" && answer.isEnded)
                    #expect(answer.heads.last?.contains("location: https://app.localhost:\(secure)/a?b") ?? false)
                }
            }
            #expect(instance.connections == 0)
            #expect(try await proxy.totals { $0.answered == 3 }.accepted == 3)
        }
    }

    @Test func withoutAListenerForTLSNothingIsRedirected() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])], settings: Self.redirecting) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test func browsersAreToldToComeOverTLSOnly() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let own = try wire.readHead().contains("/own") ? "strict-transport-SECURITY: max-age=7\r\n" : ""
                try wire.write("HTTP/1.1 200 OK\r\n\(own)Content-Length: 0\r\n\r\n")
            }
        }
        let settings = RouterSettings(strictTransportSecuritySeconds: 600)
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: settings
        ) { proxy in
            #expect(try await exchange(proxy, get()).contains("Strict-Transport-Security: max-age=600\r\n"))
            let own = try await exchange(proxy, get("/own"))
            #expect(own.contains("strict-transport-SECURITY: max-age=7\r\n"))
            #expect(!own.contains("max-age=600"))
            #expect(try await !proxy.exchange(get()).contains("Strict-Transport-Security"))
        }
    }

    @Test func ourOwnAnswersSayItToo() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        let settings = RouterSettings(
            trustedProxies: [try #require(AddressBlock("127.0.0.1"))], redirectsToHTTPS: true,
            strictTransportSecuritySeconds: 600)
        let said = "Strict-Transport-Security: max-age=600\r\n"
        try await TestProxy.with(
            [route([instance.routed()])], certificates: [certificate], settings: settings
        ) { proxy in
            let plain = "X-Forwarded-Proto: http\r\n"
            for (request, status) in [
                (get(host: "nobody.localhost"), "404"), ("x\r\n\r\n", "400"), (get("/", plain), "308"),
            ] {
                let secure = try await exchange(proxy, request)
                #expect(secure.hasPrefix("HTTP/1.1 \(status)") && secure.contains(said))
                let open = try await proxy.exchange(request)
                #expect(open.hasPrefix("HTTP/1.1 \(status)") && !open.contains("Strict-Transport-Security"))
            }
            let port = proxy.securePort
            let heads = try await onThread {
                let client = TestTLSClient(trusting: authority.certificate, only: .tls13)
                let wire = try SecureWire(port: port, client, protocols: ["h2"])
                try wire.write(WireBytes.greeting())
                let start = [(":method", "GET"), (":scheme", "https"), (":path", "/")]
                try wire.write(WireBytes.headers(1, start + [(":authority", "nobody.localhost")]))
                try wire.write(WireBytes.headers(3, start + [(":authority", "a b")]))
                try wire.write(
                    WireBytes.headers(5, start + [(":authority", "app.localhost"), ("x-forwarded-proto", "http")]))
                var heads: [UInt8: [UInt8]] = [:]
                while heads.count < 3 {
                    let head = try wire.read(count: 9)
                    let payload = try wire.read(count: Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
                    if head[3] == 1 { heads[head[8]] = payload }
                }
                return heads
            }
            #expect(heads.count == 3)
            for head in heads.values { #expect(head.firstRange(of: Array("max-age=600".utf8)) != nil) }
        }
    }
}
