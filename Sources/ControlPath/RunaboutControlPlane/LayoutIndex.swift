import Logging
import OCI
public import OCIContentStore
public import RunaboutStore

/// Keeps `index.json` of the images' directory as the tags are, so that other tools can read the directory.
///
/// The index lists every tag as `REPOSITORY:TAG`. It is written after the change, not with it: a crash in between leaves
/// an older index, which the next start replaces. Nothing in the platform reads it.
/// Source: OCI image-spec 1.1, "Image Layout", annotation `org.opencontainers.image.ref.name`.
public struct LayoutIndex: Sendable {
    private static let nameKey = "org.opencontainers.image.ref.name"

    private let store: Store
    private let content: ContentStore
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "runabout.layout-index")

    /// Takes where tags and content are.
    public init(store: Store, content: ContentStore) {
        self.store = store
        self.content = content
        (self.changes, self.change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that tags changed; never blocks.
    ///
    /// What is said while the index is written is merged into one more writing.
    public func tagsChanged() { change.yield() }

    /// Writes the index now and after every change, until the task is cancelled.
    public func run() async {
        await writeOrReport()
        for await _ in changes { await writeOrReport() }
    }

    /// Writes the index once.
    ///
    /// - Throws: `StoreError`, `ContentStoreError`; then the index is as it was.
    public func write() async throws {
        let tags = try await store.read { try $0.allTags() }
        try await content.writeIndex(
            tags.map { entry in
                var manifest = entry.manifest
                manifest.annotations = [Self.nameKey: "\(entry.repository):\(entry.tag)"]
                return manifest
            })
    }

    private func writeOrReport() async {
        do {
            try await write()
        } catch is CancellationError {
            return
        } catch {
            logger.error("The images' index.json can't be written", metadata: ["why": "\(error)"])
        }
    }
}
