import OCI
import OCIRegistry
import Synchronization

/// A catalog in memory, the simplest thing that keeps the protocol's promises.
final class MemoryCatalog: RegistryCatalog {
    private struct Repository {
        var tags: [String: Digest] = [:]
        var manifests: [Digest: ManifestRecord] = [:]
        var blobs: Set<Digest> = []
    }

    private let repositories = Mutex<[String: Repository]>([:])

    func resolve(repository: String, tag: String) async throws -> ManifestRecord? {
        repositories.withLock { all in all[repository]?.tags[tag].flatMap { all[repository]?.manifests[$0] } }
    }

    func manifest(repository: String, digest: Digest) async throws -> ManifestRecord? {
        repositories.withLock { $0[repository]?.manifests[digest] }
    }

    func put(_ manifest: ManifestRecord, repository: String, tag: String?) async throws {
        repositories.withLock { all in
            all[repository, default: Repository()].manifests[manifest.digest] = manifest
            if let tag { all[repository, default: Repository()].tags[tag] = manifest.digest }
        }
    }

    func deleteTag(repository: String, tag: String) async throws -> Bool {
        repositories.withLock { $0[repository]?.tags.removeValue(forKey: tag) != nil }
    }

    func deleteManifest(repository: String, digest: Digest) async throws -> Bool {
        repositories.withLock { all in
            guard all[repository]?.manifests.removeValue(forKey: digest) != nil else { return false }
            let left = all[repository]?.tags.filter { $0.value != digest }
            all[repository]?.tags = left ?? [:]
            return true
        }
    }

    func tags(repository: String, after: String?, limit: Int) async throws -> [String]? {
        repositories.withLock { all in
            guard let found = all[repository] else { return nil }
            return Array(found.tags.keys.sorted().filter { $0 > (after ?? "") }.prefix(limit))
        }
    }

    func repositories(after: String?, limit: Int) async throws -> [String] {
        repositories.withLock { all in Array(all.keys.sorted().filter { $0 > (after ?? "") }.prefix(limit)) }
    }

    func linkBlob(repository: String, digest: Digest) async throws {
        _ = repositories.withLock { $0[repository, default: Repository()].blobs.insert(digest) }
    }

    func hasBlob(repository: String, digest: Digest) async throws -> Bool {
        repositories.withLock { $0[repository]?.blobs.contains(digest) ?? false }
    }

    func unlinkBlob(repository: String, digest: Digest) async throws -> Bool {
        repositories.withLock { $0[repository]?.blobs.remove(digest) != nil }
    }
}
