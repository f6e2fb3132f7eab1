import Foundation
import GRDB
import OCI
import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct SchemaTests {
    /// `RUNABOUT_RECORD=1 swift test --filter SchemaTests` writes the file anew.
    @Test func theRecordedSchemaIsTheSumOfTheMigrations() async throws {
        let store = try Store.temporary()
        let statements = try await store.writer.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
                    ORDER BY type DESC, name
                    """)
        }
        let schema = statements.map { $0 + ";\n" }.joined(separator: "\n")
        let recorded = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/schema.sql")
        if ProcessInfo.processInfo.environment["RUNABOUT_RECORD"] != nil {
            try Data(schema.utf8).write(to: recorded)
        }
        #expect(try String(contentsOf: recorded, encoding: .utf8) == schema)
    }

    @Test func everyTableOfOursIsStrict() async throws {
        let store = try Store.temporary()
        let lax = try await store.writer.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM pragma_table_list
                    WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'
                      AND name <> 'grdb_migrations'
                    """)
        }
        #expect(lax == [])
    }

    @Test func everyForeignKeyHasAnIndexToFindItsRowsBy() async throws {
        let store = try Store.temporary()
        let missing = try await store.writer.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT m.name || '.' || f."from"
                    FROM sqlite_schema AS m JOIN pragma_foreign_key_list(m.name) AS f
                    WHERE m.type = 'table' AND f.seq = 0
                      AND NOT EXISTS (
                        SELECT 1 FROM pragma_index_list(m.name) AS l JOIN pragma_index_info(l.name) AS i
                        WHERE i.seqno = 0 AND i.name = f."from"
                      )
                      AND NOT EXISTS (
                        SELECT 1 FROM pragma_table_info(m.name) AS c WHERE c.pk = 1 AND c.name = f."from"
                      )
                    """)
        }
        #expect(missing == [])
    }

    static let refused: [(reason: String, sql: String)] = [
        ("a service's host is taken", "UPDATE service SET host = 'service-1.localhost' WHERE name = 'service-2'"),
        ("a service's name is taken", "UPDATE service SET name = 'service-1' WHERE name = 'service-2'"),
        ("a status nobody knows", "UPDATE service SET status = 'sleeping'"),
        ("a wish nobody knows", "UPDATE service SET desired = 'gone'"),
        ("deleted without a time", "UPDATE service SET status = 'deleted' WHERE name = 'service-1'"),
        ("a time of deletion without being deleted", "UPDATE service SET deletedAt = 5 WHERE name = 'service-1'"),
        ("a generation of 0", "UPDATE service SET generation = 0"),
        ("text for a number", "UPDATE service SET generation = 'two'"),
        ("no name", "UPDATE service SET name = NULL"),
        ("a revision of another service", "UPDATE service SET activeRevision = '\(RevisionID.number(1))'"),
        ("a configuration that does not exist", "UPDATE service SET autoScaling = '\(ServiceID.number(77))'"),
        ("a configuration that is used", "DELETE FROM autoScalingConfiguration"),
        ("a configuration with no room", "UPDATE autoScalingConfiguration SET minSize = 9, maxSize = 8"),
        ("a revision that serves", "DELETE FROM revision WHERE id = '\(RevisionID.number(1))'"),
        ("a configuration that is no JSON", "UPDATE revision SET configuration = '{'"),
        (
            "a second running operation",
            """
            INSERT INTO operation (id, service, type, status, startedAt)
            VALUES ('\(OperationID.number(9))', '\(ServiceID.number(1))', 'updateService', 'pending', 1)
            """
        ),
        ("an end without a time", "UPDATE operation SET status = 'succeeded'"),
        ("a failure of what succeeded", "UPDATE operation SET status = 'succeeded', endedAt = 1, failure = '{}'"),
        ("half an address", "UPDATE instance SET addressHost = '10.0.0.1'"),
        ("a port there is none of", "UPDATE instance SET addressHost = '10.0.0.1', addressPort = 70000"),
        ("half an exit", "UPDATE instance SET exitStatus = 1"),
        ("released while it runs", "UPDATE instance SET releasedAt = 1"),
        ("an instance of another service's revision", "UPDATE instance SET service = '\(ServiceID.number(2))'"),
        ("an event without a verb", "UPDATE event SET kind = 'service'"),
        ("a record of an unknown kind", "UPDATE serviceRecord SET kind = 'other'"),
        ("a tag of a manifest elsewhere", "UPDATE tag SET repository = 'other'"),
        ("a manifest that a repository has", "DELETE FROM manifest"),
        ("a second row of meta", "INSERT INTO meta (id, epoch) VALUES (2, 1)"),
    ]

    @Test(arguments: refused)
    func theSchemaRefuses(reason: String, sql: String) async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try Rows.insertService(transaction)
            try transaction.insertService(Rows.service(2))
            try transaction.insertInstance(Rows.instance())
            try transaction.insertRecords([ServiceRecord(service: .number(1), kind: .wake, at: .at(1), body: "{}")])
            try transaction.insertRepository("web")
            try transaction.insertRepository("other")
            let digest = try Digest.number(1)
            try transaction.insertManifest(
                StoredManifest(digest: digest, mediaType: "a/b", size: 1, references: []))
            try transaction.linkManifest(digest, repository: "web")
            try transaction.setTag("latest", repository: "web", manifest: digest)
        }
        let error = await #expect(throws: DatabaseError.self, "\(reason)") {
            try await store.writer.write { try $0.execute(sql: sql) }
        }
        let expected: [ResultCode] = [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH]
        #expect(expected.contains { $0 == error?.resultCode }, "\(reason): \(String(describing: error))")
    }
}
