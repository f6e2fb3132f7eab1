import ArgumentParser
import Foundation
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
        expected.proxyListen = [ListenAddress(host: "0.0.0.0", port: 80), ListenAddress(host: "::1", port: 8081)]
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
                "[::1]:4", "--state-directory", "it's here",
            ])
            let settings = try options.settings(over: Settings())
            #expect(settings.baseDomain == "file.example")
            #expect(settings.apiListen.port == 2)
            #expect(settings.proxyListen.map(\.description) == ["127.0.0.1:3", "[::1]:4"])
            #expect(settings.stateDirectory == "it's here")
            #expect(throws: SettingsError.self) {
                try SettingsOptions.parse(["--runtime", "vm"]).settings(over: Settings())
            }
            #expect(throws: StartError.self) {
                try SettingsOptions.parse(["--config", file + ".missing"]).settings(over: Settings())
            }
        }
    }
}
