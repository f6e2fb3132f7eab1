import CLinux
import Foundation
import Glibc
import OCI
import OCIContentStore
import OCILayers
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct LayerStoreTests {
    @Test func aLayerIsUnpackedOnceForAllWhoAsk() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", String(repeating: "x", count: 2_000_000))
            let image = try await OCITestImage(archives: [archive.bytes]).write(into: fixture.content)
            let prepared = try await withThrowingTaskGroup(of: PreparedImage.self) { group in
                for _ in 0..<16 { group.addTask { try await fixture.layers.prepare(image.manifest) } }
                return try await group.reduce(into: Set<PreparedImage>()) { $0.insert($1) }
            }
            let only = try #require(prepared.first)
            #expect(prepared.count == 1)
            let file = URL(filePath: only.layers[0]).appending(path: "file")
            let inode = try status(file).st_ino
            _ = try await fixture.layers.prepare(image.manifest)
            #expect(try status(file).st_ino == inode)
            #expect(try fixture.leftovers.isEmpty)
        }
    }

    @Test func aCancelledCallerDoesNotSpoilItForTheOthers() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            for number in 0..<500 { archive.addFile("d/f\(number)", "x") }
            let image = try await OCITestImage(archives: [archive.bytes]).write(into: fixture.content)
            let layers = fixture.layers
            let count = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        // Every other one gives up as soon as it has begun.
                        if number.isMultiple(of: 2) { withUnsafeCurrentTask { $0?.cancel() } }
                        do {
                            return try await layers.prepare(image.manifest).layers.count
                        } catch is CancellationError {
                            return 0
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(count == 4)
        }
    }

    @Test func aStartRemovesWhatAnInterruptedUnpackingLeft() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", "x")
            let root = try await fixture.unpack(archive)
            let leftover = fixture.directory.appending(path: "layers/temporary/sha256-x/a/b")
            try FileManager.default.createDirectory(at: leftover, withIntermediateDirectories: true)
            _ = try LayerStore(
                directory: fixture.directory.appending(path: "layers").path, store: fixture.content, form: formOfHost)
            #expect(try fixture.leftovers.isEmpty)
            #expect(try text(root.appending(path: "file")) == "x")
        }
    }

    @Test func layersInAnotherFormAreUnpackedAnew() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile(".wh.gone", "")
            let image = try await OCITestImage(archives: [archive.bytes]).write(into: fixture.content)
            _ = try await fixture.layers.prepare(image.manifest)
            let other = formOfHost == .flattened ? LayerForm(removals: .markers, ownershipShift: 0) : .flattened
            guard Host.isRoot else { return }
            let next = try LayerStore(
                directory: fixture.directory.appending(path: "layers").path, store: fixture.content, form: other)
            let root = URL(filePath: try #require(try await next.prepare(image.manifest).layers.first))
            #expect(!isAbsent(root.appending(path: ".wh.gone")))
        }
    }

    @Test func anIndexGivesTheImageForThisMachine() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", "x")
            let image = try await OCITestImage(archives: [archive.bytes]).write(into: fixture.content)
            let other = Platform(architecture: "s390x", os: "linux")
            let foreign = try await imageClaiming(
                layer: archive.bytes, diffID: Digest(of: archive.bytes), platform: other, in: fixture)
            let index = ImageIndex(manifests: [
                Descriptor(mediaType: .imageManifest, digest: foreign, size: 1, platform: other),
                Descriptor(mediaType: .imageManifest, digest: image.manifest, size: 1, platform: .current),
            ])
            let digest = try await fixture.content.put(Array(try JSONEncoder().encode(index)))
            let prepared = try await fixture.layers.prepare(digest)
            #expect(prepared.manifest == digest)
            #expect(prepared.configuration.architecture == Platform.current.architecture)
            let wanted = "\(Platform.current.os)/\(Platform.current.architecture)"
            await #expect(throws: LayerError.wrongPlatform(foreign, wanted: wanted)) {
                try await fixture.layers.prepare(foreign)
            }
            let onlyOther = ImageIndex(manifests: [index.manifests[0]])
            let empty = try await fixture.content.put(Array(try JSONEncoder().encode(onlyOther)))
            await #expect(throws: LayerError.wrongPlatform(empty, wanted: wanted)) {
                try await fixture.layers.prepare(empty)
            }
        }
    }

    @Test func whatIsNoImageIsNamedAsSuch() async throws {
        try await withLayers { fixture in
            for text in ["{}", "[]", "no json", #"{"schemaVersion":2,"config":{}}"#] {
                let digest = try await fixture.content.put(Array(text.utf8))
                let error = await #expect(throws: LayerError.self) { try await fixture.layers.prepare(digest) }
                guard case .notAnImage = error else {
                    Issue.record("\(text): \(String(describing: error))")
                    continue
                }
            }
            let absent = Digest(of: [9])
            await #expect(throws: ContentStoreError.blobUnknown(absent)) { try await fixture.layers.prepare(absent) }
        }
    }

    @Test func aLayerThatOccursTwiceIsListedWhereItIsUppermost() async throws {
        try await withLayers { fixture in
            var one = TarArchive()
            one.addFile("a", "1")
            var two = TarArchive()
            two.addFile("a", "2")
            let prepared = try await fixture.prepare(one, two, one)
            let paths = [two, one].map { fixture.layers.path(of: Digest(of: $0.bytes)) }
            #expect(prepared.layers == paths)
        }
    }

    @Test(.enabled(if: Host.isRoot, "mounting a small file system needs root"))
    func aFullDiskIsAnErrorOfItsOwnAndLeavesNothing() async throws {
        try await withSmallDisk(mebibytes: 1) { disk in
            try await withTemporaryDirectory { directory in
                let content = try ContentStore(directory: directory.path, limits: Limits.images)
                let layers = try LayerStore(directory: disk.path, store: content, form: formOfHost)
                let large = OCITestImage(layers: [[.init("file", [UInt8](repeating: 1, count: 3_000_000))]])
                let image = try await large.write(into: content)
                await #expect(throws: LayerError.storageFull) { try await layers.prepare(image.manifest) }
                #expect(
                    try FileManager.default.contentsOfDirectory(
                        atPath: disk.appending(path: "temporary").path
                    ).isEmpty)
                let small = try await OCITestImage(layers: [[.init("file", "x")]]).write(into: content)
                #expect(try await layers.prepare(small.manifest).layers.count == 1)
            }
        }
    }
}
