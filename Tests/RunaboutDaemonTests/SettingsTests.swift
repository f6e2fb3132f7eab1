import ArgumentParser
import Foundation
import RunaboutLink
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import runaboutd

struct SettingsTests {
    private func read(_ text: String) throws -> Settings {
        try SettingsReader.read(text, source: "test.yaml", over: Settings())
    }

    private func faults(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let error as SettingsError {
            return error.faults
        } catch {
            return ["\(error)"]
        }
    }

    @Test(arguments: ["", "# nothing\n", "{}\n"])
    func anEmptyFileChangesNothing(text: String) throws { #expect(try read(text) == Settings()) }

    @Test func everySettingIsRead() throws {
        let settings = try read(
            """
            stateDirectory: /data/state
            runDirectory: /data/run
            baseDomain: apps.example.org
            proxy:
              listen: ["0.0.0.0:80", "[::1]:8081"]
              httpsListen: ["0.0.0.0:443"]
              httpRedirect: true
              strictTransportSecuritySeconds: 31536000
              trustedProxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1]
              proxyProtocol: true
              loops: 3
              publicScheme: https
              publicPort: 8443
              accessLog: /var/log/runabout/access.log
            api:
              listen: 127.0.0.1:9000
            runtime:
              kind: process
              program: crun
              bridge: br-x
              subnet: 10.42.0.0/20
              networkPoolSize: 0
            router:
              user: proxy
            logFormat: json
            """)
        var expected = Settings()
        expected.stateDirectory = "/data/state"
        expected.runDirectory = "/data/run"
        expected.baseDomain = "apps.example.org"
        expected.proxy.listen = [ListenAddress(host: "0.0.0.0", port: 80), ListenAddress(host: "::1", port: 8081)]
        expected.proxy.httpsListen = [ListenAddress(host: "0.0.0.0", port: 443)]
        expected.proxy.redirectsToHTTPS = true
        expected.proxy.strictTransportSecuritySeconds = 31_536_000
        expected.proxy.trustedProxies = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1/32"].compactMap { AddressBlock($0) }
        expected.proxy.expectsProxyHeader = true
        expected.proxy.loops = 3
        expected.proxy.publicScheme = .https
        expected.proxy.publicPort = 8_443
        expected.proxy.accessLog = "/var/log/runabout/access.log"
        expected.apiListen = ListenAddress(host: "127.0.0.1", port: 9000)
        expected.runtime = .process
        expected.containerProgram = .crun
        expected.bridge = "br-x"
        expected.subnet = "10.42.0.0/20"
        expected.networkPoolSize = 0
        expected.routerUser = "proxy"
        expected.logFormat = .json
        #expect(settings == expected)
    }

    @Test func anUnknownKeyIsNamedWithItsPathItsLineAndWhatIsKnown() {
        #expect(
            faults("baseDomain: a.example\nruntime:\n  kinds: oci\n") == [
                "line 3: runtime.kinds is not a setting; known here: kind, program, bridge, subnet, networkPoolSize"
            ])
        #expect(faults("bas: x\n").first?.contains("bas is not a setting; known here: stateDirectory") == true)
    }

    @Test(arguments: [
        ("runtime:\n  kind: docker\n", "line 2: runtime.kind has to be one of auto, oci, process, and is 'docker'"),
        ("api:\n  listen: localhost:1\n", "line 2: api.listen has to be ADDRESS:PORT"),
        ("api:\n  listen: 127.0.0.1:70000\n", "line 2: api.listen has to be ADDRESS:PORT"),
        ("api: 7\n", "line 1: api has to be a mapping of listen"),
        ("proxy:\n  listen: 127.0.0.1:80\n", "line 2: proxy.listen has to be a list"),
        ("proxy:\n  listen: []\n", "line 2: proxy.listen has to be a list"),
        ("proxy:\n  listen: ['1.2.3.4:1', x]\n", "line 2: proxy.listen[1] has to be ADDRESS:PORT"),
        ("proxy:\n  httpRedirect: yes\n", "line 2: proxy.httpRedirect has to be true or false"),
        ("proxy:\n  proxyProtocol: v2\n", "line 2: proxy.proxyProtocol has to be true or false"),
        ("proxy:\n  publicScheme: ftp\n", "line 2: proxy.publicScheme has to be one of http, https, and is 'ftp'"),
        ("proxy:\n  publicPort: 0\n", "line 2: proxy.publicPort has to be a number of 1...65535, or 'auto'"),
        ("proxy:\n  loops: 0\n", "line 2: proxy.loops has to be a number of 1...64, or 'auto', and is '0'"),
        ("proxy:\n  loops: [1]\n", "line 2: proxy.loops has to be a number of 1...64, or 'auto'"),
        (
            "proxy:\n  strictTransportSecuritySeconds: -1\n",
            "line 2: proxy.strictTransportSecuritySeconds has to be a number of 0...63072000, or 'off', and is '-1'"
        ),
        ("proxy:\n  trustedProxies: 10.0.0.0/8\n", "line 2: proxy.trustedProxies has to be a list"),
        (
            "proxy:\n  trustedProxies: [10.0.0.1/8]\n",
            "line 2: proxy.trustedProxies[0] has to be an address, or a block"
        ),
        ("proxy:\n  accessLog: ''\n", "line 2: proxy.accessLog has to be a file's path"),
        ("proxy:\n  httpsListen: [x]\n", "line 2: proxy.httpsListen[0] has to be ADDRESS:PORT"),
        ("baseDomain: Example.org\n", "line 1: baseDomain has to be a domain in lower case"),
        ("baseDomain: a..b\n", "line 1: baseDomain has to be a domain"),
        ("stateDirectory: [a]\n", "line 1: stateDirectory has to be a text"),
        ("stateDirectory: ''\n", "line 1: stateDirectory has to be a directory's path"),
        ("runtime:\n  subnet: 10.0.0.0/30\n", "line 2: runtime.subnet has to be an IPv4 network"),
        ("runtime:\n  subnet: '::1/16'\n", "line 2: runtime.subnet has to be an IPv4 network"),
        ("runtime:\n  bridge: name-that-is-too-long\n", "line 2: runtime.bridge has to be 1...10"),
        ("runtime:\n  networkPoolSize: 65\n", "line 2: runtime.networkPoolSize has to be a number of 0...64"),
        ("- a\n", "line 1: the file has to be a mapping"),
        ("a: [\n", "it is not YAML"),
    ])
    func aWrongValueIsNamedWithWhatItHasToBe(text: String, fault: String) throws {
        let found = faults(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(fault) == true, "\(found)")
    }

    @Test func wordsTurnOffWhatANumberTurnsOn() throws {
        let on = "proxy:\n  loops: 2\n  strictTransportSecuritySeconds: 60\n  accessLog: /a\n"
        let off = "proxy:\n  loops: auto\n  strictTransportSecuritySeconds: off\n  accessLog: off\n"
        let settings = try SettingsReader.read(off, source: "test.yaml", over: try read(on))
        #expect(settings == Settings())
        #expect(settings.proxy.routerOptions == [])
    }

    @Test func httpsIsSpokenUnlessTurnedOff() throws {
        #expect(Settings().proxy.httpsListen.map(\.description) == ["127.0.0.1:8443"])
        #expect(try read("proxy:\n  httpsListen: []\n").proxy.httpsListen.isEmpty)
        #expect(Settings.system.proxy.httpsListen.isEmpty)
    }

    @Test func theRouterIsToldWhatIsItsBusiness() throws {
        let settings = try read(
            "proxy:\n  loops: 2\n  proxyProtocol: true\n  accessLog: /a\n  trustedProxies: [10.0.0.0/8]\n  httpRedirect: true\n"
        )
        #expect(settings.proxy.routerOptions == ["--proxy-protocol", "--loops", "2", "--access-log", "/a"])
        #expect(
            settings.proxy.forRouter
                == RouterSettings(
                    trustedProxies: [AddressBlock("10.0.0.0/8")].compactMap { $0 }, redirectsToHTTPS: true))
        #expect(!Settings().proxy.redirectsToHTTPS)
        #expect(Settings.system.proxy.redirectsToHTTPS)
    }

    @Test func urlsLeadToWhereTheRouterListensUnlessSaidOtherwise() throws {
        let http = ListenAddress(host: "127.0.0.1", port: 0)
        let sockets = try RouterSockets(listeners: Listeners.bind([http, http]), httpsCount: 1, earlier: nil)
        let ports = sockets.listeners.addresses.map(\.port)
        #expect(sockets.names == "http:https")
        #expect(ProxySettings().publicAddress(of: sockets) == PublicAddress(scheme: .http, port: ports[0]))
        #expect(ProxySettings().secureAddress(of: sockets) == PublicAddress(scheme: .https, port: ports[1]))
        var settings = ProxySettings()
        settings.redirectsToHTTPS = true
        #expect(settings.publicAddress(of: sockets) == PublicAddress(scheme: .https, port: ports[1]))
        #expect(settings.secureAddress(of: sockets) == nil)
        let plain = try RouterSockets(listeners: Listeners.bind([http]), httpsCount: 0, earlier: nil)
        #expect(settings.publicAddress(of: plain).scheme == .http)
        #expect(settings.secureAddress(of: plain) == nil)
        settings.publicScheme = .http
        #expect(settings.publicAddress(of: sockets) == PublicAddress(scheme: .http, port: ports[0]))
        settings.publicPort = 80
        #expect(settings.publicAddress(of: sockets).url(of: "a") == "http://a")
        #expect(Settings.system.proxy.publicAddress(of: nil).url(of: "a") == "https://a")
        #expect(ProxySettings().publicAddress(of: nil).url(of: "a") == "http://a")
    }

    @Test func allFaultsAreReportedAtOnce() {
        #expect(faults("a: 1\nlogFormat: xml\nrouter:\n  user: ''\n").count == 3)
    }

    @Test func optionsReplaceTheFileAndAreCheckedAlike() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "c.yaml").path(percentEncoded: false)
            try "baseDomain: file.example\napi:\n  listen: 127.0.0.1:1\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let options = try SettingsOptions.parse([
                "--config", file, "--api-listen", "127.0.0.1:2", "--proxy-listen", "127.0.0.1:3", "--proxy-listen",
                "[::1]:4", "--state-directory", "it's here", "--proxy-https-listen", "127.0.0.1:5", "--access-log",
                "a.log",
            ])
            let settings = try options.settings(over: Settings())
            #expect(settings.baseDomain == "file.example")
            #expect(settings.apiListen.port == 2)
            #expect(settings.proxy.listen.map(\.description) == ["127.0.0.1:3", "[::1]:4"])
            #expect(settings.stateDirectory == "it's here")
            #expect(settings.proxy.httpsListen.map(\.description) == ["127.0.0.1:5"])
            #expect(settings.proxy.accessLog == "a.log")
            #expect(throws: SettingsError.self) {
                try SettingsOptions.parse(["--runtime", "vm"]).settings(over: Settings())
            }
            #expect(throws: StartError.self) {
                try SettingsOptions.parse(["--config", file + ".missing"]).settings(over: Settings())
            }
        }
    }
}
