import Foundation
import OCI
import OCIContentStore
import RunaboutModel
import Testing

@Suite struct VerificationTests {
    @Test(arguments: Digest.Algorithm.allCases)
    func bytesAreHashedAgain(algorithm: Digest.Algorithm) async throws {
        try await withStore { store, _ in
            let content = [UInt8](repeating: 7, count: 700_000)
            let digest = try await store.put(content, algorithm: algorithm)
            #expect(try await store.verify(digest) == .intact(bytes: 700_000))
            let other = ContentHasher.digest(of: [1], algorithm: algorithm)
            #expect(try await store.verify(other) == .absent)
            try Data([1]).write(to: URL(filePath: store.path(of: digest)))
            #expect(try await store.verify(digest) == .damaged(bytes: 1, actual: other))
        }
    }

    @Test func whatIsDamagedIsSetAsideAndCanBePushedAgain() async throws {
        try await withStore { store, directory in
            let digest = try await store.put(Array("hello".utf8))
            #expect(try await store.quarantine(digest) == nil)
            try Data("hallo".utf8).write(to: URL(filePath: store.path(of: digest)))
            let name = try #require(try await store.quarantine(digest))
            #expect(name.hasPrefix("sha256-\(digest.hex)"))
            let kept = directory.appending(path: "quarantine/\(name)")
            #expect(try Data(contentsOf: kept) == Data("hallo".utf8))
            #expect(try await store.size(of: digest) == nil)
            #expect(try await store.open(digest) == nil)
            try await store.put(Array("hello".utf8))
            #expect(try await store.verify(digest) == .intact(bytes: 5))
            // A later start leaves it where it is.
            _ = try ContentStore(directory: directory.path, limits: Limits.images)
            #expect(FileManager.default.fileExists(atPath: kept.path))
        }
    }

    @Test func theIndexIsReplacedAsAWhole() async throws {
        try await withStore { store, directory in
            let digest = try await store.put(Array("{}".utf8))
            let entry = Descriptor(
                mediaType: .imageManifest, digest: digest, size: 2,
                annotations: ["org.opencontainers.image.ref.name": "team/app:1"])
            try await store.writeIndex([entry])
            let index = try JSONDecoder().decode(
                ImageIndex.self, from: Data(contentsOf: directory.appending(path: "index.json")))
            #expect(index == ImageIndex(manifests: [entry]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for count in 0..<20 {
                    group.addTask { try await store.writeIndex(Array(repeating: entry, count: count)) }
                }
                try await group.waitForAll()
            }
            let last = try JSONDecoder().decode(
                ImageIndex.self, from: Data(contentsOf: directory.appending(path: "index.json")))
            #expect(last.manifests.allSatisfy { $0 == entry })
            #expect(!FileManager.default.fileExists(atPath: directory.appending(path: "index.json.new").path))
        }
    }
}
