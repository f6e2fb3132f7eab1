import Foundation
import OCI
import OCIContentStore
import PackageInventory
import RunaboutModel
import RunaboutTestSupport
import Testing

/// Takes the inventory of an image with the layers, lowest first.
func inventory(
    _ layers: TarArchive..., limits: InventoryLimits = .standard,
) async throws -> ImageInventory {
    try await inventory(of: layers.map(\.bytes), limits: limits)
}

func inventory(of archives: [[UInt8]], limits: InventoryLimits = .standard) async throws -> ImageInventory {
    try await withTemporaryDirectory { directory in
        let store = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
        let temporary = directory.appending(path: "temporary")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: false)
        let image = try await OCITestImage(archives: archives).write(into: store)
        let scanner = ImageScanner(store: store, temporaryDirectory: temporary.path, limits: limits)
        let inventory = try await scanner.inventory(of: image.manifest)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
        return inventory
    }
}

func archive(_ files: (String, String)...) -> TarArchive {
    var archive = TarArchive()
    for (path, content) in files { archive.addFile(path, content) }
    return archive
}

func archive(_ path: String, _ content: [UInt8]) -> TarArchive {
    var archive = TarArchive()
    archive.add(.init(path), content: content)
    return archive
}

extension ImageInventory {
    /// `name version`, of every package.
    var lines: [String] { packages.map { "\($0.name) \($0.version)" } }
}

func stanza(_ name: String, _ version: String, _ more: String = "") -> String {
    "Package: \(name)\nStatus: install ok installed\nArchitecture: amd64\nVersion: \(version)\n\(more)\n"
}

let status = "var/lib/dpkg/status"
