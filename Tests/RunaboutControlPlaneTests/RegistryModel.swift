import OCI

/// What repositories hold, in the simplest words: the collection's rule as it is told, not as it is carried out.
struct RegistryModel {
    struct Manifest {
        var references: [Digest]
        var subject: Digest?
    }

    struct Repository {
        var tags: [String: Digest] = [:]
        var manifests: [Digest: Int64] = [:]
        var blobs: [Digest: Int64] = [:]
    }

    var known: [Digest: Manifest] = [:]
    var repositories: [String: Repository] = [:]
    var revisions: Set<Digest> = []

    /// Takes away what nothing leads to and nobody touched since a time.
    mutating func collect(untouchedSince oldest: Int64) {
        for (name, var repository) in repositories {
            let live = liveManifests(of: repository, untouchedSince: oldest)
            repository.manifests = repository.manifests.filter { live.contains($0.key) }
            let referenced = Set(repository.manifests.keys.flatMap { known[$0]?.references ?? [] })
            repository.blobs = repository.blobs.filter { $0.value >= oldest || referenced.contains($0.key) }
            repositories[name] = repository
        }
    }

    /// Everything that may be read, and everything that a revision needs.
    var needed: Set<Digest> {
        var needed = revisions
        for repository in repositories.values {
            needed.formUnion(repository.manifests.keys)
            needed.formUnion(repository.blobs.keys)
        }
        var size = 0
        while size != needed.count {
            size = needed.count
            for digest in needed { needed.formUnion(known[digest]?.references ?? []) }
        }
        return needed
    }

    private func liveManifests(of repository: Repository, untouchedSince oldest: Int64) -> Set<Digest> {
        var live = Set(repository.tags.values).union(revisions)
        live.formUnion(repository.manifests.filter { $0.value >= oldest }.keys)
        live.formIntersection(repository.manifests.keys)
        var size = -1
        while size != live.count {
            size = live.count
            for (digest, manifest) in known where repository.manifests[digest] != nil {
                let subject = [manifest.subject].compactMap(\.self)
                if live.contains(digest) {
                    live.formUnion((manifest.references + subject).filter { repository.manifests[$0] != nil })
                } else if !live.isDisjoint(with: subject) {
                    live.insert(digest)
                }
            }
        }
        return live
    }
}
