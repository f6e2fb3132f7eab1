import Foundation
import Glibc
import OCI
import OCIContentStore
import OCILayers
import RunaboutModel
import RunaboutTestSupport
import Testing

/// A layer store in a temporary directory, and what tests ask of it.
struct LayerFixture {
    let directory: URL
    let content: ContentStore
    let layers: LayerStore

    /// Stores an image whose layers are the archives and prepares it.
    func prepare(_ archives: TarArchive...) async throws -> PreparedImage {
        let image = try await OCITestImage(archives: archives.map(\.bytes)).write(into: content)
        return try await layers.prepare(image.manifest)
    }

    /// Unpacks one layer and gives its directory.
    func unpack(_ archive: TarArchive) async throws -> URL {
        URL(filePath: try #require(try await prepare(archive).layers.first))
    }

    /// Names that an interrupted or refused unpacking left.
    var leftovers: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(
                atPath: directory.appending(path: "layers/temporary").path)
        }
    }
}

/// As root the form that is mounted, else the one that is flattened.
let formOfHost: LayerForm = Host.isRoot ? .mounted(ownershipShift: 100_000) : .flattened

func withLayers(
    limits: ImageLimits = Limits.images,
    form: LayerForm = formOfHost,
    _ body: (LayerFixture) async throws -> Void,
) async throws {
    try await withTemporaryDirectory { directory in
        let content = try ContentStore(directory: directory.appending(path: "images").path, limits: limits)
        let layers = try LayerStore(directory: directory.appending(path: "layers").path, store: content, form: form)
        try await body(LayerFixture(directory: directory, content: content, layers: layers))
    }
}

func status(_ url: URL) throws -> stat {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return status
}

func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

func isAbsent(_ url: URL) -> Bool {
    var status = stat()
    return lstat(url.path, &status) != 0 && errno == ENOENT
}
