import Foundation
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutModel
import RunaboutRouting
import RunaboutStore
import RunaboutTestSupport
import Synchronization

@testable import RunaboutControlPlane

typealias Operation = RunaboutModel.Operation

/// A control plane on a real database and a real content store, with the parts that run replaced by notes.
struct World: Sendable {
    let directory: URL
    let store: Store
    let content: ContentStore
    let live: NotedPlatform
    let clock: HandClock
    let catalog: StoreCatalog
    let plane: ControlPlane

    static let someone = Principal(name: "token:ci")

    /// Makes a world in a directory of its own, runs the body and closes the store.
    static func run(
        seed: UInt64 = 1, _ body: (World) async throws -> Void,
    ) async throws {
        try await withTemporaryDirectory { directory in
            let world = try World(directory: directory, seed: seed)
            try await body(world)
            try world.store.close()
        }
    }

    init(directory: URL, seed: UInt64) throws {
        self.directory = directory
        let clock = HandClock()
        let store = try Store.open(path: directory.appending(path: "state.db").path, now: clock.now).store
        let content = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
        let live = NotedPlatform()
        self.store = store
        self.content = content
        self.live = live
        self.clock = clock
        self.catalog = StoreCatalog(store: store) { clock.now }
        self.plane = ControlPlane(
            store: store, content: content, live: live,
            settings: ControlPlaneSettings(baseDomain: "localhost", architecture: Platform.current.architecture),
            now: { clock.now }, generator: SeededGenerator(seed: seed))
    }

    /// Pushes an image, different for each content, and gives its manifest's digest.
    @discardableResult
    func push(
        _ repository: String, tag: String? = "latest", content text: String = "hello", command: [String]? = ["/run"],
    ) async throws -> Digest {
        let image = OCITestImage(layers: [[.init("file", text)]], execution: .init(command: command))
        let written = try await image.write(into: content)
        try await catalog.put(
            ManifestPush(
                ManifestRecord(
                    digest: written.manifest, mediaType: written.mediaType.rawValue, size: written.size,
                    references: written.references),
                tags: [tag].compactMap(\.self)),
            repository: repository)
        return written.manifest
    }

    /// Asks for a service with valid values.
    @discardableResult
    func create(
        _ name: String = "hello", image: String = "web", configuration: InstanceConfiguration = InstanceConfiguration(),
        autoScaling: String? = nil, key: String? = nil,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        try await plane.createService(
            CreateServiceRequest(name: name, image: image, configuration: configuration, autoScaling: autoScaling),
            by: Self.someone, idempotencyKey: key)
    }

    /// Does what the reconciler does at the end of an operation that goes well.
    func succeed(_ operation: Operation) async throws {
        let now = clock.now
        try await store.write { transaction in
            guard let snapshot = try transaction.snapshot(of: operation.service) else { return }
            if let target = snapshot.target {
                try transaction.activate(
                    target.id, service: operation.service, generation: snapshot.service.generation, now: now)
            }
            let status: ServiceStatus =
                switch operation.type {
                case .pauseService: .paused
                case .deleteService: .deleted
                case .createService, .updateService, .startDeployment, .resumeService: .running
                }
            try transaction.endOperation(
                operation.id, status: .succeeded, failure: nil, serviceStatus: status, now: now)
        }
    }

    /// Does what the reconciler does when an operation goes wrong.
    func fail(_ operation: Operation, status: OperationStatus = .failed, leaving: ServiceStatus) async throws {
        let now = clock.now
        try await store.write { transaction in
            try transaction.endOperation(
                operation.id, status: status,
                failure: OperationFailure(code: .healthCheckFailed, message: "No answer."),
                serviceStatus: leaving, now: now)
        }
    }

    /// A service that runs, from an image that is pushed when it is not there.
    @discardableResult
    func running(_ name: String = "hello") async throws -> ServiceDetail {
        try await push("web")
        try await succeed(create(name).operation)
        return try await plane.service(name)
    }

    /// Kinds of the events of a service, oldest first.
    func eventKinds(of service: String) async throws -> [String] {
        try await plane.events(of: service, after: 0, limit: 100).map(\.kind)
    }
}

/// A clock that a test moves.
final class HandClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_700_000_000_000)

    var now: UnixTime { UnixTime(milliseconds: milliseconds.withLock { $0 }) }

    func advance(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1_000 } }
}

/// Notes pokes; nothing runs.
final class NotedPlatform: LivePlatform {
    private let pokes = Mutex<[ServiceID]>([])
    private let demands = Mutex<[ServiceID: ServiceDemand]>([:])

    /// The services that were poked since this was asked last.
    func takePokes() -> [ServiceID] {
        pokes.withLock { pokes in
            defer { pokes = [] }
            return pokes
        }
    }

    func set(_ demand: ServiceDemand) { demands.withLock { $0[demand.service] = demand } }

    func poke(_ service: ServiceID) { pokes.withLock { $0.append(service) } }

    func traffic() -> PlatformTraffic { PlatformTraffic() }

    func demand(of service: ServiceID) -> ServiceDemand? { demands.withLock { $0[service] } }

    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error> {
        AsyncThrowingStream { $0.finish() }
    }

    func usage(_ id: InstanceID) async -> InstanceUsage? { nil }

    func rootCertificate() -> String? { nil }

    func health() async -> PlatformHealth {
        PlatformHealth(isRouterConnected: true, runtime: "process", missingIsolation: [], notices: [])
    }
}

/// A value that a test expected is not there.
struct Missing: Error {}

extension Optional {
    /// The value that a test knows to be there.
    func required() throws -> Wrapped {
        guard let self else { throw Missing() }
        return self
    }
}
