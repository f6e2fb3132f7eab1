import OCI
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutRuntime

struct FakeInstanceRuntimeTests {
    private func specification(_ number: UInt64) throws -> InstanceSpecification {
        InstanceSpecification(
            id: InstanceID(high: 1, low: number),
            service: ServiceID(high: 2, low: 1),
            revision: RevisionID(high: 3, low: 1),
            serviceName: "web",
            image: try #require(Digest("sha256:" + String(repeating: "a", count: 64))),
            configuration: InstanceConfiguration())
    }

    @Test func aSecondRuntimeOverTheSameHostFindsWhatTheFirstStarted() async throws {
        let host = FakeHost()
        let first = FakeInstanceRuntime(host: host)
        let started = try await first.start(specification(1))
        let found = try await FakeInstanceRuntime(host: host).observe()
        #expect(found.map(\.address) == [started.address])
        #expect(found.map(\.state) == [.running])
    }

    @Test func anInstanceThatCantStartLeavesNothing() async throws {
        let host = FakeHost { specification in
            FakeBehaviour(startFailure: RuntimeError(step: .create, instance: specification.id, message: "no room"))
        }
        let runtime = FakeInstanceRuntime(host: host)
        await #expect(throws: RuntimeError.self) { try await runtime.start(specification(1)) }
        #expect(host.instances.isEmpty)
    }

    @Test func aCrashIsReportedOnce() async throws {
        let host = FakeHost()
        let runtime = FakeInstanceRuntime(host: host)
        _ = try await runtime.start(specification(1))
        host.end(InstanceID(high: 1, low: 1), exit: InstanceExit(status: 137, isOutOfMemory: true))
        host.end(InstanceID(high: 1, low: 1), exit: InstanceExit(status: 1, isOutOfMemory: false))
        _ = try await runtime.start(specification(2))
        try await runtime.stop(InstanceID(high: 1, low: 2), grace: .seconds(1))
        var exits = runtime.exits.makeAsyncIterator()
        let first = await exits.next(isolation: nil)
        let second = await exits.next(isolation: nil)
        #expect(first?.exit == InstanceExit(status: 137, isOutOfMemory: true))
        #expect(second?.id == InstanceID(high: 1, low: 2))
    }

    @Test func leftoversAreCollectedOnce() async throws {
        let host = FakeHost()
        host.leave("a bridge")
        let runtime = FakeInstanceRuntime(host: host)
        #expect(await runtime.collectLeftovers(known: []) == ["a bridge"])
        #expect(await runtime.collectLeftovers(known: []).isEmpty)
    }
}
