import GRDB
package import OCI
package import RunaboutModel

/// A manifest as the store keeps it.
package struct StoredManifest: Hashable, Sendable {
    /// The digest of its bytes.
    package let digest: Digest
    /// Its media type, as the client gave it last.
    package let mediaType: String
    /// How many bytes it has.
    package let size: Int64
    /// What it refers to, in its own order.
    package let references: [Digest]
    /// The manifest it says something about.
    package let subject: Digest?
    /// What kind of artifact it is.
    package let artifactType: String?
    /// Its annotations.
    package let annotations: [String: String]

    /// Takes all values.
    package init(
        digest: Digest, mediaType: String, size: Int64, references: [Digest], subject: Digest? = nil,
        artifactType: String? = nil, annotations: [String: String] = [:],
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.references = references
        self.subject = subject
        self.artifactType = artifactType
        self.annotations = annotations
    }
}

extension StoreTransaction {
    /// Whether there is a repository.
    package func hasRepository(_ name: String) throws -> Bool {
        try count("SELECT count(*) FROM repository WHERE name = ?", [name]) > 0
    }

    /// Adds a repository unless there is one.
    package func insertRepository(_ name: String) throws {
        try execute("INSERT INTO repository (name) VALUES (?) ON CONFLICT DO NOTHING", [name])
    }

    /// Repositories in order, those after a name, at most `limit`.
    package func repositories(after name: String?, limit: Int) throws -> [String] {
        try fetch(
            "SELECT name FROM repository WHERE name > ? ORDER BY name LIMIT ?", [name ?? "", limit], from: "repository"
        ) { try $0.text("name") }
    }

    /// A manifest by digest, whichever repository has it.
    package func manifest(_ digest: Digest) throws -> StoredManifest? {
        let references = try fetch(
            "SELECT digest FROM manifestReference WHERE manifest = ? ORDER BY ordinal", [digest.description],
            from: "manifestReference"
        ) { try $0.digest("digest") }
        return try fetchOne(
            "SELECT * FROM manifest WHERE digest = ?", [digest.description], from: "manifest"
        ) { row in
            StoredManifest(
                digest: try row.digest("digest"), mediaType: try row.text("mediaType"),
                size: try row.wideInteger("size"), references: references, subject: try row.optionalDigest("subject"),
                artifactType: try row.optionalText("artifactType"), annotations: try row.json("annotations"))
        }
    }

    /// Whether a repository has a manifest.
    package func hasManifest(_ digest: Digest, repository: String) throws -> Bool {
        try count(
            "SELECT count(*) FROM repositoryManifest WHERE repository = ? AND manifest = ?",
            [repository, digest.description]) > 0
    }

    /// The digest a tag stands for.
    package func taggedManifest(repository: String, tag: String) throws -> Digest? {
        try fetchOne(
            "SELECT manifest FROM tag WHERE repository = ? AND name = ?", [repository, tag], from: "tag"
        ) { try $0.digest("manifest") }
    }

    /// Keeps a manifest and what it refers to, in no repository yet; a later put under the same digest replaces its media
    /// type, and adds what an earlier one did not know.
    package func insertManifest(_ manifest: StoredManifest) throws {
        try execute(
            """
            INSERT INTO manifest (digest, mediaType, size, subject, artifactType, annotations)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET
              mediaType = excluded.mediaType,
              subject = coalesce(excluded.subject, subject),
              artifactType = coalesce(excluded.artifactType, artifactType),
              annotations = CASE excluded.annotations WHEN '{}' THEN annotations ELSE excluded.annotations END
            """,
            [
                manifest.digest.description, manifest.mediaType, manifest.size, manifest.subject?.description,
                manifest.artifactType, try jsonText(manifest.annotations),
            ])
        for (ordinal, reference) in manifest.references.enumerated() {
            try execute(
                "INSERT INTO manifestReference (manifest, ordinal, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [manifest.digest.description, ordinal, reference.description])
        }
    }

    /// Notes that a repository has a manifest, pushed now.
    package func linkManifest(_ digest: Digest, repository: String, now: UnixTime = UnixTime(milliseconds: 0)) throws {
        try execute(
            """
            INSERT INTO repositoryManifest (repository, manifest, pushedAt, touchedAt) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT (repository, manifest) DO UPDATE SET
              pushedAt = excluded.pushedAt, touchedAt = excluded.touchedAt
            """, [repository, digest.description, now.milliseconds])
    }

    /// Dates a repository's manifest anew, unless it is dated after a time already.
    package func renewManifest(
        _ digest: Digest, repository: String, ifBefore oldest: UnixTime, now: UnixTime,
    ) throws {
        try execute(
            """
            UPDATE repositoryManifest SET touchedAt = ?
            WHERE repository = ? AND manifest = ? AND touchedAt < ?
            """, [now.milliseconds, repository, digest.description, oldest.milliseconds])
    }

    /// Moves a tag to a manifest that the repository has.
    package func setTag(_ name: String, repository: String, manifest: Digest) throws {
        try execute(
            """
            INSERT INTO tag (repository, name, manifest) VALUES (?, ?, ?)
            ON CONFLICT (repository, name) DO UPDATE SET manifest = excluded.manifest
            """, [repository, name, manifest.description])
    }

    /// Removes a tag.
    ///
    /// Gives false when there was none.
    package func deleteTag(_ name: String, repository: String) throws -> Bool {
        try execute("DELETE FROM tag WHERE repository = ? AND name = ?", [repository, name]) > 0
    }

    /// Takes a manifest and its tags away from a repository.
    ///
    /// Gives false when it had none. What no repository has and no revision runs is forgotten.
    package func unlinkManifest(_ digest: Digest, repository: String) throws -> Bool {
        let removed = try execute(
            "DELETE FROM repositoryManifest WHERE repository = ? AND manifest = ?", [repository, digest.description])
        guard removed > 0 else { return false }
        try forgetUnusedManifests()
        return true
    }

    /// Tags of a repository in order, those after a name, at most `limit`.
    package func tags(repository: String, after name: String?, limit: Int) throws -> [String] {
        try fetch(
            "SELECT name FROM tag WHERE repository = ? AND name > ? ORDER BY name LIMIT ?",
            [repository, name ?? "", limit], from: "tag"
        ) { try $0.text("name") }
    }

    /// Notes that a repository may serve a blob, dated now.
    package func linkBlob(_ digest: Digest, repository: String, now: UnixTime = UnixTime(milliseconds: 0)) throws {
        try execute(
            """
            INSERT INTO repositoryBlob (repository, digest, touchedAt) VALUES (?, ?, ?)
            ON CONFLICT (repository, digest) DO UPDATE SET touchedAt = excluded.touchedAt
            """, [repository, digest.description, now.milliseconds])
    }

    /// Dates a repository's blob anew, unless it is dated after a time already.
    package func renewBlob(_ digest: Digest, repository: String, ifBefore oldest: UnixTime, now: UnixTime) throws {
        try execute(
            "UPDATE repositoryBlob SET touchedAt = ? WHERE repository = ? AND digest = ? AND touchedAt < ?",
            [now.milliseconds, repository, digest.description, oldest.milliseconds])
    }

    /// When a repository's blob was pushed, mounted or asked for last; nil when the repository has none.
    package func blobDate(_ digest: Digest, repository: String) throws -> UnixTime? {
        try fetchOne(
            "SELECT touchedAt FROM repositoryBlob WHERE repository = ? AND digest = ?",
            [repository, digest.description], from: "repositoryBlob"
        ) { try $0.time("touchedAt") }
    }

    /// When a repository's manifest was pushed or asked for last; nil when the repository has none.
    package func manifestDate(_ digest: Digest, repository: String) throws -> UnixTime? {
        try fetchOne(
            "SELECT touchedAt FROM repositoryManifest WHERE repository = ? AND manifest = ?",
            [repository, digest.description], from: "repositoryManifest"
        ) { try $0.time("touchedAt") }
    }

    /// Repositories that may serve a blob, in order, at most `limit`.
    package func repositories(having digest: Digest, limit: Int) throws -> [String] {
        try fetch(
            "SELECT repository FROM repositoryBlob WHERE digest = ? ORDER BY repository LIMIT ?",
            [digest.description, limit], from: "repositoryBlob"
        ) { try $0.text("repository") }
    }

    /// Whether a repository may serve a blob.
    package func hasBlob(_ digest: Digest, repository: String) throws -> Bool {
        try count(
            "SELECT count(*) FROM repositoryBlob WHERE repository = ? AND digest = ?", [repository, digest.description])
            > 0
    }

    /// Repositories that have a digest as a blob or as a manifest, in order, at most `limit`.
    package func repositories(holding digest: Digest, limit: Int) throws -> [String] {
        try fetch(
            """
            SELECT repository FROM repositoryBlob WHERE digest = ?1
            UNION SELECT repository FROM repositoryManifest WHERE manifest = ?1
            ORDER BY repository LIMIT ?2
            """, [digest.description, limit], from: "repositoryBlob"
        ) { try $0.text("repository") }
    }

    /// Takes a blob away from a repository.
    ///
    /// Gives false when it had none.
    package func unlinkBlob(_ digest: Digest, repository: String) throws -> Bool {
        try execute(
            "DELETE FROM repositoryBlob WHERE repository = ? AND digest = ?", [repository, digest.description]) > 0
    }

    /// Whether anything still needs a piece of content; what nothing needs may be collected.
    ///
    /// Repositories, revisions and uploaded blobs need content, and manifests need what they refer to.
    package func isContentNeeded(_ digest: Digest) throws -> Bool {
        try count(
            """
            WITH RECURSIVE ancestor (digest) AS (
              SELECT ?1
              UNION
              SELECT manifestReference.manifest FROM manifestReference JOIN ancestor USING (digest)
            )
            SELECT EXISTS (
              SELECT 1 FROM ancestor WHERE digest IN (SELECT imageDigest FROM revision)
                OR digest IN (SELECT manifest FROM repositoryManifest)
            ) OR EXISTS (SELECT 1 FROM repositoryBlob WHERE digest = ?1)
            """, [digest.description]) > 0
    }

    /// A revision's manifest stays, and so do the manifests of an index that stays.
    func forgetUnusedManifests() throws {
        try execute(
            """
            WITH RECURSIVE needed (digest) AS (
              SELECT manifest FROM repositoryManifest
              UNION SELECT imageDigest FROM revision
              UNION SELECT manifestReference.digest FROM manifestReference JOIN needed
                ON manifestReference.manifest = needed.digest
            )
            DELETE FROM manifest WHERE digest NOT IN (SELECT digest FROM needed)
            """)
    }
}
