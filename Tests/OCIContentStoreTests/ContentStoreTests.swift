import Foundation
import NIOCore
import OCI
import OCIContentStore
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct ContentStoreTests {
    private let hello = Array("hello".utf8)
    private let helloDigest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    private let helloDigest512 =
        "sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
        + "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"

    @Test func aNewDirectoryBecomesAnImageLayout() async throws {
        try await withStore { store, directory in
            let marker = try String(contentsOf: directory.appending(path: "oci-layout"), encoding: .utf8)
            #expect(marker == #"{"imageLayoutVersion":"1.0.0"}"#)
            let index = try Data(contentsOf: directory.appending(path: "index.json"))
            #expect(try JSONDecoder().decode(ImageIndex.self, from: index).manifests.isEmpty)
            let digest = try await store.put(hello)
            #expect(store.path(of: digest).hasSuffix("/blobs/sha256/\(digest.hex)"))
        }
    }

    @Test func storesReadsAndMeasures() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            #expect(digest.description == helloDigest)
            #expect(try await store.put(hello, algorithm: .sha512).description == helloDigest512)
            #expect(try await store.read(digest, limit: 5) == hello)
            #expect(try await store.size(of: digest) == 5)
            await #expect(throws: ContentStoreError.blobTooLarge(digest, bytes: 5, limit: 4)) {
                try await store.read(digest, limit: 4)
            }
        }
    }

    @Test func aMissingBlobIsNamed() async throws {
        try await withStore { store, _ in
            let digest = try #require(Digest(helloDigest))
            #expect(try await store.size(of: digest) == nil)
            #expect(try await store.open(digest) == nil)
            await #expect(throws: ContentStoreError.blobUnknown(digest)) { try await store.read(digest, limit: 9) }
        }
    }

    @Test func aDamagedBlobIsNotGivenOut() async throws {
        try await withStore { store, _ in
            let digest = try await store.put(hello)
            try Data("hallo".utf8).write(to: URL(filePath: store.path(of: digest)))
            let actual = ContentHasher.digest(of: Array("hallo".utf8))
            await #expect(throws: ContentStoreError.digestMismatch(expected: digest, actual: actual)) {
                try await store.read(digest, limit: 9)
            }
        }
    }

    @Test func readsPiecesOfABlob() async throws {
        try await withStore { store, _ in
            let reader = try #require(try await store.open(try await store.put(hello)))
            #expect(reader.size == 5)
            #expect(try await reader.read(at: 1, count: 3) == ByteBuffer(string: "ell"))
            #expect(try await reader.read(at: 3, count: 9) == ByteBuffer(string: "lo"))
            #expect(try await reader.read(at: 5, count: 9).readableBytes == 0)
        }
    }

    @Test func refusesADirectoryThatHoldsSomethingElse() async throws {
        try await withTemporaryDirectory { directory in
            try Data("precious".utf8).write(to: directory.appending(path: "file"))
            #expect(throws: ContentStoreError.layoutUnreadable(path: directory.path)) {
                try ContentStore(directory: directory.path, limits: Limits.images)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
        }
    }

    @Test(arguments: [#"{"imageLayoutVersion":"2.0.0"}"#, "", "{"])
    func refusesALayoutOfAnotherVersion(marker: String) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "oci-layout")
            try Data(marker.utf8).write(to: path)
            #expect(throws: ContentStoreError.layoutUnreadable(path: path.path)) {
                try ContentStore(directory: directory.path, limits: Limits.images)
            }
            #expect(try String(contentsOf: path, encoding: .utf8) == marker)
        }
    }

    @Test func aRestartRemovesTemporaryFilesAndNoBlob() async throws {
        try await withStore { store, directory in
            let digest = try await store.put(hello)
            let leftover = directory.appending(path: "temporary/leftover")
            try Data("x".utf8).write(to: leftover)
            let next = try ContentStore(directory: directory.path, limits: Limits.images)
            #expect(!FileManager.default.fileExists(atPath: leftover.path))
            #expect(try await next.read(digest, limit: 9) == hello)
        }
    }

    @Test(.enabled(if: Host.isRoot, "mounting a small file system needs root"))
    func aFullDiskIsAnErrorOfItsOwnAndLeavesNothing() async throws {
        try await withSmallDisk(mebibytes: 1) { directory in
            let store = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
            let small = try await store.put(hello)
            await #expect(throws: ContentStoreError.storageFull) {
                try await store.put([UInt8](repeating: 7, count: 2_000_000))
            }
            await #expect(throws: ContentStoreError.storageFull) {
                try await store.withNewUpload(scope: "a") { session in
                    for _ in 0..<8 { try await session.write(ByteBuffer(repeating: 7, count: 262_144)) }
                }
            }
            let images = directory.appending(path: "images").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(images)/temporary").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(images)/uploads").isEmpty)
            #expect(try await store.read(small, limit: 9) == hello)
            // The space of what failed is free again.
            let half = [UInt8](repeating: 8, count: 500_000)
            let digest = try await store.put(half)
            #expect(try await store.size(of: digest) == 500_000)
        }
    }
}
