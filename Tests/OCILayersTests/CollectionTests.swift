import Foundation
import OCI
import OCIContentStore
import OCILayers
import RunaboutTestSupport
import Testing

@Suite struct CollectionTests {
    private struct Unwanted: Error {}

    @Test func layersOfNoKeptImageAreRemoved() async throws {
        try await withLayers { fixture in
            let kept = try await image("kept", fixture)
            let running = try await image("running", fixture)
            let gone = try await image("gone", fixture)
            let images = KeptImages(running: [running.manifest], others: [kept.manifest])
            let trial = try await fixture.layers.collect(isTrial: true) { images }
            #expect(trial.count == 1)
            #expect(!isAbsent(URL(filePath: gone.layers[0])))
            #expect(try await fixture.layers.collect(isTrial: false) { images } == trial)
            #expect(isAbsent(URL(filePath: gone.layers[0])))
            for layer in kept.layers + running.layers { #expect(!isAbsent(URL(filePath: layer))) }
            #expect(try fixture.leftovers.isEmpty)
            // It can be had again.
            let again = try await fixture.layers.prepare(gone.manifest)
            #expect(try text(URL(filePath: again.layers[0]).appending(path: "name")) == "gone")
        }
    }

    @Test func aLayerThatIsAskedForMeanwhileStays() async throws {
        try await withLayers { fixture in
            let image = try await image("wanted", fixture)
            let collected = try await fixture.layers.collect(isTrial: false) {
                _ = try await fixture.layers.prepare(image.manifest)
                // A second collection would forget who asked; it does nothing.
                let second = try await fixture.layers.collect(isTrial: false) { throw Unwanted() }
                #expect(second == [])
                return KeptImages(running: [], others: [])
            }
            #expect(collected == [])
            #expect(!isAbsent(URL(filePath: image.layers[0])))
        }
    }

    @Test func nothingIsRemovedWhileAnImageThatRunsCanNotBeRead() async throws {
        try await withLayers { fixture in
            let image = try await image("running", fixture)
            try FileManager.default.removeItem(atPath: fixture.content.path(of: image.manifest))
            await #expect(throws: ContentStoreError.blobUnknown(image.manifest)) {
                try await fixture.layers.collect(isTrial: false) {
                    KeptImages(running: [image.manifest], others: [])
                }
            }
            #expect(!isAbsent(URL(filePath: image.layers[0])))
            let collected = try await fixture.layers.collect(isTrial: false) {
                KeptImages(running: [], others: [image.manifest])
            }
            #expect(collected.count == 1)
        }
    }

    private func image(_ name: String, _ fixture: LayerFixture) async throws -> PreparedImage {
        var archive = TarArchive()
        archive.addFile("name", name)
        return try await fixture.prepare(archive)
    }
}
