import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutStore
import RunaboutTestSupport
import Testing

@testable import RunaboutControlPlane

/// Random pushes, removals and collections on the real registry and on the model beside it.
struct RegistryWalk {
    let world: World
    let seed: UInt64
    private var generator: SeededGenerator
    private var model = RegistryModel()
    private var blobs: [Digest] = []
    private var serial = 0

    init(world: World, seed: UInt64) {
        self.world = world
        self.seed = seed
        self.generator = SeededGenerator(seed: seed)
    }

    mutating func step() async throws {
        let repository = ["a", "b"].randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<13, using: &generator) {
        case 0...2: try await pushBlob(repository)
        case 3: try await askForBlob(repository)
        case 4...6: try await pushManifest(repository, isIndex: false)
        case 7: try await pushManifest(repository, isIndex: true)
        case 8: try await removeTag(repository)
        case 9: try await removeContent(repository)
        case 10: try await deploy(repository)
        case 11: world.clock.advance(seconds: Int64.random(in: 1...30_000, using: &generator))
        default: try await collect()
        }
    }

    /// A trial, then in earnest; then everything is as the model has it.
    mutating func collect() async throws {
        let trial = try await world.plane.collectRegistry(isTrial: true, by: World.someone)
        let report = try await world.plane.collectRegistry(isTrial: false, by: World.someone)
        #expect(Set(trial.files) == Set(report.files), "seed \(seed)")
        #expect(Set(trial.manifests) == Set(report.manifests), "seed \(seed)")
        #expect(Set(trial.blobs) == Set(report.blobs), "seed \(seed)")
        model.collect(untouchedSince: (world.clock.now - Limits.images.unreferencedAgeMin).milliseconds)
        for (name, repository) in model.repositories {
            for digest in model.known.keys {
                let found = try await world.catalog.manifest(repository: name, digest: digest, renewing: false) != nil
                #expect(found == (repository.manifests[digest] != nil), "\(name) \(digest), seed \(seed)")
            }
            for digest in blobs {
                let found = try await world.catalog.hasBlob(repository: name, digest: digest, renewing: false)
                #expect(found == (repository.blobs[digest] != nil), "\(name) \(digest), seed \(seed)")
            }
        }
        let onDisk = Set(try await world.content.blobs().map(\.digest))
        #expect(onDisk == model.needed, "seed \(seed)")
    }

    private mutating func pushBlob(_ repository: String) async throws {
        serial += 1
        let bytes = Array("blob \(Int.random(in: 0..<20, using: &generator))".utf8)
        let digest = try await world.content.put(bytes)
        try await world.catalog.linkBlob(repository: repository, digest: digest)
        if !blobs.contains(digest) { blobs.append(digest) }
        let now = world.clock.now.milliseconds
        model.repositories[repository, default: .init()].blobs[digest] = now
    }

    private mutating func askForBlob(_ repository: String) async throws {
        guard let digest = blobs.randomElement(using: &generator) else { return }
        let found = try await world.catalog.hasBlob(repository: repository, digest: digest, renewing: true)
        let date = model.repositories[repository]?.blobs[digest]
        #expect(found == (date != nil), "seed \(seed)")
        let renewed = (world.clock.now - Limits.images.unreferencedAgeMin / 2).milliseconds
        let now = world.clock.now.milliseconds
        if let date, date < renewed { model.repositories[repository]?.blobs[digest] = now }
    }

    private mutating func pushManifest(_ repository: String, isIndex: Bool) async throws {
        serial += 1
        let manifests = model.known.keys.sorted { "\($0)" < "\($1)" }
        let candidates = isIndex ? manifests : blobs
        let references = (0..<2).compactMap { _ in candidates.randomElement(using: &generator) }
        let isReferrer = Int.random(in: 0..<3, using: &generator) == 0
        let subject = isReferrer ? manifests.randomElement(using: &generator) : nil
        let tag = Bool.random(using: &generator) ? "t\(Int.random(in: 0..<3, using: &generator))" : nil
        let bytes = Array("manifest \(serial)".utf8)
        let record = ManifestRecord(
            digest: ContentHasher.digest(of: bytes), mediaType: "a/b", size: 1, references: references, subject: subject
        )
        let push = ManifestPush(
            record, tags: [tag].compactMap(\.self), blobs: isIndex ? [] : references,
            manifests: isIndex ? references : [])
        let known = model.repositories[repository] ?? .init()
        let isWhole = references.allSatisfy { isIndex ? known.manifests[$0] != nil : known.blobs[$0] != nil }
        do {
            try await world.catalog.put(push, repository: repository)
            #expect(isWhole, "seed \(seed)")
        } catch let error as RegistryError {
            #expect(error.code == .manifestBlobUnknown && !isWhole, "seed \(seed)")
            return
        }
        try await world.content.put(bytes)
        model.known[record.digest] = .init(references: references, subject: subject)
        let now = world.clock.now.milliseconds
        model.repositories[repository, default: .init()].manifests[record.digest] = now
        if let tag { model.repositories[repository]?.tags[tag] = record.digest }
    }

    private mutating func removeTag(_ repository: String) async throws {
        let tag = "t\(Int.random(in: 0..<3, using: &generator))"
        let removed = try await world.catalog.deleteTag(repository: repository, tag: tag)
        #expect(removed == (model.repositories[repository]?.tags.removeValue(forKey: tag) != nil), "seed \(seed)")
    }

    private mutating func removeContent(_ repository: String) async throws {
        guard var known = model.repositories[repository] else { return }
        if Bool.random(using: &generator),
            let digest = known.manifests.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &generator)
        {
            #expect(try await world.catalog.deleteManifest(repository: repository, digest: digest))
            known.manifests[digest] = nil
            known.tags = known.tags.filter { $0.value != digest }
        } else if let digest = blobs.randomElement(using: &generator) {
            let removed = try await world.catalog.unlinkBlob(repository: repository, digest: digest)
            #expect(removed == (known.blobs.removeValue(forKey: digest) != nil), "seed \(seed)")
        }
        model.repositories[repository] = known
    }

    /// A revision runs a manifest of a repository from now on.
    private mutating func deploy(_ repository: String) async throws {
        let manifests = model.repositories[repository]?.manifests.keys.sorted { "\($0)" < "\($1)" } ?? []
        guard let digest = manifests.randomElement(using: &generator), model.revisions.count < 3 else { return }
        serial += 1
        let (number, now) = (serial, world.clock.now)
        try await world.store.write { transaction in
            let scaling = try transaction.autoScalingConfiguration(
                named: AutoScalingConfiguration.defaultName, revision: nil)?.id
            let service = Service(
                id: ServiceID(high: 1, low: UInt64(number)), name: "service-\(number)", host: "h\(number).localhost",
                desired: .running, status: .running, generation: 1, activeRevision: nil, targetRevision: nil,
                autoScaling: try scaling.required(), createdAt: now, updatedAt: now, deletedAt: nil)
            try transaction.insertService(service)
            try transaction.insertRevision(
                Revision(
                    id: RevisionID(high: 2, low: UInt64(number)), service: service.id, number: 1, imageName: "a",
                    imageDigest: digest, configuration: InstanceConfiguration(), createdAt: now))
        }
        model.revisions.insert(digest)
    }
}
