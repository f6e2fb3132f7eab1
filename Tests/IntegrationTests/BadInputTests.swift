import Foundation
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

extension IntegrationTests {
    /// What users do wrong gets a clear answer, and nothing is lost.
    @Suite(.serialized) struct BadInputTests {
        @Test func requestsThatMakeNoSenseAreRefusedWithTheirReason() async throws {
            try await withPlatform { platform in
                let control = try platform.control
                func refusal(_ body: String) async throws -> Problem {
                    try await control.problem(.POST, "/v1/services", body: body)
                }
                let malformed = try await refusal(#"{"name": "sample", "image""#)
                #expect(malformed.status == 400, "\(malformed)")
                let unknown = try await refusal(#"{"name": "sample", "image": "a:b", "maxConcurency": 3}"#)
                #expect(unknown.status == 400 || unknown.status == 422)
                #expect("\(unknown)".contains("maxConcurency"), "\(unknown)")
                let name = try await refusal(#"{"name": "-a", "image": "a:b"}"#)
                #expect(name.errors?.contains { $0.path == "name" } == true, "\(name)")
                let port = try await refusal(#"{"name": "sample", "image": "a:b", "configuration": {"port": 70000}}"#)
                #expect(port.errors?.contains { $0.path == "configuration.port" } == true, "\(port)")
                let limits = try await control.problem(
                    .POST, "/v1/auto-scaling-configurations",
                    body: #"{"name": "wide", "maxConcurrency": 201, "minSize": 3, "maxSize": 2}"#)
                #expect(limits.errors?.contains { $0.path == "maxConcurrency" } == true, "\(limits)")
                let image = try await refusal(#"{"name": "sample", "image": "nothing-here:1"}"#)
                #expect(image.code == "imageNotFound" && image.detail.contains("nothing-here"), "\(image)")
                let services = try await control.call(PageBody<ServiceBody>.self, .GET, "/v1/services")
                #expect(services.items.isEmpty, "nothing may have been made")
            }
        }

        @Test func anImageWithoutACommandIsRefused() async throws {
            try await withPlatform { platform in
                let layout = platform.directory.appending(path: "empty")
                try await EmptyImage.write(to: layout)
                _ = try await runTool(
                    "skopeo",
                    [
                        "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--dest-creds",
                        "any:\(try platform.token)", "oci:\(layout.path):latest",
                        "docker://127.0.0.1:\(platform.apiPort)/empty:latest",
                    ])
                let problem = try await platform.control.problem(
                    .POST, "/v1/services", body: #"{"name": "empty", "image": "empty:latest"}"#)
                #expect(problem.code == "imageInvalid", "\(problem)")
                #expect(problem.detail.lowercased().contains("command"), "\(problem)")
            }
        }

        @Test func aPortNobodyListensOnFailsTheOperationWithTheLastLogLines() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let control = try platform.control
                var configuration = Platform.configuration(["NEVER_LISTEN": "1"])
                configuration.startDeadlineSeconds = 2
                configuration.startCommand = ["/sample-service"]
                let silent = try await control.create(
                    CreateServiceBody(
                        name: platform.name("silent"), image: "sample:latest", configuration: configuration))
                #expect(silent.status == .failed && silent.failure?.code == .healthCheckFailed, "\(silent)")

                let exits = try await control.create(
                    CreateServiceBody(
                        name: platform.name("exits"), image: "sample:latest",
                        configuration: Platform.configuration(["EXIT_AT_START": "3"])))
                #expect(exits.status == .failed && exits.failure?.code == .instanceExited, "\(exits)")
                #expect(exits.failure?.exit?.status == 3)
                #expect(exits.failure?.logLines.contains { $0.contains("EXIT_AT_START") } == true, "\(exits)")
                let service = try await control.service(platform.name("exits"))
                #expect(service.status == .createFailed)
            }
        }

        @Test func anUpdateWhileAnOperationRunsIsAConflict() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let control = try platform.control
                let name = platform.name("slow")
                let body = CreateServiceBody(
                    name: name, image: "sample:latest",
                    configuration: Platform.configuration(["START_DELAY_MS": "3000"]))
                let accepted = try await control.call(AcceptedBody.self, .POST, "/v1/services", body: body)
                let conflict = try await control.problem(
                    .PATCH, "/v1/services/\(name)", body: #"{"image": "sample:latest"}"#)
                #expect(conflict.status == 409 && conflict.code == "operationInProgress", "\(conflict)")
                let operation = try await control.ended(accepted.operation)
                #expect(operation.status == .succeeded, "\(operation)")
            }
        }

        @Test func aFailedDeploymentLeavesTheOldRevisionServing() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample()
                let control = try platform.control
                let (operation, answers) = try await platform.load.steadily(
                    lines: 3, "/slow?ms=20", host: platform.host(service)
                ) {
                    let accepted = try await control.call(
                        AcceptedBody.self, .PATCH, "/v1/services/\(service)",
                        body: UpdateServiceBody(configuration: Platform.configuration(["EXIT_AT_START": "4"])))
                    return try await control.ended(accepted.operation)
                }
                #expect(operation.status == .rollbackSucceeded || operation.status == .failed, "\(operation)")
                #expect(operation.failure?.exit?.status == 4)
                #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.filter { $0.status != 200 })")
                let after = try await control.service(service)
                #expect(after.status == .running && after.revision?.number == 1, "\(after)")
            }
        }

        @Test func aNewRevisionTakesOverWithoutAFailedRequest() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample()
                let control = try platform.control
                let (operation, answers) = try await platform.load.steadily(
                    lines: 5, "/slow?ms=20", host: platform.host(service)
                ) {
                    let accepted = try await control.call(
                        AcceptedBody.self, .PATCH, "/v1/services/\(service)",
                        body: UpdateServiceBody(configuration: Platform.configuration(["GREETING": "again"])))
                    let ended = try await control.ended(accepted.operation)
                    // The old instance is drained and goes while requests run.
                    try await control.wait(service, "only the new revision is left") { now in
                        now.instances.allSatisfy { $0.revision == now.revision?.id }
                    }
                    return ended
                }
                #expect(operation.status == .succeeded, "\(operation)")
                #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.filter { $0.status != 200 })")
                #expect(try await control.service(service).revision?.number == 2)
            }
        }

        @Test func aFullDiskDuringAPushIsSaidAndNothingIsLost() async throws {
            try await withSmallDisk(mebibytes: 24) { disk in
                try await withPlatform(Platform.Settings(state: disk.appending(path: "s"))) { platform in
                    try await platform.pushSample()
                    let big = platform.directory.appending(path: "big")
                    try await EmptyImage.write(to: big, layerBytes: 32 * 1_048_576)
                    await #expect(throws: ToolFailure.self) {
                        _ = try await runTool(
                            "skopeo",
                            [
                                "--insecure-policy", "copy", "--quiet", "--retry-times", "0", "--dest-tls-verify=false",
                                "--dest-creds", "any:\(try platform.token)", "oci:\(big.path):latest",
                                "docker://127.0.0.1:\(platform.apiPort)/big:latest",
                            ])
                    }
                    // What was there before is whole, and the daemon goes on.
                    let copy = platform.directory.appending(path: "copy")
                    _ = try await runTool(
                        "skopeo",
                        [
                            "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false", "--src-creds",
                            "any:\(try platform.token)", "docker://127.0.0.1:\(platform.apiPort)/sample:latest",
                            "dir:\(copy.path)",
                        ])
                    let health = try await platform.control.call(HealthBody.self, .GET, "/v1/health")
                    #expect(health.isRouterConnected)
                }
            }
        }

        @Test func aCorruptDatabaseIsSetAsideAndSaid() async throws {
            try await withPlatform { platform in
                try await platform.stop()
                let database = platform.state.appending(path: "state.db")
                let garbage = Data((0..<8_192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                for suffix in ["-wal", "-shm"] {
                    // After a clean end neither has to be there.
                    try? FileManager.default.removeItem(atPath: database.path + suffix)
                }
                try garbage.write(to: database)
                try await platform.start()
                let health = try await platform.control.call(HealthBody.self, .GET, "/v1/health")
                #expect(health.notices.contains { $0.contains("state.db") }, "\(health.notices)")
                let files = try FileManager.default.contentsOfDirectory(atPath: platform.state.path)
                let aside = try files.filter { $0.hasPrefix("state.db") && $0 != "state.db" }
                    .filter { try Data(contentsOf: platform.state.appending(path: $0)) == garbage }
                #expect(aside.count == 1, "\(files)")
            }
        }
    }
}
