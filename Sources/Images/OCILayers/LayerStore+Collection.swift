import Glibc
import NIOPosix
public import OCI
import OCIContentStore

/// Images whose layers are to stay.
public struct KeptImages: Hashable, Sendable {
    /// Those that run or may run again: while one of them can't be read, no layer is collected.
    public let running: [Digest]
    /// Others; of those that can't be read, or are no images of this machine, no layer is kept.
    public let others: [Digest]

    /// Takes both lists, of manifests or indexes.
    public init(running: [Digest], others: [Digest]) {
        self.running = running
        self.others = others
    }
}

extension LayerStore {
    /// Removes unpacked layers that no kept image has; gives their digests, in order.
    ///
    /// The question which images are kept is asked once it is noted who asks for layers from then on; so whoever
    /// prepares an image must have written down before that it is kept. A trial removes nothing. While another collection
    /// runs, this one does nothing.
    ///
    /// - Throws: `LayerError`, `ContentStoreError` when an image that runs can't be read, and what the question throws.
    public func collect(isTrial: Bool, keeping kept: () async throws -> KeptImages) async throws -> [Digest] {
        guard recent.beginCollection() else { return [] }
        defer { recent.endCollection() }
        let needed = try await layers(of: try await kept())
        var collected: [Digest] = []
        for layer in try await present() where !needed.contains(layer) {
            guard claims.claim(layer) else { continue }
            defer { claims.release(layer) }
            guard !recent.contains(layer) else { continue }
            if !isTrial { try await remove(layer) }
            collected.append(layer)
        }
        return collected
    }

    private func layers(of kept: KeptImages) async throws -> Set<Digest> {
        let documents = ImageDocuments(store: store, limits: limits)
        var needed: Set<Digest> = []
        for digest in kept.running {
            let image = try await documents.resolve(digest, nestedIndexesMax: Self.nestedIndexesMax)
            needed.formUnion(image.configuration.rootfs.diffIDs)
        }
        for digest in kept.others {
            do {
                let image = try await documents.resolve(digest, nestedIndexesMax: Self.nestedIndexesMax)
                needed.formUnion(image.configuration.rootfs.diffIDs)
            } catch is LayerError {
                // An artifact, or an image for another machine: nothing was unpacked for it.
                continue
            } catch is ContentStoreError {
                // Damaged or lost: it can't be unpacked, and what was unpacked can be again once it is pushed.
                continue
            }
        }
        return needed
    }

    private func present() async throws -> [Digest] {
        let directory = directory
        return try await pool.runIfActive {
            try Digest.Algorithm.allCases.flatMap { algorithm in
                let names = try Directory.open("\(directory)/\(algorithm.rawValue)").names()
                return names.map { String(decoding: $0, as: UTF8.self) }.sorted()
                    .compactMap { Digest(algorithm: algorithm, hex: $0) }
            }
        }
    }

    /// Moves the layer out of its place first, so that what is there is whole whenever the machine stops.
    private func remove(_ layer: Digest) async throws {
        let source = path(of: layer)
        let name = "\(layer.algorithm.rawValue)-\(layer.hex)"
        let holder = "\(directory)/temporary"
        try await pool.runIfActive {
            try Directory.open(holder).removeTree(Array(name.utf8))
            guard rename(source, "\(holder)/\(name)") == 0 else { throw LayerError.last("rename", source) }
            try Directory.open(holder).removeTree(Array(name.utf8))
        }
    }
}
