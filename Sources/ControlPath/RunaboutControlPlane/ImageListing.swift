public import OCI
import OCIContentStore
public import RunaboutModel
import RunaboutStore

/// An image of the registry as people look at it.
public struct ImageSummary: Hashable, Sendable {
    /// A revision that runs it, or may run it again.
    public struct Use: Hashable, Sendable {
        /// The service's name.
        public let service: String
        /// The revision's number.
        public let revision: Int
        /// Whether it is the one that serves.
        public let isActive: Bool
    }

    /// The repository.
    public let repository: String
    /// Tags that stand for it, in order.
    public let tags: [String]
    /// The manifest's digest.
    public let digest: Digest
    /// The manifest's type.
    public let mediaType: String
    /// What kind of artifact it is; nil of an index that does not say.
    public let artifactType: String?
    /// What it says something about.
    public let subject: Digest?
    /// How many layers an image has; nil of an index.
    public let layers: Int?
    /// How many manifests an index has; nil of an image.
    public let manifests: Int?
    /// Bytes of all that it consists of on the disk, each digest counted once.
    public let bytes: Int64
    /// When it was pushed last; nil of what was pushed before that was noted.
    public let pushedAt: UnixTime?
    /// Who runs it.
    public let uses: [Use]
}

extension ControlPlane {
    /// Images of one repository or of all, by repository and digest.
    ///
    /// - Throws: `invalidRequest` for a malformed page; `notFound` for a repository there is none of.
    public func images(
        of repository: String?, after token: String?, limit: Int,
    ) async throws(ControlPlaneError) -> Page<ImageSummary> {
        try Validation.checkPage(limit: limit)
        let parts = try PageToken.parse(token, of: .images)
        if let token, parts?.count != 2 { throw PageToken.refusal(token, .images) }
        let position = parts.map { (repository: $0[0], digest: $0[1]) }
        let found = try await read("Listing images") { transaction in
            if let repository, try !transaction.hasRepository(repository) {
                throw ControlPlaneError(code: .notFound, message: "There is no repository '\(repository)'.")
            }
            return try transaction.images(repository: repository, after: position, limit: limit + 1)
        }
        do {
            var items: [ImageSummary] = []
            for image in found.prefix(limit) { items.append(try await summary(of: image)) }
            let next = found.count > limit ? items.last : nil
            return Page(
                items: items,
                nextToken: next.map { PageToken.text(.images, [$0.repository, $0.digest.description]) })
        } catch {
            throw failure(of: "Listing images", error)
        }
    }

    private func summary(of image: StoredImage) async throws -> ImageSummary {
        var bytes: Int64 = 0
        for digest in image.content { bytes += try await content.size(of: digest) ?? 0 }
        let isIndex = MediaType(rawValue: image.manifest.mediaType).isIndex
        let references = image.manifest.references.count
        return ImageSummary(
            repository: image.repository, tags: image.tags, digest: image.manifest.digest,
            mediaType: image.manifest.mediaType, artifactType: image.manifest.artifactType,
            subject: image.manifest.subject, layers: isIndex ? nil : max(0, references - 1),
            manifests: isIndex ? references : nil, bytes: bytes, pushedAt: image.pushedAt,
            uses: image.uses.map {
                ImageSummary.Use(service: $0.service, revision: $0.revision, isActive: $0.isActive)
            })
    }
}
