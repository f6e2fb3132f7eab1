import OCI
import RunaboutModel
import Testing

@testable import RunaboutControlPlane

@Suite struct ValidationTests {
    @Test func everythingThatIsWrongIsSaidAtOnce() async throws {
        try await World.run { world in
            let configuration = InstanceConfiguration(
                port: 0, startCommand: [],
                environment: ["PORT": "1", "RUNABOUT_X": "1", "1A": "b", "A-B": "c", "OK": "\0"],
                cpuMillis: 1, memoryMebibytes: 1,
                healthCheck: HealthCheckConfiguration(
                    path: "no slash", intervalSeconds: 0, timeoutSeconds: 21, healthyThreshold: 0,
                    unhealthyThreshold: 99),
                startDeadlineSeconds: 0, stopGraceSeconds: -1, requestTimeoutSeconds: 100_000,
                connectTimeoutSeconds: 61,
                responseHeaderTimeoutSeconds: 0, idleTimeoutSeconds: 0, drainTimeoutSeconds: -1)
            let error = await #expect(throws: ControlPlaneError.self) {
                try await world.create("x", image: "UPPER:tag", configuration: configuration, key: "")
            }
            #expect(error?.code == .invalidRequest)
            #expect(
                Set(error?.fields.map(\.path) ?? []) == [
                    "name", "image", "Idempotency-Key", "configuration.port", "configuration.startCommand",
                    "configuration.environment.PORT", "configuration.environment.RUNABOUT_X",
                    "configuration.environment.1A", "configuration.environment.A-B", "configuration.environment.OK",
                    "configuration.cpuMillis", "configuration.memoryMebibytes", "configuration.healthCheck.path",
                    "configuration.healthCheck.intervalSeconds", "configuration.healthCheck.timeoutSeconds",
                    "configuration.healthCheck.healthyThreshold", "configuration.healthCheck.unhealthyThreshold",
                    "configuration.startDeadlineSeconds", "configuration.stopGraceSeconds",
                    "configuration.requestTimeoutSeconds", "configuration.connectTimeoutSeconds",
                    "configuration.responseHeaderTimeoutSeconds", "configuration.idleTimeoutSeconds",
                    "configuration.drainTimeoutSeconds",
                ])
            let port = error?.fields.first { $0.path == "configuration.port" }
            #expect(port?.message == "has to be 1...65535; it was 0")
            let services = try await world.plane.services(after: nil, limit: 10).items
            #expect(services == [])
            #expect(world.live.takePokes() == [])
        }
    }

    static let names: [(name: String, isValid: Bool)] = [
        ("abcd", true), ("Abc0", true), ("0---", true), ("a_b-", true), (String(repeating: "a", count: 40), true),
        ("abc", false), ("-abc", false), ("_abc", false), ("ab c", false), ("ab.c", false), ("äbcd", false),
        ("", false), (String(repeating: "a", count: 41), false), ("abc\n", false),
    ]

    @Test(arguments: names)
    func aServicesNameHasItsForm(name: String, isValid: Bool) {
        var validation = Validation()
        validation.checkName(name, length: Limits.serviceNameRange, "name")
        #expect(validation.fields.isEmpty == isValid)
    }

    @Test func theDefaultConfigurationIsValid() {
        var validation = Validation()
        validation.check(InstanceConfiguration(), "configuration")
        #expect(validation.fields == [])
    }

    @Test func theEndsOfEveryRangeAreValid() {
        var validation = Validation()
        for isLow in [true, false] {
            func end<Value: Comparable>(_ range: ClosedRange<Value>) -> Value {
                isLow ? range.lowerBound : range.upperBound
            }
            let health = end(Limits.healthCheckRange)
            validation.check(
                InstanceConfiguration(
                    port: end(Limits.portRange),
                    startCommand: Array(repeating: "w", count: isLow ? 1 : Limits.startCommandWordsMax),
                    environment: [
                        String(repeating: "A", count: isLow ? 1 : Limits.environmentNameBytesMax):
                            String(repeating: "v", count: isLow ? 0 : Limits.environmentValueBytesMax)
                    ],
                    cpuMillis: end(Limits.cpuMillisRange), memoryMebibytes: end(Limits.memoryMebibytesRange),
                    healthCheck: HealthCheckConfiguration(
                        path: "/" + String(repeating: "p", count: isLow ? 0 : Limits.healthCheckPathBytesMax - 1),
                        intervalSeconds: health, timeoutSeconds: health, healthyThreshold: health,
                        unhealthyThreshold: health),
                    startDeadlineSeconds: end(Limits.startDeadlineSecondsRange),
                    stopGraceSeconds: end(Limits.stopGraceSecondsRange),
                    requestTimeoutSeconds: end(Limits.requestTimeoutSecondsRange),
                    connectTimeoutSeconds: end(Limits.connectTimeoutSecondsRange),
                    responseHeaderTimeoutSeconds: end(Limits.requestTimeoutSecondsRange),
                    idleTimeoutSeconds: end(Limits.idleTimeoutSecondsRange),
                    drainTimeoutSeconds: end(Limits.drainTimeoutSecondsRange)), "configuration")
        }
        #expect(validation.fields == [])
    }

    @Test func waitingForAHeadLongerThanForTheAnswerIsRefused() {
        var validation = Validation()
        validation.check(
            InstanceConfiguration(requestTimeoutSeconds: 60, responseHeaderTimeoutSeconds: 61), "configuration")
        #expect(
            validation.fields == [
                ControlPlaneError.Field(
                    path: "configuration.responseHeaderTimeoutSeconds",
                    message: "has to be at most requestTimeoutSeconds, which is 60; it was 61")
            ])
    }

    @Test func whatIsLargerThanItsLimitIsRefused() {
        var validation = Validation()
        let many = Dictionary(uniqueKeysWithValues: (0...Limits.environmentVariablesMax).map { ("A\($0)", "") })
        validation.check(
            InstanceConfiguration(
                startCommand: Array(repeating: "w", count: Limits.startCommandWordsMax + 1), environment: many), "a")
        validation.check(
            InstanceConfiguration(
                startCommand: ["", String(repeating: "w", count: Limits.startCommandWordBytesMax + 1), "\0"],
                environment: [
                    "A": String(repeating: "v", count: Limits.environmentValueBytesMax + 1),
                    String(repeating: "B", count: Limits.environmentNameBytesMax + 1): "",
                ]), "b")
        #expect(
            validation.fields.map(\.path) == [
                "a.startCommand", "a.environment", "b.startCommand[0]", "b.startCommand[1]", "b.startCommand[2]",
                "b.environment.A", "b.environment." + String(repeating: "B", count: 200) + "...",
            ])
    }

    @Test func aHostInFrontOfAnImageIsPointedOut() {
        var validation = Validation()
        #expect(validation.imageReference("localhost:7080/web:1", "image") == nil)
        #expect(validation.fields.first?.message.contains("Leave the host") == true)
        #expect(validation.imageReference("team/web:1", "image") != nil)
        #expect(validation.fields.count == 1)
    }
}
