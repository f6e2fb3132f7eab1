import GRDB
import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct RowReadingTests {
    static let spoiled = [
        "UPDATE service SET status = 'sleeping'",
        "UPDATE service SET id = 'short', targetRevision = NULL",
        "UPDATE revision SET imageDigest = 'none'",
        "UPDATE revision SET configuration = '{}'",
        "UPDATE operation SET failure = '[]'",
    ]

    /// What no version of this program writes, as a hand in the database might.
    @Test(arguments: spoiled)
    func aRowThatNobodyWroteIsAnErrorAndNoTrap(sql: String) async throws {
        let store = try Store.temporary()
        try await store.write { try Rows.insertService($0) }
        try await store.writer.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: sql)
        }
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.read { transaction in
                for service in try transaction.services(after: nil, limit: 9) {
                    _ = try transaction.snapshot(of: service.id)
                }
            }
        }
        #expect(error?.code == .unreadableRow)
    }

    @Test func equalValuesHaveEqualTexts() throws {
        let environment = Dictionary(uniqueKeysWithValues: (0..<50).map { ("KEY_\($0)", "\($0)") })
        let first = try jsonText(InstanceConfiguration(environment: environment))
        let second = try jsonText(
            InstanceConfiguration(environment: Dictionary(uniqueKeysWithValues: environment.reversed())))
        #expect(first == second)
    }
}
