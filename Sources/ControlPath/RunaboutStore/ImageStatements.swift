import GRDB
package import OCI
package import RunaboutModel

/// A manifest of a repository with what is said of it and who runs it.
package struct StoredImage: Hashable, Sendable {
    /// A revision that runs the image, or may run it again.
    package struct Use: Hashable, Sendable {
        /// The service's name.
        package let service: String
        /// The revision's number.
        package let revision: Int
        /// Whether it is the one that serves.
        package let isActive: Bool
    }

    /// The repository.
    package let repository: String
    /// The manifest.
    package let manifest: StoredManifest
    /// Tags that stand for it, in order.
    package let tags: [String]
    /// When it was pushed last; nil for what was pushed before that was noted.
    package let pushedAt: UnixTime?
    /// Who runs it, or the image for this machine in it, newest revisions first.
    package let uses: [Use]
    /// All content that it consists of, itself included, each once.
    package let content: [Digest]
}

extension StoreTransaction {
    /// Images of one repository or of all, in the order of repository and digest, those after a position, at most
    /// `limit`.
    ///
    /// What only an index leads to is not listed by itself, unless it has a tag.
    package func images(
        repository: String?, after position: (repository: String, digest: String)?, limit: Int,
    ) throws -> [StoredImage] {
        let found = try fetch(
            """
            SELECT repository, manifest AS digest, pushedAt FROM repositoryManifest AS image
            WHERE (repository, manifest) > (?1, ?2) AND (?3 IS NULL OR repository = ?3) AND (
              EXISTS (SELECT 1 FROM tag WHERE tag.repository = image.repository AND tag.manifest = image.manifest)
              OR NOT EXISTS (
                SELECT 1 FROM manifestReference AS edge JOIN repositoryManifest AS holder
                  ON holder.manifest = edge.manifest AND holder.repository = image.repository
                WHERE edge.digest = image.manifest
              )
            )
            ORDER BY repository, manifest LIMIT ?4
            """, [position?.repository ?? "", position?.digest ?? "", repository, limit], from: "repositoryManifest"
        ) { (place: try RepositoryContent($0), pushedAt: try $0.time("pushedAt")) }
        return try found.compactMap { place, pushedAt in
            guard let manifest = try manifest(place.digest) else { return nil }
            return StoredImage(
                repository: place.repository, manifest: manifest, tags: try tags(of: place),
                pushedAt: pushedAt.milliseconds == 0 ? nil : pushedAt, uses: try uses(of: place.digest),
                content: try content(of: place.digest))
        }
    }

    /// All tags with the manifests they stand for, in order.
    package func allTags() throws -> [(repository: String, tag: String, manifest: Descriptor)] {
        try fetch(
            """
            SELECT repository, name, digest, mediaType, size FROM tag JOIN manifest ON manifest.digest = tag.manifest
            ORDER BY repository, name
            """, from: "tag"
        ) { row in
            let manifest = Descriptor(
                mediaType: MediaType(rawValue: try row.text("mediaType")), digest: try row.digest("digest"),
                size: try row.wideInteger("size"))
            return (try row.text("repository"), try row.text("name"), manifest)
        }
    }

    private func tags(of place: RepositoryContent) throws -> [String] {
        try fetch(
            "SELECT name FROM tag WHERE repository = ? AND manifest = ? ORDER BY name",
            [place.repository, place.digest.description], from: "tag"
        ) { try $0.text("name") }
    }

    private func uses(of digest: Digest) throws -> [StoredImage.Use] {
        try fetch(
            """
            SELECT service.name, revision.number, revision.id IS service.activeRevision AS isActive
            FROM revision JOIN service ON service.id = revision.service
            WHERE service.deletedAt IS NULL AND (
              imageDigest = ?1 OR imageDigest IN (SELECT digest FROM manifestReference WHERE manifest = ?1)
            )
            ORDER BY service.name, revision.number DESC
            """, [digest.description], from: "revision"
        ) { row in
            StoredImage.Use(
                service: try row.text("name"), revision: try row.integer("number"),
                isActive: try row.integer("isActive") == 1)
        }
    }

    private func content(of digest: Digest) throws -> [Digest] {
        try fetch(
            """
            WITH RECURSIVE part (digest) AS (
              SELECT ?1
              UNION
              SELECT manifestReference.digest FROM manifestReference JOIN part
                ON manifestReference.manifest = part.digest
            )
            SELECT digest FROM part
            """, [digest.description], from: "manifestReference"
        ) { try $0.digest("digest") }
    }
}
