import OCI
import OCIContentStore
import RunaboutModel
import RunaboutStore

/// An image that can run here, found under the name a user gave.
struct ResolvedImage: Sendable {
    /// The name as the user gave it.
    let name: String
    /// The manifest or index the name stood for; it is in the repository.
    ///
    /// Nil when the image was found by digest alone.
    let root: (repository: String, digest: Digest)?
    /// The manifest of our platform.
    let manifest: StoredManifest
}

extension ControlPlane {
    /// What an image name stands for now: name -> manifest, through an index to the manifest of our platform, and a look
    /// at the configuration.
    ///
    /// - Throws: `imageNotFound`, with the tags there are; `imageInvalid` when it can't run here.
    func resolveImage(
        _ name: String, _ reference: ImageReference, startCommand: [String]?,
    ) async throws(ControlPlaneError) -> ResolvedImage {
        let repository = reference.repository.description
        let root = try await read("Looking up image '\(name)'") { transaction in
            try transaction.rootManifest(of: reference, name: name)
        }
        var manifest = root
        if MediaType(rawValue: root.mediaType).isIndex {
            manifest = try await platformManifest(of: root, name: name)
        }
        return ResolvedImage(
            name: name, root: (repository, root.digest),
            manifest: try await inspect(manifest, name: name, startCommand: startCommand))
    }

    /// The image of an earlier revision again, by its digest, whatever its name stands for by now.
    func resolveImage(
        of revision: Revision, startCommand: [String]?,
    ) async throws(ControlPlaneError) -> ResolvedImage {
        let digest = revision.imageDigest
        let known = try await read("Looking up image \(digest)") { try $0.manifest(digest) }
        guard let known else {
            throw ControlPlaneError(
                code: .imageNotFound,
                message: "The manifest \(digest) of '\(revision.imageName)' is not kept any more; push the image again."
            )
        }
        return ResolvedImage(
            name: revision.imageName, root: nil,
            manifest: try await inspect(known, name: revision.imageName, startCommand: startCommand))
    }

    /// The manifest of our platform in an index.
    private func platformManifest(
        of root: StoredManifest, name: String,
    ) async throws(ControlPlaneError) -> StoredManifest {
        let index: ImageIndex = try await document(root.digest, "index", of: name)
        guard let choice = index.manifest(for: Platform(architecture: settings.architecture, os: "linux")) else {
            let offered = index.manifests.compactMap(\.platform).map { "\($0.os)/\($0.architecture)" }
            throw invalid(
                name,
                "it is for \(offered.isEmpty ? "no platform" : offered.joined(separator: ", ")), and this machine is "
                    + "linux/\(settings.architecture); build it for that platform")
        }
        guard choice.mediaType.isManifest else {
            throw invalid(name, "its index leads to a '\(choice.mediaType)', which is not the manifest of an image")
        }
        return StoredManifest(
            digest: choice.digest, mediaType: choice.mediaType.rawValue, size: choice.size, references: [])
    }

    /// Looks whether the manifest is an image of our platform that has something to run.
    private func inspect(
        _ stored: StoredManifest, name: String, startCommand: [String]?,
    ) async throws(ControlPlaneError) -> StoredManifest {
        let manifest: Manifest = try await document(stored.digest, "manifest", of: name)
        let kind = manifest.config.mediaType
        guard kind == .imageConfiguration || kind == .dockerConfiguration else {
            throw invalid(
                name, "it is an artifact with a configuration of type '\(kind)', not the image of a container")
        }
        let configuration: ImageConfiguration = try await document(manifest.config.digest, "configuration", of: name)
        guard configuration.os == "linux", configuration.architecture == settings.architecture else {
            throw invalid(
                name,
                "it is for \(configuration.os)/\(configuration.architecture), and this machine is "
                    + "linux/\(settings.architecture); build it for that platform")
        }
        let command = (configuration.config?.entrypoint ?? []) + (configuration.config?.command ?? [])
        guard startCommand != nil || !command.isEmpty else {
            throw invalid(name, "it has neither an entrypoint nor a command; add one or give a start command")
        }
        return StoredManifest(
            digest: stored.digest, mediaType: stored.mediaType, size: stored.size,
            references: [manifest.config.digest] + manifest.layers.map(\.digest))
    }

    private func document<Document: Decodable>(
        _ digest: Digest, _ noun: String, of name: String,
    ) async throws(ControlPlaneError) -> Document {
        let bytes: [UInt8]
        do {
            bytes = try await content.read(digest, limit: Limits.manifestBytesMax)
        } catch let error as ContentStoreError {
            switch error {
            case .blobUnknown:
                throw invalid(name, "its \(noun) \(digest) was not pushed; push the image again")
            case .blobTooLarge:
                throw invalid(name, "its \(noun) has more than \(Limits.manifestBytesMax) bytes")
            case .digestMismatch, .uploadUnknown, .uploadBusy, .tooManyUploads, .storageFull, .layoutUnreadable,
                .fileSystem:
                throw failure(of: "Reading the \(noun) of image '\(name)'", error)
            }
        } catch {
            throw failure(of: "Reading the \(noun) of image '\(name)'", error)
        }
        do {
            return try JSON.decode(bytes)
        } catch {
            throw invalid(name, "its \(noun) \(digest) can't be read as JSON of that kind")
        }
    }

    private func invalid(_ name: String, _ reason: String) -> ControlPlaneError {
        ControlPlaneError(code: .imageInvalid, message: "The image '\(name)' can't run: \(reason).")
    }
}

extension StoreTransaction {
    /// The manifest or index that a reference stands for.
    ///
    /// - Throws: `imageNotFound`, with what there is instead.
    func rootManifest(of reference: ImageReference, name: String) throws -> StoredManifest {
        let repository = reference.repository.description
        guard try hasRepository(repository) else {
            let hint =
                Validation.namesHost(name)
                ? "leave the host in front of the repository away" : "push the image there first"
            throw ControlPlaneError(
                code: .imageNotFound,
                message: "There is no image '\(name)': the registry has no repository '\(repository)'; \(hint).")
        }
        switch reference.selector {
        case .digest(let digest):
            if try hasManifest(digest, repository: repository), let found = try manifest(digest) { return found }
        case .tag(let tag):
            let digest = try taggedManifest(repository: repository, tag: tag.description)
            if let digest, let found = try manifest(digest) { return found }
        }
        let shown = 10
        var tags = try tags(repository: repository, after: nil, limit: shown + 1)
        if tags.count > shown { tags[shown] = "..." }
        throw ControlPlaneError(
            code: .imageNotFound,
            message: "There is no image '\(name)': the repository '\(repository)' has "
                + (tags.isEmpty ? "no tags." : "the tags \(tags.joined(separator: ", "))."))
    }

    /// Ties what a resolved image consists of to the registry's records, so that it stays as long as a revision runs it.
    ///
    /// - Throws: `imageNotFound` when the image was deleted since it was resolved.
    func keep(_ image: ResolvedImage) throws {
        if let root = image.root, try !hasManifest(root.digest, repository: root.repository) {
            throw ControlPlaneError(
                code: .imageNotFound,
                message: "The image '\(image.name)' was deleted while it was looked at; push it again.")
        }
        try insertManifest(image.manifest)
    }
}
