import GRDB
package import OCI
package import RunaboutModel

/// What repositories lost to a collection.
package struct CollectedRows: Hashable, Sendable {
    /// Manifests that no tag leads to, per repository.
    package var manifests: [RepositoryContent] = []
    /// Blobs that no manifest of their repository refers to.
    package var blobs: [RepositoryContent] = []

    /// Starts with nothing.
    package init() {}

    /// Whether nothing was lost.
    package var isEmpty: Bool { manifests.isEmpty && blobs.isEmpty }
}

/// A piece of content as one repository has it.
package struct RepositoryContent: Hashable, Sendable {
    /// The repository.
    package let repository: String
    /// The content.
    package let digest: Digest

    /// Takes both values.
    package init(repository: String, digest: Digest) {
        self.repository = repository
        self.digest = digest
    }
}

extension StoreTransaction {
    /// Takes away from every repository what nothing leads to and nobody touched since a time, at most `limit` manifests
    /// and as many blobs.
    ///
    /// A manifest is led to by a tag, by a revision that runs it or may run again, by an index, by a manifest whose
    /// subject it is or that is its subject; a blob by a manifest of its repository.
    package func collectUnreferenced(untouchedSince oldest: UnixTime, limit: Int) throws -> CollectedRows {
        var rows = CollectedRows()
        rows.manifests = try fetch(
            """
            WITH RECURSIVE live (repository, manifest) AS (
              SELECT repository, manifest FROM tag
              UNION
              SELECT repository, manifest FROM repositoryManifest WHERE touchedAt >= ?1
              UNION
              SELECT repository, manifest FROM repositoryManifest
                JOIN revision ON revision.imageDigest = repositoryManifest.manifest
              UNION
              SELECT other.repository, other.manifest FROM live
                JOIN manifestReference AS edge ON edge.manifest = live.manifest
                JOIN repositoryManifest AS other
                  ON other.repository = live.repository AND other.manifest = edge.digest
              UNION
              SELECT other.repository, other.manifest FROM live
                JOIN manifest AS edge ON edge.digest = live.manifest
                JOIN repositoryManifest AS other
                  ON other.repository = live.repository AND other.manifest = edge.subject
              UNION
              SELECT other.repository, other.manifest FROM live
                JOIN manifest AS edge ON edge.subject = live.manifest
                JOIN repositoryManifest AS other
                  ON other.repository = live.repository AND other.manifest = edge.digest
            )
            DELETE FROM repositoryManifest WHERE rowid IN (
              SELECT rowid FROM repositoryManifest
              WHERE (repository, manifest) NOT IN (SELECT repository, manifest FROM live) LIMIT ?2
            )
            RETURNING repository, manifest AS digest
            """, [oldest.milliseconds, limit], from: "repositoryManifest", as: RepositoryContent.init)
        rows.blobs = try fetch(
            """
            DELETE FROM repositoryBlob WHERE rowid IN (
              SELECT blob.rowid FROM repositoryBlob AS blob
              WHERE touchedAt < ?1 AND NOT EXISTS (
                SELECT 1 FROM manifestReference AS edge
                  JOIN repositoryManifest AS holder ON holder.manifest = edge.manifest
                WHERE edge.digest = blob.digest AND holder.repository = blob.repository
              )
              LIMIT ?2
            )
            RETURNING repository, digest
            """, [oldest.milliseconds, limit], from: "repositoryBlob", as: RepositoryContent.init)
        if !rows.manifests.isEmpty { try forgetUnusedManifests() }
        return rows
    }

    /// Runs the body and takes back what it changed.
    ///
    /// For looking at what a change would do; the transaction has to be one that writes.
    package func withoutEffect<Value>(_ body: () throws -> Value) throws -> Value {
        try database.execute(sql: "SAVEPOINT withoutEffect")
        // An error of either ends the whole transaction, which takes it back too.
        let result = try body()
        try database.execute(sql: "ROLLBACK TO withoutEffect; RELEASE withoutEffect")
        return result
    }

    /// Images that revisions run or may run again, and all images that the registry knows besides.
    package func knownImages() throws -> (ofRevisions: [Digest], others: [Digest]) {
        let ofRevisions = try fetch(
            "SELECT DISTINCT imageDigest FROM revision ORDER BY imageDigest", from: "revision"
        ) { try $0.digest("imageDigest") }
        let others = try fetch(
            "SELECT digest FROM manifest WHERE digest NOT IN (SELECT imageDigest FROM revision) ORDER BY digest",
            from: "manifest"
        ) { try $0.digest("digest") }
        return (ofRevisions, others)
    }
}

extension RepositoryContent {
    init(_ row: RowReader) throws {
        self.init(repository: try row.text("repository"), digest: try row.digest("digest"))
    }
}
