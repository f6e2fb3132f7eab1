import Foundation
import LinuxEvents
import LinuxNetworking
import Logging
import OCI
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutRuntime

/// Every implementation of `InstanceRuntime`.
enum Implementation: String, CaseIterable, CustomTestStringConvertible {
    case fake
    case process
    case oci

    /// Why it can't run here; nil when it can.
    var obstacle: Comment? {
        self == .oci && !Host.isRoot ? "The OCI runtime needs root." : nil
    }

    var testDescription: String { rawValue }
}

/// One implementation over directories, a bridge and an image of its own.
struct RuntimeBench {
    let implementation: Implementation
    let settings: RuntimeSettings
    let image: TestImage
    private let host: FakeHost

    /// Makes a bench, runs the body and removes everything, however the body ends; then nothing may be left.
    static func with(
        _ implementation: Implementation, programs: [String] = ["instance"], user: String? = nil, path: String = "",
        _ body: (RuntimeBench, any InstanceRuntime) async throws -> Void,
    ) async throws {
        // Said for each test that is skipped.
        if let obstacle = implementation.obstacle { try Test.cancel(obstacle) }
        try await withTemporaryDirectory { directory in
            let number = UInt16.random(in: 0...UInt16.max)
            let settings = RuntimeSettings(
                stateDirectory: directory.path + path + "/state",
                runDirectory: directory.path + path + "/run",
                bridge: "rt" + String(number, radix: 16),
                subnet: try #require(IPv4Subnet("10.\(200 + number % 50).\(number / 256).0/24")),
                poolSize: 1,
                allowsEgress: false,
                supervisor: try TestPrograms.supervisor)
            let image = try await TestImage(
                in: directory, owner: implementation == .oci ? 100_000 : nil, programs: programs, user: user)
            let bench = RuntimeBench(
                implementation: implementation, settings: settings, image: image, host: FakeHost { fakeBehaviour($0) })
            let runtime = try await bench.makeRuntime()
            do {
                try await body(bench, runtime)
            } catch {
                await bench.cleanUp()
                throw error
            }
            await bench.cleanUp()
            bench.expectNothingLeft()
        }
    }

    /// Another runtime object over the same directories: a restarted daemon.
    func makeRuntime() async throws -> any InstanceRuntime {
        switch implementation {
        case .fake: FakeInstanceRuntime(host: host)
        case .process: try ProcessInstanceRuntime(settings, images: image, logger: Logger(label: "test"))
        case .oci: try await OCIInstanceRuntime.open(settings, images: image, logger: Logger(label: "test"))
        }
    }

    /// A specification that runs the test program with these words.
    func specification(
        _ words: [String], program: String = "instance", id: InstanceID? = nil, memoryMebibytes: Int64 = 64,
        cpuMillis: Int = 1_000,
        environment: [String: String] = [:],
    ) throws -> InstanceSpecification {
        var generator = SystemRandomNumberGenerator()
        return InstanceSpecification(
            id: id ?? InstanceID(high: generator.next(), low: generator.next()),
            service: ServiceID(high: 1, low: 1),
            revision: RevisionID(high: 2, low: 2),
            serviceName: "shop",
            image: try #require(TestImage.digest),
            configuration: InstanceConfiguration(
                startCommand: ["/bin/\(program)"] + words, environment: environment, cpuMillis: cpuMillis,
                memoryMebibytes: memoryMebibytes))
    }

    private func cleanUp() async {
        do {
            let runtime = try await makeRuntime()
            for instance in try await runtime.observe() {
                try await runtime.stop(instance.id, grace: .zero)
                try await runtime.release(instance.id)
                await runtime.forget(instance.id)
            }
            _ = await runtime.collectLeftovers(known: [])
            await runtime.shutDown()
        } catch {
            Issue.record("cleaning up failed: \(error)")
        }
    }

    private func expectNothingLeft() {
        guard implementation != .fake else { return }
        #expect(InstanceFiles.names(in: settings.stateDirectory + "/instances").isEmpty)
        #expect(InstanceFiles.names(in: settings.stateDirectory + "/exits").isEmpty)
        guard implementation == .oci else { return }
        #expect(InstanceFiles.names(in: settings.rootsDirectory).isEmpty)
        #expect(InstanceFiles.names(in: settings.runDirectory + "/netns").isEmpty)
        #expect(InstanceFiles.names(in: settings.runDirectory + "/runc").isEmpty)
        #expect(!InstanceFiles.names(in: "/sys/class/net").contains { $0.hasPrefix(settings.bridge) })
        #expect((try? SmallFile.read("/proc/self/mountinfo"))?.contains(settings.stateDirectory) == false)
    }

    /// The test program's words as the fake understands them.
    private static func fakeBehaviour(_ specification: InstanceSpecification) -> FakeBehaviour {
        var behaviour = FakeBehaviour()
        let words = Array((specification.configuration.startCommand ?? []).dropFirst())
        for (index, word) in words.enumerated() {
            let next = index + 1 < words.count ? words[index + 1] : ""
            if word == "say" { behaviour.lines.append(next) }
            if word == "count" { behaviour.lines += (1...(Int(next) ?? 1)).map { "line \($0)" } }
            if word == "stubborn" { behaviour.ignoresTermination = true }
            if word == "exit" { behaviour.immediateExit = InstanceExit(status: Int(next) ?? 0, isOutOfMemory: false) }
        }
        if specification.configuration.startCommand?.first != "/bin/instance" {
            behaviour.startFailure = RuntimeError(step: .create, instance: specification.id, message: "no such program")
        }
        return behaviour
    }
}

/// Reads lines until one satisfies the condition, and gives it.
func firstLine(
    of runtime: any InstanceRuntime, _ id: InstanceID, where isWanted: (String) -> Bool,
) async throws -> String? {
    for try await line in runtime.logs(id, tail: 1_000, follow: true) where isWanted(line.text) { return line.text }
    return nil
}
