import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct IdempotencyStatementsTests {
    private let record = IdempotencyRecord(request: "sha256:1", service: .number(1), operation: .number(1))

    @Test func aKeyIsItsPrincipalsAndIsForgottenAfterADay() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertIdempotencyRecord(record, principal: "token:a", key: "k", now: .at(0))
            #expect(try transaction.idempotencyRecord(principal: "token:a", key: "k", now: .at(86_399)) == record)
            #expect(try transaction.idempotencyRecord(principal: "token:a", key: "k", now: .at(86_400)) == nil)
            #expect(try transaction.idempotencyRecord(principal: "token:b", key: "k", now: .at(1)) == nil)
            // Once it is forgotten it can be used again.
            try transaction.insertIdempotencyRecord(record, principal: "token:a", key: "k", now: .at(86_400))
        }
    }

    @Test func theOldestKeysGo() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            for number in 0...Limits.idempotencyKeysMax {
                try transaction.insertIdempotencyRecord(
                    record, principal: "token:a", key: "\(number)", now: .at(Int64(number / 1_000)))
            }
            #expect(try transaction.idempotencyRecord(principal: "token:a", key: "0", now: .at(20)) == nil)
            #expect(try transaction.idempotencyRecord(principal: "token:a", key: "1", now: .at(20)) == record)
        }
    }
}
