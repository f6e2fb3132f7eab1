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

    func manifest(repository: String, digest: Digest, renewing: Bool) async throws -> ManifestRecord? {
        repositories.withLock { $0[repository]?.manifests[digest] }
    }

    func put(_ push: ManifestPush, repository: String) async throws {
        try repositories.withLock { all in
            var found = all[repository, default: Repository()]
            for digest in push.blobs where !found.blobs.contains(digest) {
                throw RegistryError.manifestBlobUnknown(digest)
            }
            for digest in push.manifests where found.manifests[digest] == nil {
                throw RegistryError.manifestBlobUnknown(digest)
            }
            found.manifests[push.record.digest] = push.record
            for tag in push.tags { found.tags[tag] = push.record.digest }
            all[repository] = found
        }
    }

    func referrers(repository: String, _ query: ReferrersQuery) async throws -> ReferrersPage {
        let all = repositories.withLock { $0[repository]?.manifests.values.sorted { "\($0.digest)" < "\($1.digest)" } }
        let found = (all ?? []).filter { record in
            record.subject == query.subject && "\(record.digest)" > query.after ?? ""
                && (query.artifactType == nil || record.artifactType == query.artifactType)
        }
        let manifests = found.prefix(query.limit).map { record in
            Descriptor(
                mediaType: MediaType(rawValue: record.mediaType), digest: record.digest, size: record.size,
                annotations: record.annotations.isEmpty ? nil : record.annotations, artifactType: record.artifactType)
        }
        return ReferrersPage(manifests: manifests, hasMore: found.count > query.limit)
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

    func hasBlob(repository: String, digest: Digest, renewing: Bool) async throws -> Bool {
        repositories.withLock { $0[repository]?.blobs.contains(digest) ?? false }
    }

    func repositories(having digest: Digest, limit: Int) async throws -> [String] {
        repositories.withLock { all in
            Array(all.filter { $0.value.blobs.contains(digest) }.keys.sorted().prefix(limit))
        }
    }

    func unlinkBlob(repository: String, digest: Digest) async throws -> Bool {
        repositories.withLock { $0[repository]?.blobs.remove(digest) != nil }
    }
}
