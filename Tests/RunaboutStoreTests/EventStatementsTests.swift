import GRDB
import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct EventStatementsTests {
    @Test func eventsAreReadFromASequenceNumberOnAndByService() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            let numbers = try (1...6).map { number in
                try transaction.appendEvent(
                    kind: "test.event", principal: "token:ci", service: number.isMultiple(of: 2) ? .number(2) : nil,
                    instance: nil, operation: .number(7), message: "Event \(number).", now: .at(Int64(number)))
            }
            #expect(numbers == [1, 2, 3, 4, 5, 6])
            #expect(try transaction.lastEventSequence() == 6)
            #expect(try transaction.events(of: nil, after: 2, limit: 3).map(\.sequence) == [3, 4, 5])
            #expect(try transaction.events(of: .number(2), after: 2, limit: 3).map(\.sequence) == [4, 6])
            #expect(try transaction.newestEvents(of: nil, limit: 2).map(\.sequence) == [5, 6])
            #expect(try transaction.newestEvents(of: .number(2), limit: 2).map(\.sequence) == [4, 6])
            let event = Event(
                sequence: 4, at: .at(4), principal: "token:ci", kind: "test.event", service: .number(2), instance: nil,
                operation: .number(7), message: "Event 4.")
            #expect(try transaction.events(of: .number(2), after: 3, limit: 1) == [event])
        }
    }

    @Test func theOldestEventsGoAndNumbersDoNotComeAgain() async throws {
        let store = try Store.temporary()
        let limit = Int64(Limits.eventsKeptMax)
        try await store.writer.write { database in
            for sequence in [1, 2, limit] {
                try database.execute(
                    sql: "INSERT INTO event VALUES (?, 1, 'system', 'test.event', NULL, NULL, NULL, 'm')",
                    arguments: [sequence])
            }
        }
        try await store.write { transaction in
            let sequence = try append(transaction)
            #expect(sequence == limit + 1)
            #expect(try transaction.events(of: nil, after: 0, limit: 9).map(\.sequence) == [2, limit, limit + 1])
        }
        try await store.writer.write { try $0.execute(sql: "DELETE FROM event") }
        #expect(try await store.write { try append($0) } == limit + 2)
    }

    @Test func recordsAreKeptPerServiceAndKindUpToALimit() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            let decisions = (1...(Limits.decisionsKeptMax + 2)).map { number in
                ServiceRecord(
                    service: .number(1), kind: .scaleDecision, at: .at(Int64(number)), body: "{\"n\":\(number)}")
            }
            let wake = ServiceRecord(service: .number(1), kind: .wake, at: .at(1), body: "{}")
            let stranger = ServiceRecord(service: .number(9), kind: .wake, at: .at(1), body: "{}")
            try transaction.insertRecords([wake, stranger] + decisions)
            let kept = try transaction.records(of: .number(1), kind: .scaleDecision, limit: 10_000)
            #expect(kept == decisions.dropFirst(2).reversed())
            #expect(try transaction.records(of: .number(1), kind: .scaleDecision, limit: 2).count == 2)
            #expect(try transaction.records(of: .number(1), kind: .wake, limit: 9) == [wake])
            #expect(try transaction.records(of: .number(9), kind: .wake, limit: 9) == [])
        }
    }

    private func append(_ transaction: borrowing StoreTransaction) throws -> Int64 {
        try transaction.appendEvent(
            kind: "test.event", principal: "system", service: nil, instance: nil, operation: nil, message: "m",
            now: .at(1))
    }
}
