import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct AutoScalingStatementsTests {
    @Test func revisionsAreFoundByNumberOrTheNewest() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            for revision in 1...3 {
                #expect(try transaction.nextAutoScalingRevision(named: "scaling") == revision)
                try transaction.insertAutoScalingConfiguration(
                    Rows.autoScaling(UInt64(100 + revision), revision: revision))
            }
            #expect(try transaction.autoScalingConfiguration(named: "scaling", revision: nil)?.revision == 3)
            #expect(try transaction.autoScalingConfiguration(named: "scaling", revision: 2)?.id == .number(102))
            #expect(try transaction.autoScalingConfiguration(named: "scaling", revision: 4) == nil)
            let listed = try transaction.autoScalingConfigurations(after: nil, limit: 3)
            #expect(listed.map(\.name) == ["DefaultConfiguration", "scaling", "scaling"])
            let rest = try transaction.autoScalingConfigurations(after: ("scaling", 1), limit: 9)
            #expect(rest.map(\.revision) == [2, 3])
            #expect(try transaction.autoScalingConfigurationCount() == 4)
        }
    }

    @Test func theNumberOfADeletedRevisionDoesNotComeAgain() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            for revision in 1...2 {
                try transaction.insertAutoScalingConfiguration(
                    Rows.autoScaling(UInt64(100 + revision), revision: revision))
            }
            try transaction.deleteAutoScalingConfiguration(.number(102), now: .at(1))
            #expect(try transaction.autoScalingConfiguration(named: "scaling", revision: nil)?.revision == 1)
            #expect(try transaction.nextAutoScalingRevision(named: "scaling") == 3)
            try transaction.deleteAutoScalingConfiguration(.number(101), now: .at(1))
            #expect(try transaction.autoScalingConfiguration(named: "scaling", revision: nil) == nil)
            #expect(try transaction.nextAutoScalingRevision(named: "scaling") == 3)
            // Only the row that the next number is counted from is left.
            #expect(try transaction.autoScalingConfiguration(.number(101)) == nil)
            #expect(try transaction.autoScalingConfiguration(.number(102)) != nil)
        }
    }

    @Test func aDeletedRevisionStaysForAServiceThatIsGoing() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            #expect(try transaction.serviceNames(using: .number(1_000), limit: 5) == ["service-1"])
            try transaction.endOperation(
                .number(1), status: .succeeded, failure: nil, serviceStatus: .deleted, now: .at(2))
            #expect(try transaction.serviceNames(using: .number(1_000), limit: 5) == [])
            try transaction.insertAutoScalingConfiguration(Rows.autoScaling(1_001, revision: 2))
            try transaction.deleteAutoScalingConfiguration(.number(1_000), now: .at(3))
            #expect(try transaction.snapshot(of: .number(1))?.autoScaling.id == .number(1_000))
        }
    }
}
