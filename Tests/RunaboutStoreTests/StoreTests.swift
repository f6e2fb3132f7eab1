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

    @Test func theDefaultConfigurationExistsFromTheFirstOpeningOnAndOnce() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            try Store.open(path: path, now: .at(7)).store.close()
            let store = try Store.open(path: path, now: .at(8)).store
            let all = try await store.read { try $0.autoScalingConfigurations(after: nil, limit: 10) }
            #expect(all == [AutoScalingConfiguration.first(createdAt: .at(7))])
            #expect(all.first?.maxConcurrency == 100)
            #expect(all.first?.minSize == 1)
            #expect(all.first?.maxSize == 25)
            try store.close()
        }
    }

    @Test func whatWasCommittedIsThereAfterReopening() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            let first = try Store.open(path: path, now: .at(1)).store
            try await first.write { try Rows.insertService($0) }
            let before = try await first.read { try $0.snapshot(of: .number(1)) }
            try first.close()
            let second = try Store.open(path: path, now: .at(2)).store
            let after = try await second.read { try $0.snapshot(of: .number(1)) }
            #expect(before != nil)
            #expect(after == before)
            try second.close()
        }
    }

    /// The files as a crash would leave them: copied while the store is open, without the shared memory.
    @Test func whatWasCommittedSurvivesAnEndWithoutClosing() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "state.db").path
            let store = try Store.open(path: path, now: .at(1)).store
            try await store.write { try Rows.insertService($0) }
            let copy = directory.appending(path: "copy.db").path
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let opening = try Store.open(path: copy, now: .at(2))
            #expect(opening.setAside == nil)
            #expect(opening.epoch == 2)
            let snapshot = try await opening.store.read { try $0.snapshot(of: .number(1)) }
            #expect(snapshot?.service.name == "service-1")
            try opening.store.close()
            try store.close()
        }
    }

    @Test func aBodyThatThrowsLeavesNothingBehind() async throws {
        struct Refusal: Error {}
        let store = try Store.temporary()
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                try Rows.insertService(transaction)
                throw Refusal()
            }
        }
        let found = try await store.read { transaction in
            (try transaction.service(.number(1)), try transaction.lastEventSequence())
        }
        #expect(found.0 == nil)
        #expect(found.1 == 0)
    }

    @Test func readersSeeOneStateHoweverLongTheyTake() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Store.open(path: directory.appending(path: "state.db").path, now: .at(1)).store
            try await store.write { try Rows.insertService($0) }
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let gate = Gate()
            async let reading = store.read { transaction in
                let before = try transaction.service(.number(1))
                start.finish()
                gate.wait()
                return before == (try transaction.service(.number(1)))
            }
            for await _ in started {}
            try await store.write { transaction in
                try transaction.endOperation(
                    .number(1), status: .succeeded, failure: nil, serviceStatus: .running, now: .at(2))
            }
            gate.open()
            #expect(try await reading)
            let after = try await store.read { try $0.service(.number(1)) }
            #expect(after?.status == .running)
            try store.close()
        }
    }

    @Test func aFullDatabaseRefusesAndLosesNothing() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Store.open(path: directory.appending(path: "state.db").path, now: .at(1)).store
            try await store.write { try Rows.insertService($0) }
            try await store.writer.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages + 4)")
            }
            try await expectFull(store)
            try store.close()
        }
    }

    @Test(.enabled(if: Host.isRoot, "mounting a small disk needs root"))
    func aFullDiskRefusesAndLosesNothing() async throws {
        try await withSmallDisk(mebibytes: 2) { directory in
            let path = directory.appending(path: "state.db").path
            let store = try Store.open(path: path, now: .at(1)).store
            try await store.write { try Rows.insertService($0) }
            try await expectFull(store)
            try store.close()
            let again = try Store.open(path: path, now: .at(2))
            #expect(again.setAside == nil)
            let service = try await again.store.read { try $0.service(.number(1)) }
            #expect(service?.name == "service-1")
            try again.store.close()
        }
    }

    private func expectFull(_ store: Store) async throws {
        let before = try await store.read { try $0.lastEventSequence() }
        let error = await #expect(throws: StoreError.self) {
            try await store.write { transaction in
                for number in 0..<10_000 {
                    try transaction.appendEvent(
                        kind: "test.event", principal: "system", service: nil, instance: nil, operation: nil,
                        message: String(repeating: "\(number)", count: 1_000), now: .at(2))
                }
            }
        }
        #expect(error?.code == .storageFull)
        let after = try await store.read { transaction in
            (try transaction.lastEventSequence(), try transaction.snapshot(of: .number(1)))
        }
        #expect(after.0 == before)
        #expect(after.1?.service.name == "service-1")
    }
}

/// Holds a database thread until a test lets it go on.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() { semaphore.wait() }

    func open() { semaphore.signal() }
}
