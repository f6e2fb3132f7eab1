import Foundation
import OCI
import OCIContentStore

/// The forms of content that a registry must keep.
enum SampleKind: String, CaseIterable, Sendable {
    case image
    case uncompressed = "image, uncompressed"
    case large = "image with a large manifest"
    case dockerImage = "Docker image"
    case index
    case nestedIndex = "nested index"
    case emptyIndex = "empty index"
    case dockerList = "Docker manifest list"
    case artifact
    case artifactIndex = "artifact index"
    case artifactWithoutLayers = "artifact without layers"
    case subject = "artifacts with a subject"
    case indexSubject = "index with a subject"
    case missingSubject = "missing subject"
    case dataField = "data field"
    case nonDistributable = "non-distributable layers"
    case customFields = "custom fields"
    case noLayers = "no layers"
    case tagParameter = "tags as parameters"

    private static let types = ["application/vnd.example.one", "application/vnd.example.two+json"]

    func content(_ algorithm: Digest.Algorithm) throws -> SampleContent {
        let ordinal = Self.allCases.firstIndex(of: self) ?? 0
        var content = SampleContent(algorithm, seed: UInt64(ordinal + 1))
        switch self {
        case .image, .uncompressed, .large, .dockerImage, .dataField, .nonDistributable, .customFields, .noLayers:
            try addImage(to: &content)
        case .index, .nestedIndex, .emptyIndex, .dockerList, .artifactIndex, .tagParameter:
            try addIndex(to: &content)
        case .artifact:
            try content.add(content.artifact(Self.types[0]))
            content.tag("artifact")
        case .artifactWithoutLayers:
            var manifest = content.artifact(Self.types[0])
            manifest.layers = [manifest.config]
            try content.add(manifest)
            content.tag("bare")
        case .subject, .indexSubject, .missingSubject:
            try addReferrers(to: &content)
        }
        return content
    }

    private func addImage(to content: inout SampleContent) throws {
        var manifest = content.image(
            layers: self == .noLayers ? 0 : 2, layerType: self == .uncompressed ? .layerTar : .layerTarGzip)
        var extra: [String: Any] = [:]
        switch self {
        case .large:
            let filler = String(repeating: "a", count: 9_900)
            manifest.annotations = Dictionary(uniqueKeysWithValues: (0..<390).map { ("org.example.\($0)", filler) })
        case .dockerImage:
            manifest.mediaType = .dockerManifest
            manifest.config.mediaType = .dockerConfiguration
        case .dataField:
            let bytes = content.blobs.first { $0.digest == manifest.config.digest }?.bytes ?? []
            manifest.config.data = Data(bytes).base64EncodedString()
        case .nonDistributable:
            for name in ["tar", "tar+gzip"] {
                let type = MediaType(rawValue: "application/vnd.oci.image.layer.nondistributable.v1.\(name)")
                let digest = content.algorithm.digest(Array(name.utf8))
                manifest.layers.append(
                    Descriptor(mediaType: type, digest: digest, size: 9, urls: ["https://example.org/\(name)"]))
            }
        case .customFields: extra = ["org.example.custom": ["deep": [1, 2, 3]], "zeta": true]
        default: break
        }
        try content.add(manifest, extra: extra)
        content.tag("image")
    }

    private func addIndex(to content: inout SampleContent) throws {
        var index = ImageIndex(manifests: self == .emptyIndex ? [] : try children(&content))
        switch self {
        case .nestedIndex:
            let first = try content.add(index)
            let second = try content.add(ImageIndex(manifests: try children(&content)))
            index = ImageIndex(manifests: [first, second])
        case .dockerList: index.mediaType = .dockerManifestList
        case .artifactIndex: index.artifactType = Self.types[0]
        default: break
        }
        try content.add(index)
        content.tag("index")
        if self == .tagParameter {
            content.givesTagsAsParameters = true
            for name in ["1.2.3", "1.2", "1", "Latest_"] { content.tag(name) }
        }
    }

    private func children(_ content: inout SampleContent) throws -> [Descriptor] {
        var children: [Descriptor] = []
        for architecture in ["amd64", "arm64"] {
            var child = try content.add(content.image())
            child.platform = Platform(architecture: architecture, os: "linux")
            children.append(child)
        }
        return children
    }

    private func addReferrers(to content: inout SampleContent) throws {
        var subject = Descriptor(
            mediaType: .imageManifest, digest: content.algorithm.digest(Array("nothing".utf8)), size: 7)
        if self == .subject { subject = try content.add(content.image()) }
        if self == .indexSubject { subject = try content.add(ImageIndex(manifests: try children(&content))) }
        if self != .missingSubject { content.tag("subject") }
        var untyped = content.image()
        untyped.subject = subject
        try content.add(untyped)
        for (ordinal, type) in Self.types.enumerated() {
            try content.add(content.artifact(type, subject: subject))
            content.tag("artifact-\(ordinal)")
        }
        var index = ImageIndex(manifests: [], subject: subject, annotations: ["org.example.index": "yes"])
        try content.add(index)
        index.artifactType = Self.types[0]
        try content.add(index)
    }
}
