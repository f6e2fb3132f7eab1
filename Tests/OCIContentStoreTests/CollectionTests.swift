import Foundation
import OCI
import OCIContentStore
import RunaboutModel
import Synchronization
import Testing

@Suite struct CollectionTests {
    private let hello = Array("hello".utf8)

    @Test func whatNobodyNeedsIsRemoved() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            #expect(try await store.remove(digest) { true } == nil)
            #expect(try await store.size(of: digest) == 5)
            #expect(try await store.remove(digest) { false } == 5)
            #expect(try await store.size(of: digest) == nil)
            #expect(try await store.remove(digest) { false } == nil)
        }
    }

    @Test func whatIsHeldStays() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            try await store.withLease(of: digest) {
                try await store.withLease(of: digest) {}
                #expect(try await store.remove(digest) { false } == nil)
                #expect(try await store.quarantine(digest) == nil)
            }
            #expect(try await store.remove(digest) { false } == 5)
        }
    }

    @Test func whoComesDuringARemovalWaitsAndBringsItAgain() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            let (asked, asking) = AsyncStream.makeStream(of: Void.self)
            let (answered, answering) = AsyncStream.makeStream(of: Void.self)
            async let freed = store.remove(digest) {
                asking.finish()
                for await _ in answered {}
                return false
            }
            for await _ in asked {}
            // The remover has it; whoever wants it now has it only once it is gone.
            let bytes = hello
            async let size = store.withLease(of: digest) {
                let before = try await store.size(of: digest)
                try await store.put(bytes)
                return before
            }
            answering.finish()
            #expect(try await freed == 5)
            #expect(try await size == nil)
            #expect(try await store.size(of: digest) == 5)
        }
    }

    @Test func aQuestionThatFailsRemovesNothing() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            await #expect(throws: CancellationError.self) {
                try await store.remove(digest) { throw CancellationError() }
            }
            #expect(try await store.size(of: digest) == 5)
            try await store.withLease(of: digest) {}
        }
    }

    @Test func aCancelledWaitEnds() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            let outcome = try await store.remove(digest) {
                await withTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        do {
                            try await store.withLease(of: digest) {}
                            return false
                        } catch {
                            return true
                        }
                    }
                    group.cancelAll()
                    return await group.next() ?? false
                }
            }
            #expect(outcome == nil)
        }
    }

    @Test func everyBlobIsListedInOrder() async throws {
        try await withStore { store, directory in
            let digests = [
                try await store.put([1]), try await store.put([2]), try await store.put([3], algorithm: .sha512),
            ]
            try Data("x".utf8).write(to: directory.appending(path: "blobs/sha256/other"))
            let blobs = try await store.blobs()
            #expect(blobs.map(\.digest) == digests.sorted { "\($0)" < "\($1)" })
            #expect(blobs.allSatisfy { $0.size == 1 && $0.modifiedAt > 1_700_000_000 })
        }
    }
}
