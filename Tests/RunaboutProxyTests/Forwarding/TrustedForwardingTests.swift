import Foundation
import RunaboutLink
import RunaboutModel
import Synchronization
import Testing

@testable import RunaboutProxy

/// What an instance is told of a request that a trusted proxy passed on.
@Suite(.timeLimit(.minutes(1))) struct TrustedForwardingTests {
    private let trusted = RouterSettings(
        trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"].compactMap { AddressBlock($0) })

    /// The lines of the head that an instance gets, of those that say where a request came from.
    private func told(_ fields: String, settings: RouterSettings) async throws -> [String] {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        try await TestProxy.with([route([instance.routed()])], settings: settings) { proxy in
            let answer = try await proxy.exchange(get("/", fields))
            #expect(answer.hasPrefix("HTTP/1.1 204"))
        }
        return heard.withLock { $0 }.components(separatedBy: "\r\n").filter {
            $0.lowercased().hasPrefix("x-forwarded-") || $0.lowercased().hasPrefix("forwarded:")
                || $0.lowercased().hasPrefix("x-real-ip")
        }
    }

    private static let own = "for=127.0.0.1;host=\"app.localhost\";proto=http"

    @Test func nobodyIsBelievedUnlessTrusted() async throws {
        let fields =
            "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\n"
        let others = RouterSettings(trustedProxies: [AddressBlock("10.0.0.0/8")].compactMap { $0 })
        for settings in [RouterSettings(), others] {
            #expect(
                try await told(fields, settings: settings) == [
                    "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: app.localhost",
                    "Forwarded: \(Self.own)",
                ])
        }
    }

    @Test(
        arguments: [
            (
                "", "127.0.0.1", "http", "app.localhost", own
            ),
            (
                "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example.org\r\n",
                "192.0.2.7, 127.0.0.1", "https", "shop.example.org", "for=192.0.2.7, \(own)"
            ),
            (
                "X-Forwarded-For: 192.0.2.7, 2001:db8::1\r\nX-Forwarded-For: unknown\r\nX-Real-IP: 6.6.6.6\r\n",
                "192.0.2.7, 2001:db8::1, unknown, 127.0.0.1", "http", "app.localhost",
                "for=192.0.2.7, for=\"[2001:db8::1]\", for=unknown, \(own)"
            ),
            (
                "Forwarded: for=\"[2001:db8::1]:80\";proto=https, for=10.0.0.2;proto=http\r\n",
                "2001:db8::1, 10.0.0.2, 127.0.0.1", "https", "app.localhost",
                "for=\"[2001:db8::1]:80\";proto=https, for=10.0.0.2;proto=http, \(own)"
            ),
            (
                "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7;by=_x\r\nForwarded: for=_hidden\r\n",
                "192.0.2.7, 127.0.0.1", "http", "app.localhost", "for=192.0.2.7;by=_x, for=_hidden, \(own)"
            ),
            // What can't be understood is not passed on as if it could.
            (
                "Forwarded: for=\"unended\r\nX-Forwarded-Proto: ftp\r\nX-Forwarded-Host: a b\r\n", "127.0.0.1", "http",
                "app.localhost", own
            ),
            (
                "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nX-Forwarded-Host: b\r\n",
                "127.0.0.1", "http", "app.localhost", own
            ),
        ])
    func aTrustedProxysChainIsKeptAndExtended(
        fields: String, addresses: String, scheme: String, host: String, nodes: String,
    ) async throws {
        #expect(
            try await told(fields, settings: trusted) == [
                "X-Forwarded-For: \(addresses)", "X-Forwarded-Proto: \(scheme)", "X-Forwarded-Host: \(host)",
                "Forwarded: \(nodes)",
            ])
    }

    @Test func theBalancersClientIsThePeerThatIsTrustedOrNot() async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        try await TestProxy.with(
            [route([instance.routed()])], settings: trusted, expectsProxyHeader: true
        ) { proxy in
            let request = get("/", "X-Forwarded-For: 6.6.6.6\r\n")
            _ = try await proxy.exchange("PROXY TCP4 192.0.2.9 192.0.2.1 1 80\r\n\(request)")
            #expect(heard.withLock { $0 }.contains("\r\nX-Forwarded-For: 192.0.2.9\r\n"))
            _ = try await proxy.exchange("PROXY TCP4 10.0.0.9 192.0.2.1 1 80\r\n\(request)")
            #expect(heard.withLock { $0 }.contains("\r\nX-Forwarded-For: 6.6.6.6, 10.0.0.9\r\n"))
        }
    }
}
