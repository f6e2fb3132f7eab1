import ArgumentParser
import RunaboutModel
import RunaboutWire
import Testing

@testable import runabout

@Suite struct CommandLineTests {
    private func create(_ words: String...) throws -> CreateService {
        let command = try Runabout.parseAsRoot(["services", "create"] + words)
        return try #require(command as? CreateService)
    }

    @Test func flagsBecomeAConfiguration() throws {
        let command = try create(
            "demo", "--image", "demo:1", "--port", "81", "--env", "A=b=c", "--env", "E=", "--cpu", "0.5", "--memory",
            "1Gi", "--health-path", "/up", "--auto-scaling", "wide/2", "--command", "/run", "--flag", "x")
        let configuration = command.options.applied(to: InstanceConfigurationBody())
        #expect(command.autoScaling == "wide/2")
        #expect(command.wait)
        #expect(configuration.port == 81)
        #expect(configuration.environment == ["A": "b=c", "E": ""])
        #expect(configuration.cpuMillis == 500)
        #expect(configuration.memoryMebibytes == 1_024)
        #expect(configuration.healthCheck.method == .http)
        #expect(configuration.healthCheck.path == "/up")
        #expect(configuration.startCommand == ["/run", "--flag", "x"])
        #expect(configuration.stopGraceSeconds == InstanceConfigurationBody().stopGraceSeconds)
    }

    @Test func timeoutsAndProtocolAreFlags() throws {
        let command = try create(
            "demo", "--image", "demo:1", "--request-timeout", "7200", "--connect-timeout", "2",
            "--response-header-timeout", "60", "--idle-timeout", "90", "--drain-timeout", "30", "--protocol", "http2")
        var expected = InstanceConfigurationBody()
        expected.requestTimeoutSeconds = 7_200
        expected.connectTimeoutSeconds = 2
        expected.responseHeaderTimeoutSeconds = 60
        expected.idleTimeoutSeconds = 90
        expected.drainTimeoutSeconds = 30
        expected.protocol = .http2
        #expect(command.options.applied(to: InstanceConfigurationBody()) == expected)
        for flag in ["--connect-timeout=1", "--protocol=http1"] {
            let update = try Runabout.parseAsRoot(["services", "update", "demo", flag])
            #expect(update is UpdateService, "a change by itself: \(flag)")
        }
    }

    @Test(arguments: [
        ["--protocol", "h2"], ["--env", "A"], ["--env", "=b"], ["--cpu", "x"], ["--memory", "1T"], ["--nothing"],
    ])
    func whatCantBeReadIsWrongUsage(words: [String]) {
        #expect(throws: (any Error).self) {
            _ = try Runabout.parseAsRoot(["services", "create", "demo", "--image", "i"] + words)
        }
    }

    @Test func anUpdateWithoutAChangeIsWrongUsage() throws {
        #expect(throws: (any Error).self) { _ = try Runabout.parseAsRoot(["services", "update", "demo"]) }
        let command = try Runabout.parseAsRoot(["services", "update", "demo", "--unset-env", "A", "--no-wait"])
        #expect(try #require(command as? UpdateService).wait == false)
    }

    @Test func everyVerbIsThere() throws {
        for words in [
            ["services", "list"], ["services", "get", "a"], ["services", "delete", "a"], ["services", "pause", "a"],
            ["services", "resume", "a"], ["services", "deploy", "a"], ["status", "a", "--watch"], ["logs", "-f", "a"],
            ["instances", "a", "--all"], ["operations"], ["events", "-f"], ["explain", "a"], ["health"], ["ca"],
            ["version"],
            ["auto-scaling", "create", "a", "--min-size", "0"], ["auto-scaling", "list"], ["auto-scaling", "get", "a"],
            ["auto-scaling", "delete", "a"],
        ] {
            _ = try Runabout.parseAsRoot(words + ["--json", "--socket", "/s"])
        }
    }
}
