import Foundation
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

extension IntegrationTests {
    /// The same platform on plain processes, as it is without root.
    @Suite(.serialized) struct ProcessRuntimeTests {
        @Test func servicesRunAsProcessesAndWhatIsMissingIsSaid() async throws {
            try await withPlatform(Platform.Settings(runtime: "process")) { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(maxConcurrency: 4, minSize: 1, maxSize: 2)
                let control = try platform.control
                let health = try await control.call(HealthBody.self, .GET, "/v1/health")
                #expect(health.runtime == "process" && !health.missingIsolation.isEmpty, "\(health)")

                async let answers = platform.load.together(8, "/slow?ms=3000", host: platform.host(service))
                try await control.wait(service, "two instances are ready") { $0.readyCount == 2 }
                let ended = await answers
                #expect(ended.allSatisfy { $0.status == 200 }, "\(ended)")
                let statistics = try await platform.statistics(service, asking: 8)
                #expect(statistics.values.allSatisfy { $0.maxInFlight <= 4 }, "\(statistics)")
                try await control.wait(service, "one instance is left", seconds: 90) { $0.instances.count == 1 }
            }
        }

        @Test func servicesAnswerOverHTTPSToThoseWhoTrustTheRoot() async throws {
            try await withPlatform(Platform.Settings(runtime: "process")) { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample()
                let authority = try await platform.control.call(
                    CertificateAuthorityBody.self, .GET, "/v1/certificate-authority")
                let root = platform.directory.appending(path: "root.pem")
                try authority.certificate.write(to: root, atomically: true, encoding: .utf8)
                let output = platform.directory.appending(path: "curl.out")
                let url = "https://\(service).localhost:\(platform.httpsPort)/"
                let curl = try RunningProgram(
                    URL(filePath: "/usr/bin/curl"),
                    [
                        "--silent", "--show-error", "--cacert", root.path, "--connect-to", "::127.0.0.1:",
                        "--write-out", "%{http_code} %{ssl_verify_result}", "--output", "/dev/null", url,
                    ], output: output)
                #expect(try await within(.seconds(30), "curl ends") { await curl.end() } == 0)
                #expect(try String(contentsOf: output, encoding: .utf8) == "200 0")
            }
        }

        @Test func aStoppedPlatformFindsEverythingAsItWas() async throws {
            try await withPlatform(Platform.Settings(runtime: "process")) { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample()
                let before = try await platform.control.service(service)
                try await platform.stop()
                let remains = try await Remains.of(platform)
                #expect(remains.isEmpty, "\(remains)")
                try await platform.start()
                let after = try await platform.control.wait(service, "it runs again") { $0.readyCount == 1 }
                #expect(after.id == before.id && after.revision == before.revision && after.host == before.host)
                let answer = await platform.load.get("/", host: platform.host(service))
                #expect(answer.status == 200)
            }
        }
    }
}
