import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct StoreTransactionTests {
    @Test func aSnapshotHoldsAllThatDecidingNeeds() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance(1))
            try transaction.insertInstance(Rows.instance(2))
            try transaction.updateInstance(.number(2), state: .failed, now: .at(3))
        }
        let found = try await store.read { try $0.snapshot(of: .number(1)) }
        let snapshot = try #require(found)
        #expect(snapshot.service == Rows.service(target: .number(1)))
        #expect(snapshot.autoScaling == Rows.autoScaling())
        #expect(snapshot.active == nil)
        #expect(snapshot.target == (try Rows.revision()))
        #expect(snapshot.operation == Rows.operation())
        #expect(snapshot.instances.map(\.id) == [.number(1), .number(2)])
        #expect(try await store.read { try $0.snapshot(of: .number(99)) } == nil)
    }

    @Test func aRevisionThatIsBeingReplacedStaysInTheSnapshotWhileItHasInstances() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance(1))
            try transaction.insertRevision(try Rows.revision(2, ordinal: 2))
            try transaction.activate(.number(2), service: .number(1), generation: 1, now: .at(3))
            guard var service = try transaction.service(.number(1)) else { return }
            service.targetRevision = nil
            try transaction.updateService(service)
        }
        let replaced = try #require(try await store.read { try $0.snapshot(of: .number(1)) })
        #expect(replaced.active?.id == .number(2))
        #expect(replaced.earlier == [try Rows.revision()])
        try await store.write { transaction in
            try transaction.updateInstance(.number(1), state: .stopped, now: .at(3))
            _ = try transaction.releaseInstance(.number(1), now: .at(4))
        }
        #expect(try await store.read { try $0.snapshot(of: .number(1)) }?.earlier == [])
    }

    @Test func releasedInstancesLeaveTheSnapshot() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance(1))
            try transaction.updateInstance(.number(1), state: .stopped, now: .at(3))
            _ = try transaction.releaseInstance(.number(1), now: .at(4))
        }
        let found = try await store.read { transaction in
            (
                try transaction.snapshot(of: .number(1))?.instances, try transaction.unreleasedInstances(),
                try transaction.instances(of: .number(1), includesEnded: true).map(\.id)
            )
        }
        #expect(found.0 == [])
        #expect(found.1 == [])
        #expect(found.2 == [.number(1)])
    }

    @Test func aStartLooksAtDeletedServicesOnlyWhileSomethingOfThemIsLeft() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance(1))
            try transaction.insertService(Rows.service(2, status: .running))
            try transaction.endOperation(
                .number(1), status: .succeeded, failure: nil, serviceStatus: .deleted, now: .at(5))
        }
        #expect(try await store.read { try $0.servicesToReconcile() } == [.number(1), .number(2)])
        try await store.write { transaction in
            try transaction.updateInstance(.number(1), state: .stopped, now: .at(6))
            _ = try transaction.releaseInstance(.number(1), now: .at(6))
        }
        #expect(try await store.read { try $0.servicesToReconcile() } == [.number(2)])
    }

    @Test func anActionAfterCommitRunsOnceAndOnlyThen() async throws {
        struct Refusal: Error {}
        let store = try Store.temporary()
        let (calls, call) = AsyncStream.makeStream(of: String.self)
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                transaction.afterCommit { call.yield("rolled back") }
                throw Refusal()
            }
        }
        try await store.write { transaction in
            transaction.afterCommit { call.yield("committed") }
            try Rows.insertService(transaction)
        }
        try await store.write { try $0.insertRepository("web") }
        call.finish()
        var made: [String] = []
        for await name in calls { made.append(name) }
        #expect(made == ["committed"])
    }
}
