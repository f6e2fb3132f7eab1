import RunaboutLink
import RunaboutModel
import Testing

@testable import RunaboutProxy

private let authority = TestAuthority()
private let base = authority.certificate(for: ["*.base.test", "base.test"])
private let exact = authority.certificate(for: ["www.shop.test"])
private let wild = authority.certificate(for: ["*.shop.test"])

/// A server with certificates, freed with its owner.
private final class Server {
    let tls: TLSServer

    init(
        _ certificates: [RouterCertificate] = [base, wild, exact],
        tickets: TLSTicketSecret = TLSTicketSecret(start: .zero), offersHTTP2: Bool = true,
    ) throws {
        tls = TLSServer(tickets: tickets, offersHTTP2: offersHTTP2)
        try install(certificates)
    }

    func install(_ certificates: [RouterCertificate]) throws { tls.install(try tls.table(certificates))?.free() }

    deinit { tls.free() }
}

@Suite struct TLSServerTests {
    @Test(arguments: [
        ("www.shop.test", "www.shop.test"), ("WWW.Shop.Test", "www.shop.test"), ("api.shop.test", "*.shop.test"),
        ("a.b.shop.test", "*.base.test"), ("shop.test", "*.base.test"), ("x.base.test", "*.base.test"),
        ("base.test", "*.base.test"), ("unknown.test", "*.base.test"), (nil, "*.base.test"),
    ])
    func theHostChoosesTheCertificate(_ host: String?, _ name: String) throws {
        let server = try Server()
        let wire = try TLSWire(TestTLSClient(trusting: nil), server.tls, host: host)
        wire.settle()
        #expect(wire.server.isHandshaken)
        #expect(wire.peerName == name)
        #expect(wire.server.serverName == host)
    }

    @Test func aClientThatTrustsTheRootAcceptsTheHostsOfACertificateOnly() throws {
        let server = try Server()
        for (host, isFine) in [("x.base.test", true), ("unknown.test", false)] {
            let wire = try TLSWire(TestTLSClient(trusting: authority.certificate), server.tls, host: host)
            wire.settle()
            #expect(wire.client.isHandshaken == isFine)
        }
        let stranger = TestAuthority(name: "Another")
        let wire = try TLSWire(TestTLSClient(trusting: stranger.certificate), server.tls, host: "x.base.test")
        wire.settle()
        #expect(!wire.client.isHandshaken)
    }

    @Test func manyHostsAreFound() throws {
        let hosts = (0..<300).map { "host\($0).test" }
        let many = RouterCertificate(hosts: hosts, chain: exact.chain, key: exact.key)
        let server = try Server([base, many])
        for host in hosts {
            let wire = try TLSWire(TestTLSClient(trusting: nil), server.tls, host: host)
            wire.settle()
            #expect(wire.peerName == "www.shop.test", "\(host)")
        }
    }

    @Test(arguments: [
        (["h2", "http/1.1"], true, TLSProtocol.http2), (["http/1.1", "h2"], true, .http2),
        (["http/1.1"], true, .http1), (["h2", "http/1.1"], false, .http1), ([], true, .unstated),
        (["spdy/3", "http/1.1"], true, .http1),
    ])
    func weChooseTheProtocol(_ offered: [String], _ offersHTTP2: Bool, _ chosen: TLSProtocol) throws {
        let server = try Server(offersHTTP2: offersHTTP2)
        let wire = try TLSWire(TestTLSClient(trusting: nil), server.tls, protocols: offered)
        wire.settle()
        #expect(wire.server.isHandshaken)
        #expect(wire.server.selectedProtocol == chosen)
        #expect(wire.client.selectedProtocol == chosen)
    }

    @Test(arguments: [(["spdy/3"], true), (["h2"], false)])
    func aClientWithWhichWeShareNoProtocolIsTold(_ offered: [String], _ offersHTTP2: Bool) throws {
        let server = try Server(offersHTTP2: offersHTTP2)
        let wire = try TLSWire(TestTLSClient(trusting: nil), server.tls, protocols: offered)
        wire.settle()
        #expect(wire.serverOutcome == .failed)
        #expect(wire.client.failure == "tlsv1 alert no application protocol")
    }

    @Test func certificatesChangeUnderOpenConnections() throws {
        let server = try Server([base])
        let open = try TLSWire(TestTLSClient(trusting: nil), server.tls)
        open.settle()
        let beginning = try TLSWire(TestTLSClient(trusting: nil), server.tls, host: "www.shop.test")
        try server.install([wild, exact])
        beginning.settle()
        #expect(beginning.peerName == "www.shop.test")
        let later = try TLSWire(TestTLSClient(trusting: nil), server.tls, host: "x.base.test")
        later.settle()
        #expect(later.peerName == "*.shop.test")
        try open.send([[1, 2, 3]], fromServer: true)
        open.settle()
        #expect(open.atClient == [1, 2, 3])
    }

    @Test func withoutCertificatesThereIsNoSession() throws {
        let server = try Server([])
        #expect(server.tls.session(now: .zero) == nil)
        let empty = TLSServer(tickets: TLSTicketSecret(start: .zero), offersHTTP2: true)
        #expect(empty.session(now: .zero) == nil)
        empty.free()
    }

    @Test func brokenCertificatesAreReportedWithoutTheirKey() throws {
        let server = try Server([base])
        let broken: [(RouterCertificate, String)] = [
            (RouterCertificate(hosts: ["a"], chain: exact.chain, key: wild.key), "the key is not the certificate's"),
            (RouterCertificate(hosts: ["a"], chain: "nothing", key: exact.key), "the chain holds no certificate"),
            (RouterCertificate(hosts: ["a"], chain: "", key: exact.key), "the chain holds no certificate"),
            (RouterCertificate(hosts: ["a"], chain: exact.chain, key: SecretText("")), "the key can't be read"),
            (
                RouterCertificate(
                    hosts: ["a"], chain: exact.chain, key: SecretText("-----BEGIN PRIVATE KEY-----\nMII")),
                "the key can't be read"
            ),
            (RouterCertificate(hosts: [""], chain: exact.chain, key: exact.key), "a host is empty or too long"),
            (
                RouterCertificate(
                    hosts: ["a"], chain: exact.chain + "-----BEGIN CERTIFICATE-----\nrubbish\n", key: exact.key),
                "the chain can't be read"
            ),
        ]
        for (certificate, reason) in broken {
            #expect(server.tls.problem(with: certificate)?.reason == reason)
            #expect(throws: TLSCertificateProblem.self) { try server.install([exact, certificate]) }
        }
        #expect(server.tls.problem(with: exact) == nil)
        let wire = try TLSWire(TestTLSClient(trusting: nil), server.tls, host: "www.shop.test")
        wire.settle()
        #expect(wire.peerName == "*.base.test")
    }

    @Test func aBrokenCertificateLeavesTheOldOneInForceForItsHosts() {
        var certificates = TLSCertificates()
        let problem = TLSCertificateProblem(hosts: ["b"], reason: "broken")
        func certificate(_ hosts: [String], _ chain: String) -> RouterCertificate {
            RouterCertificate(hosts: hosts, chain: chain, key: SecretText("k"))
        }
        func replace(_ sent: [RouterCertificate]) -> [TLSCertificateProblem] {
            certificates.replace(with: sent) { $0.chain == "broken" ? problem : nil }
        }
        #expect(replace([certificate(["a"], "1"), certificate(["b", "c"], "2")]).isEmpty)
        let problems = replace([certificate(["a"], "3"), certificate(["b"], "broken"), certificate(["d"], "broken")])
        #expect(problems == [problem, problem])
        #expect(certificates.inForce == [certificate(["a"], "3"), certificate(["b"], "2")])
        #expect(replace([certificate(["c"], "4")]).isEmpty)
        #expect(certificates.inForce == [certificate(["c"], "4")])
    }
}

@Suite struct TLSResumptionTests {
    private static let period = Limits.tlsTicketPeriod

    /// Whether a ticket of one server, given at a time, is good for another at another.
    private func isResumed(
        _ version: TestTLSClient.Version, from first: Server, at given: Duration, to second: Server, at used: Duration,
    ) throws -> Bool {
        let client = TestTLSClient(trusting: nil, only: version)
        let one = try TLSWire(client, first.tls, now: .zero + given)
        one.settle()
        #expect(client.hasTicket && !one.server.isResumed)
        let two = try TLSWire(client, second.tls, resumes: true, now: .zero + used)
        two.settle()
        #expect(two.server.isHandshaken)
        try two.send([[5]], fromServer: true)
        two.settle()
        #expect(two.atClient == [5])
        return two.server.isResumed
    }

    @Test(arguments: [TestTLSClient.Version.tls12, .tls13])
    func aSessionIsResumedOnAnyLoop(_ version: TestTLSClient.Version) throws {
        let tickets = TLSTicketSecret(start: .zero)
        let first = try Server(tickets: tickets)
        let second = try Server(tickets: tickets)
        #expect(try isResumed(version, from: first, at: .zero, to: first, at: .zero))
        #expect(try isResumed(version, from: first, at: .zero, to: second, at: .zero))
        // Another process has other keys.
        #expect(try !isResumed(version, from: first, at: .zero, to: Server(), at: .zero))
    }

    @Test(arguments: [TestTLSClient.Version.tls12, .tls13])
    func aTicketIsGoodForOnePeriodAfterItsOwn(_ version: TestTLSClient.Version) throws {
        let tickets = TLSTicketSecret(start: .zero)
        func fresh() throws -> Server { try Server(tickets: tickets) }
        let lastMoment = Self.period - .nanoseconds(1)
        #expect(try isResumed(version, from: fresh(), at: .zero, to: fresh(), at: lastMoment))
        #expect(try isResumed(version, from: fresh(), at: .zero, to: fresh(), at: Self.period * 2 - .nanoseconds(1)))
        #expect(try !isResumed(version, from: fresh(), at: .zero, to: fresh(), at: Self.period * 2))
        #expect(try isResumed(version, from: fresh(), at: Self.period * 7, to: fresh(), at: Self.period * 8))
        // A loop whose clock is a moment behind does not know the new keys yet, and makes a new session.
        #expect(try !isResumed(version, from: fresh(), at: Self.period, to: fresh(), at: lastMoment))
    }

    @Test func aTicketOfTLS13IsReplacedWhenItIsUsed() throws {
        let server = try Server()
        let client = TestTLSClient(trusting: nil, only: .tls13)
        for round in 0..<5 {
            let wire = try TLSWire(client, server.tls, resumes: true)
            wire.settle()
            #expect(wire.server.isResumed == (round > 0))
        }
    }

    @Test func theSecretIsNotPrinted() {
        let secret = TLSTicketSecret(start: .zero)
        #expect("\(secret)" == "(secret)")
        #expect(secret.period(at: .zero + Self.period) == 1)
        #expect(secret.period(at: .zero - .seconds(5)) == 0)
    }
}
