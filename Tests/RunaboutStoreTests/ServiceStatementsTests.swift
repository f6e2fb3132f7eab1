import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct ServiceStatementsTests {
    @Test func aServiceIsFoundByIdNameAndHostUntilItIsDeleted() async throws {
        let store = try Store.temporary()
        try await store.write { try Rows.insertService($0) }
        let before = try await store.read { transaction in
            [
                try transaction.service(.number(1)), try transaction.service(named: "service-1"),
                try transaction.service(host: "service-1.localhost"),
            ].compactMap { $0?.id }
        }
        #expect(before == [.number(1), .number(1), .number(1)])
        try await store.write { transaction in
            try transaction.endOperation(
                .number(1), status: .succeeded, failure: nil, serviceStatus: .deleted, now: .at(5))
            #expect(try transaction.service(named: "service-1") == nil)
            #expect(try transaction.service(host: "service-1.localhost") == nil)
            #expect(try transaction.service(.number(1))?.deletedAt == .at(5))
            #expect(try transaction.serviceCount() == 0)
            #expect(try transaction.services(after: nil, limit: 10) == [])
            // The name and the host are free again.
            try transaction.insertService(Rows.service(2, name: "service-1"))
        }
    }

    @Test func servicesAreListedByNameFromAPositionOn() async throws {
        let store = try Store.temporary()
        let names = try await store.write { transaction in
            try transaction.insertAutoScalingConfiguration(Rows.autoScaling())
            for (number, name) in ["beta", "alpha", "gamma", "Zeta"].enumerated() {
                try transaction.insertService(Rows.service(UInt64(number), name: name))
            }
            return (
                try transaction.services(after: nil, limit: 3).map(\.name),
                try transaction.services(after: "beta", limit: 3).map(\.name)
            )
        }
        #expect(names.0 == ["Zeta", "alpha", "beta"])
        #expect(names.1 == ["gamma"])
    }

    @Test func aRowIsNotOverwrittenByOneOfAnOlderGeneration() async throws {
        let store = try Store.temporary()
        try await store.write { try Rows.insertService($0) }
        var newer = Rows.service(target: .number(1))
        newer.generation = 5
        let (written, stale) = (newer, Rows.service(target: .number(1)))
        try await store.write { try $0.updateService(written) }
        let error = await #expect(throws: StoreError.self) { try await store.write { try $0.updateService(stale) } }
        #expect(error?.code == .stale)
        let missing = await #expect(throws: StoreError.self) {
            try await store.write { try $0.updateService(Rows.service(9)) }
        }
        #expect(missing?.code == .notFound)
    }

    @Test func aRevisionServesOnlyIfNothingElseWasAskedForSince() async throws {
        let store = try Store.temporary()
        try await store.write { try Rows.insertService($0) }
        let stale = await #expect(throws: StoreError.self) {
            try await store.write { transaction in
                try transaction.activate(.number(1), service: .number(1), generation: 2, now: .at(9))
            }
        }
        #expect(stale?.code == .stale)
        try await store.write { transaction in
            try transaction.activate(.number(1), service: .number(1), generation: 1, now: .at(9))
            // A second time changes nothing and adds no event.
            try transaction.activate(.number(1), service: .number(1), generation: 1, now: .at(10))
            let service = try transaction.service(.number(1))
            #expect(service?.activeRevision == .number(1))
            #expect(service?.updatedAt == .at(9))
            #expect(try transaction.events(of: .number(1), after: 0, limit: 9).map(\.kind) == ["revision.activated"])
        }
    }

    @Test func oldRevisionsGoUnlessSomethingRefersToThem() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertInstance(Rows.instance(1, revision: 1))
            for ordinal in 2...(Limits.revisionsKeptMax + 3) {
                try transaction.insertRevision(try Rows.revision(UInt64(ordinal), ordinal: ordinal))
            }
            #expect(try transaction.revision(.number(1)) != nil)
            #expect(try transaction.revision(.number(2)) == nil)
            #expect(try transaction.revision(.number(3)) == nil)
            #expect(try transaction.revision(.number(4)) != nil)
            #expect(try transaction.newestRevision(of: .number(1))?.number == Limits.revisionsKeptMax + 3)
        }
    }

    @Test func theOldestDeletedServicesGoWithAllThatIsOfThem() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertRecords([ServiceRecord(service: .number(1), kind: .wake, at: .at(1), body: "{}")])
            try transaction.endOperation(
                .number(1), status: .succeeded, failure: nil, serviceStatus: .deleted, now: .at(2))
            for number in 2...UInt64(Limits.deletedServicesKeptMax + 1) {
                var service = Rows.service(number, status: .deleted)
                service.desired = .deleted
                service.deletedAt = .at(Int64(number) + 2)
                try transaction.insertService(service)
            }
            #expect(try transaction.service(.number(1)) == nil)
            #expect(try transaction.revision(.number(1)) == nil)
            #expect(try transaction.operation(.number(1)) == nil)
            #expect(try transaction.records(of: .number(1), kind: .wake, limit: 9) == [])
            #expect(try transaction.service(.number(2)) != nil)
            // What happened stays in the audit trail.
            #expect(try transaction.events(of: .number(1), after: 0, limit: 9).last?.kind == "service.deleted")
        }
    }
}
