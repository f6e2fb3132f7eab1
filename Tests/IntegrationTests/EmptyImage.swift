import Foundation

/// An image without a command, as an OCI layout; its one layer is as large as a test needs.
enum EmptyImage {
    /// Writes the layout with the tag `latest`.
    static func write(to layout: URL, layerBytes: Int = 0) async throws {
        let blobs = layout.appending(path: "blobs/sha256")
        try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
        let content = layout.appending(path: "content")
        // Random, so that no compression on the way makes it small.
        var generator = SystemRandomNumberGenerator()
        let words = (0..<(layerBytes / 8)).map { _ in generator.next() }
        try words.withUnsafeBytes { Data($0) }.write(to: content)
        let layer = layout.appending(path: "layer.tar")
        _ = try await runTool("tar", ["-cf", layer.path, "-C", layout.path, "content"])
        let layerBlob = try await add(layer, to: blobs)
        let configuration = layout.appending(path: "config.json")
        try Data(
            #"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["\#(layerBlob.digest)"]}}"#
                .utf8
        ).write(to: configuration)
        let configurationBlob = try await add(configuration, to: blobs)
        let manifest = layout.appending(path: "manifest.json")
        let prefix = "application/vnd.oci.image"
        try Data(
            """
            {"schemaVersion":2,"mediaType":"\(prefix).manifest.v1+json",
            "config":\(configurationBlob.descriptor("\(prefix).config.v1+json")),
            "layers":[\(layerBlob.descriptor("\(prefix).layer.v1.tar"))]}
            """.utf8
        ).write(to: manifest)
        let manifestBlob = try await add(manifest, to: blobs)
        try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: layout.appending(path: "oci-layout"))
        try Data(
            """
            {"schemaVersion":2,"manifests":[\(manifestBlob.descriptor(
                "\(prefix).manifest.v1+json", more: #","annotations":{"org.opencontainers.image.ref.name":"latest"}"#))]}
            """.utf8
        ).write(to: layout.appending(path: "index.json"))
    }

    private struct Blob {
        let digest: String
        let size: Int

        func descriptor(_ mediaType: String, more: String = "") -> String {
            #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)\#(more)}"#
        }
    }

    private static func add(_ file: URL, to blobs: URL) async throws -> Blob {
        let sum = try await runTool("sha256sum", [file.path]).prefix(64)
        try FileManager.default.copyItem(at: file, to: blobs.appending(path: String(sum)))
        let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
        return Blob(digest: "sha256:\(sum)", size: size ?? 0)
    }
}
