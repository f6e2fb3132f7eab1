import Foundation
import GRDB
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutStore

@Suite struct StoreTests {
    @Test func everyCommitIsOnTheDiskBeforeItIsAcknowledged() async throws {
        try await withTemporaryDirectory { directory in
            let opening = try Store.open(path: directory.appending(path: "state.db").path, now: .at(1))
            #expect(opening.setAside == nil)
            let store = opening.store
            let pragmas = try await store.writer.writeWithoutTransaction { database in
                (
                    try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(database, sql: "PRAGMA foreign_keys")
                )
            }
            #expect(pragmas == (2, "wal", 1))
            try store.close()
        }
    }

    @Test func theEpochGoesUpWithEachOpening() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            for epoch in 1...3 as ClosedRange<Int64> {
                let opening = try Store.open(path: path, now: .at(1))
                #expect(opening.epoch == epoch)
                #expect(opening.setAside == nil)
                try opening.store.close()
            }
        }
    }
}
