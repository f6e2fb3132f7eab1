import Foundation
import Glibc
import OCI
import OCIContentStore
import OCILayers
import RunaboutTestSupport
import Testing

/// What upper layers remove is gone, whether the kernel puts the layers together or we do.
@Suite struct RemovalTests {
    /// Four layers with every kind of removal, and what must be there in the end.
    private func archives() -> [TarArchive] {
        var base = TarArchive()
        base.addFile("kept", "base")
        base.addFile("gone", "base")
        base.addFile("replaced", "base")
        base.addFile("directory/one", "base")
        base.addFile("directory/two", "base")
        base.addFile("opaque/old", "base")
        base.addFile("tree/deep/file", "base")
        base.addSymbolicLink("link", to: "kept")
        base.addFile("turned/inner", "base")
        var second = TarArchive()
        second.addFile(".wh.gone", "")
        second.addFile("replaced", "second")
        second.addFile("directory/.wh.one", "")
        second.addFile("opaque/.wh..wh..opq", "")
        second.addFile("opaque/new", "second")
        second.addFile(".wh.tree", "")
        second.addFile(".wh.link", "")
        second.addFile(".wh.never", "")
        second.addFile(".wh..wh.plnk", "")
        var third = TarArchive()
        third.addFile("tree/fresh", "third")
        third.addFile("gone", "third")
        third.addFile("turned", "now a file")
        var fourth = TarArchive()
        // Removed and made anew in one layer, in both orders.
        fourth.addFile(".wh.directory", "")
        fourth.addFile("directory/three", "fourth")
        fourth.addFile("opaque/newer", "fourth")
        fourth.addFile("opaque/.wh..wh..opq", "")
        fourth.addDirectory("tree/")
        fourth.addFile("tree/last", "fourth")
        fourth.addFile(".wh.tree", "")
        return [base, second, third, fourth]
    }

    private let expected = [
        "directory", "directory/three", "gone", "kept", "opaque", "opaque/newer", "replaced", "tree", "tree/last",
        "turned",
    ]

    @Test(.enabled(if: Host.isRoot, "mounting needs root"))
    func overlayfsShowsWhatTheLayersSay() async throws {
        try await withLayers(form: .mounted(ownershipShift: 100_000)) { fixture in
            let layers = archives()
            let image = try await OCITestImage(archives: layers.map(\.bytes)).write(into: fixture.content)
            let prepared = try await fixture.layers.prepare(image.manifest)
            try withOverlay(prepared.layers, at: fixture.directory.appending(path: "merged")) { merged in
                let names = try tree(merged)
                #expect(names == expected)
                let texts = try ["gone", "replaced", "turned"].map { try text(merged.appending(path: $0)) }
                #expect(texts == ["third", "second", "now a file"])
                let owner = try status(merged.appending(path: "kept")).st_uid
                #expect(owner == 100_000)
            }
        }
    }

    @Test(arguments: Host.isRoot ? [LayerForm.flattened, .mounted(ownershipShift: 0)] : [.flattened])
    func flatteningShowsTheSame(form: LayerForm) async throws {
        try await withLayers(form: form) { fixture in
            let layers = archives()
            let image = try await OCITestImage(archives: layers.map(\.bytes)).write(into: fixture.content)
            let prepared = try await fixture.layers.prepare(image.manifest)
            let target = fixture.directory.appending(path: "flat")
            try await fixture.layers.flatten(prepared, into: target.path)
            #expect(try tree(target) == expected)
            #expect(try text(target.appending(path: "gone")) == "third")
            #expect(try text(target.appending(path: "replaced")) == "second")
            #expect(try status(target.appending(path: "kept")).st_mtim.tv_sec == 1_700_000_000)
        }
    }

    @Test func flatteningDoesNotWriteThroughALinkOfALowerLayer() async throws {
        try await withLayers(form: .flattened) { fixture in
            let outside = fixture.directory.appending(path: "outside")
            try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: false)
            var lower = TarArchive()
            lower.addSymbolicLink("a", to: outside.path)
            lower.addSymbolicLink("b", to: outside.appending(path: "b").path)
            var upper = TarArchive()
            upper.addFile("a/file", "x")
            upper.addFile("b", "x")
            let prepared = try await fixture.prepare(lower, upper)
            let target = fixture.directory.appending(path: "flat")
            try await fixture.layers.flatten(prepared, into: target.path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
            #expect(try tree(target) == ["a", "a/file", "b"])
        }
    }

    @Test func aFlattenedFileIsACopyOfItsOwn() async throws {
        try await withLayers(form: .flattened) { fixture in
            var archive = TarArchive()
            archive.addFile("file", "layer")
            let prepared = try await fixture.prepare(archive)
            let target = fixture.directory.appending(path: "flat")
            try await fixture.layers.flatten(prepared, into: target.path)
            let file = try FileHandle(forWritingTo: target.appending(path: "file"))
            try file.write(contentsOf: Data("LAYER".utf8))
            try file.close()
            #expect(try text(URL(filePath: prepared.layers[0]).appending(path: "file")) == "layer")
        }
    }

    private func tree(_ directory: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory.path).sorted()
    }

    /// Mounts layers, lowest first, read-only; they are unmounted however the body ends.
    private func withOverlay(_ layers: [String], at point: URL, _ body: (URL) throws -> Void) throws {
        try FileManager.default.createDirectory(at: point, withIntermediateDirectories: false)
        let options = "lowerdir=" + layers.reversed().joined(separator: ":")
        guard mount("overlay", point.path, "overlay", UInt(MS_RDONLY), options) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        defer { umount2(point.path, Int32(MNT_DETACH)) }
        try body(point)
    }
}
