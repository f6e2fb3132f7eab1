import Foundation
import NIOCore
import OCI
import OCIContentStore
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct UploadTests {
    @Test(arguments: Digest.Algorithm.allCases)
    func bytesWrittenInPiecesAreVerifiedAndPublished(algorithm: Digest.Algorithm) async throws {
        try await withStore { store, directory in
            let bytes = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
            let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
            let size = try await store.withNewUpload(scope: "a") { session in
                for start in stride(from: 0, to: bytes.count, by: 7_919) {
                    try await session.write(ByteBuffer(bytes: bytes[start..<min(start + 7_919, bytes.count)]))
                    #expect(try await store.size(of: digest) == nil)
                }
                return try await session.finish(digest)
            }
            #expect(size == 100_000)
            #expect(try await store.read(digest, limit: 100_000) == bytes)
            #expect(try uploads(in: directory).isEmpty)
        }
    }

    @Test func anEmptyBlobIsABlob() async throws {
        try await withStore { store, _ in
            let digest = ContentHasher.digest(of: [])
            let size = try await store.withNewUpload(scope: "a") { try await $0.finish(digest) }
            #expect(size == 0)
            #expect(try await store.size(of: digest) == 0)
        }
    }

    @Test func aWrongDigestPublishesNothingAndEndsTheSession() async throws {
        try await withStore { store, directory in
            let wrong = ContentHasher.digest(of: Array("other".utf8))
            let actual = ContentHasher.digest(of: Array("bytes".utf8))
            await #expect(throws: ContentStoreError.digestMismatch(expected: wrong, actual: actual)) {
                try await store.withNewUpload(scope: "a") { session in
                    try await session.write(ByteBuffer(string: "bytes"))
                    return try await session.finish(wrong)
                }
            }
            let sizes = [try await store.size(of: wrong), try await store.size(of: actual)]
            #expect(sizes == [nil, nil])
            #expect(try uploads(in: directory).isEmpty)
        }
    }

    @Test func aLaterRequestGoesOnWhereTheFirstStopped() async throws {
        try await withStore { store, _ in
            let id = try await begin("hel", in: store)
            let digest = ContentHasher.digest(of: Array("hello".utf8))
            try await store.withUpload(id, scope: "a") { session in
                let offset = try await session.offset()
                #expect(offset == 3)
                let end = try await session.write(ByteBuffer(string: "lo"))
                #expect(end == 5)
                _ = try await session.finish(digest)
            }
            #expect(try await store.size(of: digest) == 5)
            await #expect(throws: ContentStoreError.uploadUnknown(id)) {
                try await store.withUpload(id, scope: "a") { try await $0.offset() }
            }
        }
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func theNextProcessGoesOnWhereTheLastStopped(algorithm: Digest.Algorithm) async throws {
        try await withStore { store, directory in
            let id = try await begin("hel", in: store)
            let next = try ContentStore(directory: directory.path, limits: Limits.images)
            let digest = ContentHasher.digest(of: Array("hello".utf8), algorithm: algorithm)
            try await next.withUpload(id, scope: "a") { session in
                let offset = try await session.offset()
                #expect(offset == 3)
                try await session.write(ByteBuffer(string: "lo"))
                let size = try await session.finish(digest)
                #expect(size == 5)
            }
            #expect(try await next.read(digest, limit: 9) == Array("hello".utf8))
        }
    }

    @Test func anUploadBelongsToItsScope() async throws {
        try await withStore { store, _ in
            let id = try await begin("x", in: store)
            await #expect(throws: ContentStoreError.uploadUnknown(id)) {
                try await store.withUpload(id, scope: "b") { try await $0.offset() }
            }
        }
    }

    @Test func oneRequestWritesAtATime() async throws {
        try await withStore { store, _ in
            let id = try await begin("x", in: store)
            try await store.withUpload(id, scope: "a") { session in
                try await session.write(ByteBuffer(string: "y"))
                await #expect(throws: ContentStoreError.uploadBusy(id)) {
                    try await store.withUpload(id, scope: "a") { try await $0.offset() }
                }
            }
            let offset = try await store.withUpload(id, scope: "a") { try await $0.offset() }
            #expect(offset == 2)
        }
    }

    @Test func aCancelledUploadIsGone() async throws {
        try await withStore { store, directory in
            let id = try await begin("x", in: store)
            try await store.withUpload(id, scope: "a") { try await $0.cancel() }
            #expect(try uploads(in: directory).isEmpty)
            await #expect(throws: ContentStoreError.uploadUnknown(id)) {
                try await store.withUpload(id, scope: "a") { try await $0.offset() }
            }
        }
    }

    @Test func moreSessionsThanAllowedAreRefusedUntilOneEnds() async throws {
        var limits = Limits.images
        limits.uploadSessionsMax = 2
        try await withStore(limits: limits) { store, _ in
            let first = try await begin("x", in: store)
            _ = try await begin("x", in: store)
            await #expect(throws: ContentStoreError.tooManyUploads(limit: 2)) { try await begin("x", in: store) }
            try await store.withUpload(first, scope: "a") { try await $0.cancel() }
            _ = try await begin("x", in: store)
        }
    }

    @Test func idleUploadsAreCollectedAfterTheirTime() async throws {
        try await withStore { store, directory in
            let id = try await begin("x", in: store)
            let now = Int64(Date().timeIntervalSince1970)
            #expect(try store.collectIdleUploads(now: now) == 0)
            #expect(try uploads(in: directory).count == 1)
            try await store.withUpload(id, scope: "a") { _ in
                // One that is in use is left alone, however old its file is.
                let count = try store.collectIdleUploads(now: now + 172_800)
                #expect(count == 0)
            }
            #expect(try store.collectIdleUploads(now: now + 172_800) == 1)
            #expect(try uploads(in: directory).isEmpty)
        }
    }

    @Test func anyWayOfCuttingTheBytesGivesTheSameBlob() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await withStore { store, directory in
            var generator = SeededGenerator(seed: seed)
            var next = store
            for _ in 0..<20 {
                let bytes = (0..<Int.random(in: 0...5_000, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                let algorithm = Digest.Algorithm.allCases.randomElement(using: &generator) ?? .sha256
                let digest = ContentHasher.digest(of: bytes, algorithm: algorithm)
                let id = try await begin("", in: next)
                var start = 0
                while start < bytes.count {
                    let end = Int.random(in: start + 1...bytes.count, using: &generator)
                    let piece = ByteBuffer(bytes: bytes[start..<end])
                    if Bool.random(using: &generator) {
                        next = try ContentStore(directory: directory.path, limits: Limits.images)
                    }
                    try await next.withUpload(id, scope: "a") { _ = try await $0.write(piece) }
                    start = end
                }
                let size = try await next.withUpload(id, scope: "a") { try await $0.finish(digest) }
                #expect(size == Int64(bytes.count), "seed \(seed)")
                #expect(try await next.read(digest, limit: 5_000) == bytes, "seed \(seed)")
            }
        }
    }

    private func begin(_ text: String, in store: ContentStore) async throws -> UploadID {
        try await store.withNewUpload(scope: "a") { session in
            try await session.write(ByteBuffer(string: text))
            return session.id
        }
    }

    private func uploads(in directory: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "uploads").path)
    }
}
