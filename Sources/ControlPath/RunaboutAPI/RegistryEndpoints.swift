import HTTPTypes
import Hummingbird
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

extension ControlAPI {
    /// What the registry holds, and its upkeep.
    var registryEndpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/images", query: ["repository", "limit", "pageToken"]) { call in
                let page = try await controlPlane.images(
                    of: call.text("repository"), after: call.text("pageToken"), limit: call.pageSize())
                return try answer(PageBody(items: page.items.map { ImageBody($0) }, nextToken: page.nextToken))
            },
            Endpoint(.post, "/v1/registry/collections", query: ["dryRun"]) { call in
                let isTrial = try call.flag("dryRun")
                let report = try await controlPlane.collectRegistry(isTrial: isTrial, by: call.principal)
                return try answer(CollectionBody(report, isTrial: isTrial))
            },
            Endpoint(.post, "/v1/registry/verifications", query: ["pageToken"]) { call in
                let report = try await controlPlane.verifyRegistry(
                    after: call.text("pageToken"), by: call.principal)
                return try answer(VerificationBody(report))
            },
        ]
    }
}

extension ImageBody {
    init(_ image: ImageSummary) {
        self.init(
            repository: image.repository, tags: image.tags, digest: image.digest, mediaType: image.mediaType,
            artifactType: image.artifactType, subject: image.subject, layers: image.layers, manifests: image.manifests,
            bytes: image.bytes, pushedAt: image.pushedAt.map { Timestamp($0) },
            uses: image.uses.map {
                ImageUseBody(service: $0.service, revision: $0.revision, isActive: $0.isActive)
            })
    }
}

extension CollectionBody {
    init(_ report: CollectionReport, isTrial: Bool) {
        self.init(
            dryRun: isTrial, manifests: report.manifests.map { Entry($0) }, blobs: report.blobs.map { Entry($0) },
            files: report.files.count, bytes: report.bytes, layers: report.layers,
            layersKeptBecause: report.layersKeptBecause, hasMore: report.hasMore)
    }
}

extension CollectionBody.Entry {
    init(_ entry: CollectionReport.Entry) { self.init(repository: entry.repository, digest: entry.digest) }
}

extension VerificationBody {
    init(_ report: VerificationReport) {
        self.init(
            blobs: report.blobs, bytes: report.bytes,
            damaged: report.damaged.map {
                Damage(
                    digest: $0.digest, actual: $0.actual, bytes: $0.bytes, quarantinedAs: $0.quarantinedAs,
                    repositories: $0.repositories)
            },
            nextToken: report.nextToken)
    }
}
