import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import OCI
import OCIContentStore
import OCIRegistry
import RunaboutControlPlane
import RunaboutModel
import RunaboutRouting
import RunaboutStore
import RunaboutTestSupport
import RunaboutWire
import Synchronization

@testable import RunaboutAPI

typealias Operation = RunaboutModel.Operation

/// The interface over a real control plane, database and content store; only what runs is played.
struct World: Sendable {
    static let token = "a-token-of-the-test"

    let store: Store
    let content: ContentStore
    let live = PlayedPlatform()
    let plane: ControlPlane
    let streams: StreamBudget
    let now = UnixTime(milliseconds: 1_700_000_000_123)

    /// Makes a world in a directory of its own, runs the body and closes the store.
    static func run(streams: StreamBudget = StreamBudget(), _ body: (World) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let world = try World(directory: directory, streams: streams)
            try await body(world)
            try world.store.close()
        }
    }

    /// The same, with a client that asks the router without a socket.
    static func ask(
        _ authentication: Authentication = .bearer(token: token),
        _ body: @escaping @Sendable (World, Asker) async throws -> Void,
    ) async throws {
        try await run { world in
            try await Application(router: world.router(authentication)).test(.router) { client in
                try await body(world, Asker(client: client))
            }
        }
    }

    private init(directory: URL, streams: StreamBudget) throws {
        let now = now
        self.streams = streams
        self.store = try Store.open(path: directory.appending(path: "state.db").path, now: now).store
        self.content = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
        self.plane = ControlPlane(
            store: store,
            content: content,
            live: live,
            settings: ControlPlaneSettings(
                baseDomain: "localhost", architecture: Platform.current.architecture,
                publicAddress: PublicAddress(scheme: .https, port: 8443)),
            now: { now },
            generator: SeededGenerator(seed: 1),
        )
    }

    func router(_ authentication: Authentication) -> Router<BasicRequestContext> {
        let router = Router()
        api(authentication).addRoutes(to: router)
        return router
    }

    func api(_ authentication: Authentication) -> ControlAPI {
        ControlAPI(controlPlane: plane, authentication: authentication, streams: streams, version: "1.2.3")
    }

    /// Puts an image into the registry.
    func push(_ repository: String) async throws {
        let image = OCITestImage(layers: [[.init("file", "hello")]], execution: .init(command: ["/run"]))
        let written = try await image.write(into: content)
        let record = ManifestRecord(
            digest: written.manifest,
            mediaType: written.mediaType.rawValue,
            size: written.size,
            references: written.references,
        )
        let now = now
        try await StoreCatalog(store: store) { now }.put(
            ManifestPush(record, tags: ["latest"]), repository: repository)
    }

    /// Asks the control plane itself for a service.
    @discardableResult
    func create(_ name: String = "hello") async throws -> (service: ServiceDetail, operation: Operation) {
        try await push("web")
        let request = CreateServiceRequest(
            name: name, image: "web", configuration: InstanceConfiguration(), autoScaling: nil)
        return try await plane.createService(request, by: Principal(name: "token:test"), idempotencyKey: nil)
    }

    /// Does what the reconciler does at the end of an operation that goes well.
    func succeed(_ operation: Operation, leaving status: ServiceStatus = .running) async throws {
        let now = now
        try await store.write { transaction in
            guard let snapshot = try transaction.snapshot(of: operation.service) else { return }
            if let target = snapshot.target {
                try transaction.activate(
                    target.id, service: operation.service, generation: snapshot.service.generation, now: now)
            }
            try transaction.endOperation(
                operation.id, status: .succeeded, failure: nil, serviceStatus: status, now: now)
        }
    }

    /// A service that runs.
    @discardableResult
    func running(_ name: String = "hello") async throws -> ServiceDetail {
        try await succeed(create(name).operation)
        return try await plane.service(name)
    }

    /// A row for an instance of a service in some state.
    @discardableResult
    func instance(
        _ digit: UInt64, of service: ServiceDetail, state: InstanceState = .ready,
    ) async throws -> InstanceID {
        let id = InstanceID(high: digit << 60, low: digit)
        let now = now
        guard let revision = service.revision?.id else { throw Missing() }
        let instance = Instance(
            id: id,
            service: service.service.id,
            revision: revision,
            state: .pending,
            createdAt: now,
            updatedAt: now,
        )
        try await store.write { transaction in
            try transaction.insertInstance(instance)
            try transaction.updateInstance(
                id,
                state: state,
                address: InstanceAddress(host: "10.1.0.2", port: 8080),
                timings: StartTimings(createMilliseconds: 10, startMilliseconds: 20, healthyMilliseconds: 30),
                now: now,
            )
        }
        return id
    }
}

struct Missing: Error {}

/// An answer, read as tests want it.
struct Answer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: ByteBuffer

    var text: String { String(buffer: body) }

    func read<Body: Decodable>(_ type: Body.Type) throws -> Body {
        try WireCoding.decode(type, from: Data(body.readableBytesView))
    }

    var problem: Problem { get throws { try read(Problem.self) } }
}

/// Asks the interface with the right token, unless told otherwise.
struct Asker: Sendable {
    let client: any TestClientProtocol

    func ask(
        _ method: HTTPRequest.Method,
        _ uri: String,
        body: String? = nil,
        headers: HTTPFields = [:],
        authorization: String? = "Bearer \(World.token)",
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = authorization
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return Answer(status: response.status, headers: response.headers, body: response.body)
    }

    func get(_ uri: String) async throws -> Answer { try await ask(.get, uri) }
}

/// Says what a test wants of the parts that run.
final class PlayedPlatform: LivePlatform {
    private struct State {
        var lines: [InstanceID: [LogLine]] = [:]
        var followers: [InstanceID: [AsyncThrowingStream<LogLine, any Error>.Continuation]] = [:]
        var demands: [ServiceID: ServiceDemand] = [:]
        var usages: [InstanceID: InstanceUsage] = [:]
        var hasRouter = true
        var traffic = PlatformTraffic()
        var rootCertificate: String?
    }

    private let state = Mutex(State())

    func poke(_ service: ServiceID) {}

    func set(_ demand: ServiceDemand) { state.withLock { $0.demands[demand.service] = demand } }

    func set(_ usage: InstanceUsage, of id: InstanceID) { state.withLock { $0.usages[id] = usage } }

    func set(_ traffic: PlatformTraffic) { state.withLock { $0.traffic = traffic } }

    func traffic() -> PlatformTraffic { state.withLock { $0.traffic } }

    func set(rootCertificate: String) { state.withLock { $0.rootCertificate = rootCertificate } }

    func rootCertificate() -> String? { state.withLock { $0.rootCertificate } }

    func loseRouter() { state.withLock { $0.hasRouter = false } }

    /// An instance writes a line.
    func write(_ text: String, at milliseconds: Int64, by id: InstanceID) {
        let line = LogLine(at: UnixTime(milliseconds: milliseconds), stream: .stdout, text: text)
        state.withLock { state in
            state.lines[id, default: []].append(line)
            for follower in state.followers[id] ?? [] { follower.yield(line) }
        }
    }

    func demand(of service: ServiceID) -> ServiceDemand? { state.withLock { $0.demands[service] } }

    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error> {
        let (stream, continuation) = AsyncThrowingStream<LogLine, any Error>.makeStream()
        state.withLock { state in
            for line in (state.lines[id] ?? []).suffix(tail) { continuation.yield(line) }
            if follow { state.followers[id, default: []].append(continuation) } else { continuation.finish() }
        }
        return stream
    }

    func usage(_ id: InstanceID) async -> InstanceUsage? { state.withLock { $0.usages[id] } }

    func health() async -> PlatformHealth {
        PlatformHealth(
            isRouterConnected: state.withLock { $0.hasRouter },
            runtime: "process",
            missingIsolation: ["Instances see each other's processes."],
            notices: [],
        )
    }
}
