import OCI
import RunaboutModel
import Testing

@testable import RunaboutStore

@Suite struct ReferrerStatementsTests {
    @Test func whatRefersToAManifestIsFoundInItsRepositoryOnly() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            try insert(1, type: "a", in: "web", transaction)
            try insert(2, type: "b", annotations: ["key": "value"], in: "web", transaction)
            try insert(3, type: nil, in: "web", transaction)
            try insert(4, type: "a", in: "other", transaction)
            let all = try list(transaction)
            #expect(all.map(\.digest) == [try .number(1), try .number(2), try .number(3)])
            #expect(all.map(\.artifactType) == ["a", "b", nil])
            #expect(all.map(\.annotations) == [nil, ["key": "value"], nil])
            #expect(all.allSatisfy { $0.size == 7 && $0.mediaType == .imageManifest })
            #expect(try list(transaction, type: "b").map(\.digest) == [try .number(2)])
            #expect(try list(transaction, type: "c") == [])
        }
    }

    @Test func aPageEndsByNumberAndByBytes() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            for number in 1...5 as ClosedRange<UInt64> {
                try insert(
                    number, type: "a", annotations: ["text": String(repeating: "x", count: 90)], in: "web", transaction)
            }
            #expect(try list(transaction, limit: 2).count == 2)
            #expect(try list(transaction, after: try .number(4)).map(\.digest) == [try .number(5)])
            // Each has 101 bytes of annotations: the third begins at 202.
            #expect(try list(transaction, bytesMax: 202).count == 2)
            #expect(try list(transaction, bytesMax: 203).count == 3)
            #expect(try list(transaction, bytesMax: 1).count == 1)
        }
    }

    @Test func aLaterPushAddsWhatAnEarlierDidNotKnow() async throws {
        let store = try Store.temporary()
        try await store.write { transaction in
            let digest = try Digest.number(1)
            try transaction.insertManifest(
                StoredManifest(digest: digest, mediaType: "a/b", size: 7, references: []))
            try insert(1, type: "a", annotations: ["key": "value"], in: "web", transaction)
            try transaction.insertManifest(
                StoredManifest(digest: digest, mediaType: "a/b", size: 7, references: []))
            let manifest = try transaction.manifest(digest)
            #expect(manifest?.subject == (try .number(100)))
            #expect(manifest?.artifactType == "a")
            #expect(manifest?.annotations == ["key": "value"])
        }
    }

    private func insert(
        _ number: UInt64, type: String?, annotations: [String: String] = [:], in repository: String,
        _ transaction: borrowing StoreTransaction,
    ) throws {
        try transaction.insertRepository(repository)
        try transaction.insertManifest(
            StoredManifest(
                digest: .number(number), mediaType: MediaType.imageManifest.rawValue, size: 7, references: [],
                subject: .number(100), artifactType: type, annotations: annotations))
        try transaction.linkManifest(.number(number), repository: repository)
    }

    private func list(
        _ transaction: borrowing StoreTransaction, type: String? = nil, after digest: Digest? = nil, limit: Int = 100,
        bytesMax: Int = 100_000,
    ) throws -> [Descriptor] {
        try transaction.referrers(
            of: .number(100), repository: "web", artifactType: type, after: digest?.description, limit: limit,
            bytesMax: bytesMax)
    }
}
