import Foundation
import GRDB
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutStore

@Suite struct DatabaseFileTests {
    @Test func aFileThatIsNoDatabaseIsSetAsideByteForByte() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db")
            let bytes = Data("This is a shopping list, not a database.".utf8)
            try bytes.write(to: path)
            let opening = try Store.open(path: path.path, now: .at(0))
            let setAside = try #require(opening.setAside)
            #expect(setAside == path.path + ".set-aside-20231114T221320.000Z")
            #expect(try Data(contentsOf: URL(filePath: setAside)) == bytes)
            #expect(opening.epoch == 1)
            #expect(try await opening.store.read { try $0.serviceCount() } == 0)
            try opening.store.close()
            let again = try Store.open(path: path.path, now: .at(1))
            #expect(again.setAside == nil)
            try again.store.close()
        }
    }

    @Test func aTruncatedDatabaseIsSetAside() async throws {
        try await withFilledDatabase { path in
            let whole = try Data(contentsOf: path)
            let cut = whole.prefix(whole.count / 2)
            try cut.write(to: path)
            try await expectSetAside(path, holding: Data(cut))
        }
    }

    @Test func aDatabaseCutToNothingIsSetAside() async throws {
        try await withFilledDatabase { path in
            try Data().write(to: path)
            try await expectSetAside(path, holding: Data())
        }
    }

    @Test(arguments: [0, 1_000, 5_000, 40_000])
    func aDatabaseWithOverwrittenPagesIsSetAside(offset: Int) async throws {
        try await withFilledDatabase { path in
            var bytes = try Data(contentsOf: path)
            let end = min(offset + 9_000, bytes.count)
            bytes.replaceSubrange(offset..<end, with: Data(repeating: 0xA5, count: end - offset))
            try bytes.write(to: path)
            try await expectSetAside(path, holding: bytes)
        }
    }

    @Test func aLogGoesAsideWithItsDatabase() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            try Data("no database".utf8).write(to: URL(filePath: path))
            try Data("no log".utf8).write(to: URL(filePath: path + "-wal"))
            let opening = try Store.open(path: path, now: .at(0))
            let setAside = try #require(opening.setAside)
            #expect(try Data(contentsOf: URL(filePath: setAside)) == Data("no database".utf8))
            #expect(try Data(contentsOf: URL(filePath: setAside + "-wal")) == Data("no log".utf8))
            try opening.store.close()
        }
    }

    @Test func aLogWithoutADatabaseIsNotReplayedIntoANewOne() async throws {
        try await withTemporaryDirectory { directory in
            let source = directory.appending(path: "source.db").path
            let store = try Store.open(path: source, now: .at(1)).store
            try await store.write { try Rows.insertService($0) }
            let path = directory.appending(path: "state.db").path
            try FileManager.default.copyItem(atPath: source + "-wal", toPath: path + "-wal")
            try store.close()
            let opening = try Store.open(path: path, now: .at(0))
            let setAside = try #require(opening.setAside)
            #expect(FileManager.default.fileExists(atPath: setAside + "-wal"))
            #expect(try await opening.store.read { try $0.serviceCount() } == 0)
            try opening.store.close()
        }
    }

    @Test func twoFilesSetAsideAtTheSameTimeBothStay() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            var names: Set<String> = []
            for text in ["first", "second", "third"] {
                try Data(text.utf8).write(to: URL(filePath: path))
                let opening = try Store.open(path: path, now: .at(0))
                let setAside = try #require(opening.setAside)
                #expect(try Data(contentsOf: URL(filePath: setAside)) == Data(text.utf8))
                names.insert(setAside)
                try opening.store.close()
            }
            #expect(names.count == 3)
        }
    }

    @Test func revisionsFromBeforeTimeoutsCouldBeChosenGetTheDefaults() async throws {
        try await withFilledDatabase { path in
            try alter(
                path,
                """
                DELETE FROM grdb_migrations WHERE identifier = '005-timeouts';
                UPDATE revision SET configuration = json_remove(
                  configuration, '$.connectTimeoutSeconds', '$.idleTimeoutSeconds', '$.instanceProtocol');
                """)
            let store = try Store.open(path: path.path, now: .at(4)).store
            let snapshot = try #require(try await store.read { try $0.snapshot(of: .number(1)) })
            #expect(snapshot.target == (try Rows.revision()))
            try store.close()
        }
    }

    @Test func aSchemaOfANewerProgramIsRefusedAndNotTouched() async throws {
        try await withFilledDatabase { path in
            try alter(path, "INSERT INTO grdb_migrations (identifier) VALUES ('999-what-is-to-come')")
            let before = try Data(contentsOf: path)
            let error = #expect(throws: StoreError.self) { _ = try Store.open(path: path.path, now: .at(0)) }
            #expect(error?.code == .schemaNewer)
            #expect(try Data(contentsOf: path) == before)
        }
    }

    @Test func aDatabaseOfAnotherProgramIsRefusedAndNotTouched() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db")
            try alter(path, "CREATE TABLE recipe (name TEXT)")
            let before = try Data(contentsOf: path)
            let error = #expect(throws: StoreError.self) { _ = try Store.open(path: path.path, now: .at(0)) }
            #expect(error?.code == .notOurs)
            #expect(try Data(contentsOf: path) == before)
        }
    }

    @Test func onlyTheOwnerMayReadTheFiles() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            let store = try Store.open(path: path, now: .at(0)).store
            try await store.write { try Rows.insertService($0) }
            for suffix in ["", "-wal", "-shm"] {
                let mode = try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(suffix)")
            }
            try store.close()
        }
    }

    @Test func aDirectoryThatIsMissingIsNamed() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "nowhere/state.db").path
            let error = #expect(throws: (any Error).self) { _ = try Store.open(path: path, now: .at(0)) }
            #expect(error?.localizedDescription.contains(path) == true)
        }
    }

    /// A closed database with some content, so that damage hits something.
    private func withFilledDatabase(_ body: (URL) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db")
            let store = try Store.open(path: path.path, now: .at(1)).store
            try await store.write { transaction in
                try Rows.insertService(transaction)
                for number in 0..<500 {
                    try transaction.appendEvent(
                        kind: "test.event", principal: "system", service: nil, instance: nil, operation: nil,
                        message: "Event \(number) of a database that is about to be damaged.", now: .at(2))
                }
            }
            try store.close()
            try await body(path)
        }
    }

    private func expectSetAside(_ path: URL, holding bytes: Data) async throws {
        let opening = try Store.open(path: path.path, now: .at(3))
        let setAside = try #require(opening.setAside)
        #expect(try Data(contentsOf: URL(filePath: setAside)) == bytes)
        #expect(try await opening.store.read { try $0.serviceCount() } == 0)
        try opening.store.close()
    }

    private func alter(_ path: URL, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path.path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}
