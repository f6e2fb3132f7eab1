import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct OperationStatementsTests {
    static let ends: [(status: ServiceStatus, desired: DesiredRunState)] = [
        (.running, .running), (.createFailed, .running), (.paused, .paused), (.deleted, .deleted),
    ]

    @Test(arguments: ends)
    func endingAnOperationWritesItsService(status: ServiceStatus, desired: DesiredRunState) async throws {
        let store = try Store.temporary()
        let failure = OperationFailure(
            code: .instanceExited, message: "It ended.", logLines: ["one", "two"],
            exit: InstanceExit(status: 1, isOutOfMemory: false))
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.endOperation(
                .number(1), status: .failed, failure: failure, serviceStatus: status, now: .at(5))
            let service = try transaction.service(.number(1))
            #expect(service?.status == status)
            #expect(service?.desired == desired)
            #expect(service?.targetRevision == nil)
            #expect(service?.deletedAt == (status == .deleted ? .at(5) : nil))
            #expect(try transaction.runningOperation(of: .number(1)) == nil)
            let operation = try transaction.operation(.number(1))
            #expect(operation?.status == .failed)
            #expect(operation?.failure == failure)
            #expect(operation?.endedAt == .at(5))
            let kinds = try transaction.events(of: .number(1), after: 0, limit: 9).map(\.kind)
            #expect(kinds == ["operation.failed"] + (status == .deleted ? ["service.deleted"] : []))
        }
    }

    @Test func anOperationEndsOnce() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.endOperation(
                .number(1), status: .succeeded, failure: nil, serviceStatus: .running, now: .at(5))
        }
        let again = await #expect(throws: StoreError.self) {
            try await store.write { transaction in
                try transaction.endOperation(
                    .number(1), status: .failed, failure: nil, serviceStatus: .createFailed, now: .at(6))
            }
        }
        #expect(again?.code == .stale)
        let unknown = await #expect(throws: StoreError.self) {
            try await store.write { transaction in
                try transaction.endOperation(
                    .number(2), status: .failed, failure: nil, serviceStatus: .createFailed, now: .at(6))
            }
        }
        #expect(unknown?.code == .notFound)
        #expect(try await store.read { try $0.service(.number(1))?.status } == .running)
    }

    @Test func operationsAreListedNewestFirstFromAPositionOn() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertService(Rows.service(2))
            for number in 2...5 as ClosedRange<UInt64> {
                try transaction.insertOperation(Rows.operation(number, type: .updateService, status: .succeeded))
            }
            try transaction.insertOperation(Rows.operation(6, service: 2))
            let all = try transaction.operations(of: nil, before: nil, limit: 3)
            #expect(all.map(\.operation.id) == [.number(6), .number(5), .number(4)])
            let rest = try transaction.operations(of: nil, before: all.last?.position, limit: 9)
            #expect(rest.map(\.operation.id) == [.number(3), .number(2), .number(1)])
            let first = try transaction.operations(of: .number(1), before: nil, limit: 2)
            #expect(first.map(\.operation.id) == [.number(5), .number(4)])
            #expect(try transaction.newestOperation(of: .number(1))?.id == .number(5))
            #expect(try transaction.runningOperation(of: .number(1))?.id == .number(1))
        }
    }

    @Test func theOldestEndedOperationsGoAndTheRunningOneStays() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            for number in 2...UInt64(Limits.operationsKeptMax + 2) {
                try transaction.insertOperation(Rows.operation(number, type: .updateService, status: .succeeded))
            }
            let kept = try transaction.operations(of: .number(1), before: nil, limit: 10_000)
            #expect(kept.count == Limits.operationsKeptMax + 1)
            #expect(kept.last?.operation.id == .number(1))
            #expect(try transaction.operation(.number(2)) == nil)
        }
    }
}
