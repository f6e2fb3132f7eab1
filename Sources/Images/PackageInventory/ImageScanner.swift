public import OCI
public import OCIContentStore
import OCILayers

/// Takes the inventory of images in a content store.
public struct ImageScanner: Sendable {
    private let archives: LayerArchives
    private let limits: InventoryLimits
    private let temporaryDirectory: String

    /// Takes the store, and an existing directory for temporary files, which have no name there and so are gone with
    /// the process.
    public init(store: ContentStore, temporaryDirectory: String, limits: InventoryLimits = .standard) {
        self.archives = LayerArchives(store: store)
        self.limits = limits
        self.temporaryDirectory = temporaryDirectory
    }

    /// What is in an image; of an index, in its image for this machine.
    ///
    /// One layer is read after the other, so memory is bounded by the limits and not by the image.
    ///
    /// - Throws: `InventoryError` when there is more than the limits allow; `LayerError` when a layer can't be read, or
    ///   the digest stands for no image; `ContentStoreError` when a blob is missing. A file inside that can't be read
    ///   is no error: it is listed as unread.
    public func inventory(of manifest: Digest) async throws -> ImageInventory {
        let image = try await archives.image(manifest)
        var builder = InventoryBuilder(limits: limits, temporaryDirectory: temporaryDirectory)
        for (layer, diffID) in zip(image.layers, image.configuration.rootfs.diffIDs) {
            try Task.checkCancellation()
            let before = builder
            builder = try await archives.read(layer, diffID: diffID) { entries in
                var builder = before
                try builder.add(layer.digest, &entries)
                return builder
            }
        }
        return builder.finish()
    }
}
