public import OCI
public import OCIContentStore
import OCILayers
import RunaboutModel
import RunaboutStore

/// What a collection of the registry took away, or would take away.
public struct CollectionReport: Hashable, Sendable {
    /// A piece of content that a repository lost.
    public struct Entry: Hashable, Sendable {
        /// The repository.
        public let repository: String
        /// The content.
        public let digest: Digest
    }

    /// Manifests that nothing led to any more.
    public var manifests: [Entry] = []
    /// Blobs that no manifest of their repository referred to.
    public var blobs: [Entry] = []
    /// Files that were removed.
    public var files: [BlobFile] = []
    /// Unpacked layers that were removed.
    public var layers: [Digest] = []
    /// Why unpacked layers could not be looked at; nil where they were.
    public var layersKeptBecause: String?
    /// Whether more is to be had: the collection has a limit for one call.
    public var hasMore = false

    /// How many bytes the removed files had.
    public var bytes: Int64 { files.reduce(0) { $0 + $1.size } }
}

extension ControlPlane {
    /// Takes away what no tag, no index, no subject and no revision leads to and nobody touched for
    /// `Limits.images.unreferencedAgeMin`; a trial tells what that is and changes nothing.
    ///
    /// Safe while pushes run: what is being pushed is young, what a client asked for lately is dated anew, and a file
    /// goes only while nobody holds a lease of it and nothing refers to it.
    public func collectRegistry(
        isTrial: Bool, by principal: Principal,
    ) async throws(ControlPlaneError) -> CollectionReport {
        let attempt = "Collecting the registry"
        do {
            let now = now()
            let oldest = now - Limits.images.unreferencedAgeMin
            let files = try await content.blobs().filter { $0.modifiedAt < oldest.milliseconds / 1_000 }
            var report = try await store.write { transaction in
                guard isTrial else {
                    return try transaction.collect(untouchedSince: oldest, files: [], by: principal, now: now)
                }
                return try transaction.withoutEffect {
                    try transaction.collect(untouchedSince: oldest, files: files, by: principal, now: now)
                }
            }
            if !isTrial { try await removeFiles(among: files, &report) }
            try await collectLayers(isTrial: isTrial, &report)
            return report
        } catch {
            throw failure(of: attempt, error)
        }
    }

    private func removeFiles(among files: [BlobFile], _ report: inout CollectionReport) async throws {
        let store = store
        for batch in stride(from: 0, to: files.count, by: Limits.collectionBatchMax) {
            let some = Array(files[batch..<min(batch + Limits.collectionBatchMax, files.count)])
            let unneeded = try await store.read { transaction in
                try some.filter { try !transaction.isContentNeeded($0.digest) }
            }
            for file in unneeded {
                try Task.checkCancellation()
                let digest = file.digest
                // It may have been pushed or mounted since; this time nobody can take a lease until it is gone.
                let freed = try await content.remove(digest) {
                    try await store.read { try $0.isContentNeeded(digest) }
                }
                if freed != nil { report.files.append(file) }
            }
        }
    }

    private func collectLayers(isTrial: Bool, _ report: inout CollectionReport) async throws {
        guard let layers else { return }
        let store = store
        do {
            report.layers = try await layers.collect(isTrial: isTrial) {
                let known = try await store.read { try $0.knownImages() }
                return KeptImages(running: known.ofRevisions, others: known.others)
            }
        } catch let error as ContentStoreError {
            report.layersKeptBecause = "An image that a revision runs can't be read, so no layer was removed: \(error)"
        } catch let error as LayerError {
            report.layersKeptBecause = "An image that a revision runs can't be read, so no layer was removed: \(error)"
        }
    }
}

extension StoreTransaction {
    fileprivate func collect(
        untouchedSince oldest: UnixTime, files: [BlobFile], by principal: Principal, now: UnixTime,
    ) throws -> CollectionReport {
        let limit = Limits.collectionBatchMax
        let rows = try collectUnreferenced(untouchedSince: oldest, limit: limit)
        var report = CollectionReport()
        report.manifests = rows.manifests.map { CollectionReport.Entry(repository: $0.repository, digest: $0.digest) }
        report.blobs = rows.blobs.map { CollectionReport.Entry(repository: $0.repository, digest: $0.digest) }
        report.hasMore = rows.manifests.count == limit || rows.blobs.count == limit
        report.files = try files.filter { try !isContentNeeded($0.digest) }
        guard !rows.isEmpty else { return report }
        try appendEvent(
            kind: "registry.collected", principal: principal.name, service: nil, instance: nil, operation: nil,
            message: "\(rows.manifests.count) manifests and \(rows.blobs.count) blobs that nothing referred to were "
                + "taken from their repositories.", now: now)
        return report
    }
}
