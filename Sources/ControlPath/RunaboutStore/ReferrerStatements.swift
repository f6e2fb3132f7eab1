import GRDB
package import OCI

extension StoreTransaction {
    /// Descriptors of a repository's manifests that say they are about another, in the order of their digests.
    ///
    /// Of one artifact type when one is given; those after a digest's text; at most `limit`, and at most `bytesMax` bytes
    /// of annotations or one manifest.
    package func referrers(
        of subject: Digest, repository: String, artifactType: String?, after digest: String?, limit: Int, bytesMax: Int,
    ) throws -> [Descriptor] {
        try fetch(
            """
            SELECT * FROM (
              SELECT manifest.*,
                sum(length(annotations)) OVER (ORDER BY manifest.digest) - length(annotations) AS bytesBefore
              FROM manifest JOIN repositoryManifest ON repositoryManifest.manifest = manifest.digest
              WHERE subject = ?1 AND repository = ?2 AND (?3 IS NULL OR artifactType = ?3) AND digest > ?4
            )
            WHERE bytesBefore < ?5 ORDER BY digest LIMIT ?6
            """, [subject.description, repository, artifactType, digest ?? "", bytesMax, limit], from: "manifest"
        ) { row in
            let annotations: [String: String] = try row.json("annotations")
            return Descriptor(
                mediaType: MediaType(rawValue: try row.text("mediaType")), digest: try row.digest("digest"),
                size: try row.wideInteger("size"), annotations: annotations.isEmpty ? nil : annotations,
                artifactType: try row.optionalText("artifactType"))
        }
    }
}
