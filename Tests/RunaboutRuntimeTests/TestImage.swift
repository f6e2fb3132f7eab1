import Foundation
import OCI
import OCILayers
import RunaboutRuntime

/// An image of two layers: the upper one holds the test program, the lower one users and a file that is hidden.
struct TestImage: FlatImageProvider {
    let lower: URL
    let upper: URL
    var user: String?

    static let digest = Digest(algorithm: .sha256, hex: String(repeating: "a", count: 64))

    /// Writes the layers; `owner` owns them.
    init(in directory: URL, owner: UInt32?, programs: [String] = ["instance"], user: String? = nil) async throws {
        self.user = user
        lower = directory.appending(path: "lower")
        upper = directory.appending(path: "upper")
        for layer in [lower.appending(path: "etc"), upper.appending(path: "bin"), upper.appending(path: "srv")] {
            try FileManager.default.createDirectory(at: layer, withIntermediateDirectories: true)
        }
        for program in programs {
            try await TestPrograms.compile(program, into: upper.appending(path: "bin/\(program)"))
        }
        try "root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/srv:/bin/sh\n".write(
            to: lower.appending(path: "etc/passwd"), atomically: false, encoding: .utf8)
        guard let owner else { return }
        for layer in [lower, upper] {
            let below = FileManager.default.enumerator(atPath: layer.path)?.allObjects ?? []
            for path in [layer.path] + below.map({ "\(layer.path)/\($0)" }) {
                chown(path, owner, owner)
            }
        }
    }

    func prepare(_ manifest: Digest) async throws -> PreparedImage {
        PreparedImage(
            manifest: manifest, layers: [lower.path, upper.path],
            configuration: ImageConfiguration(
                architecture: "amd64", os: "linux",
                config: .init(user: user, command: ["/bin/instance", "wait"], workingDirectory: "/srv"),
                rootfs: .init(diffIDs: [])))
    }

    func flatten(_ image: PreparedImage, into target: String) async throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        for layer in image.layers {
            for name in try FileManager.default.contentsOfDirectory(atPath: layer) {
                try FileManager.default.copyItem(atPath: "\(layer)/\(name)", toPath: "\(target)/\(name)")
            }
        }
    }
}
