import GRDB
import Logging
import NIOPosix
import OCI
import RunaboutLink
import RunaboutLinkServer
import RunaboutModel
import RunaboutPlanning
import RunaboutReconciler
import RunaboutRouting
import RunaboutTestSupport
import Synchronization

@testable import RunaboutRuntime
@testable import RunaboutStore

/// The router of a test: keeps what it is told, says at once that what drains is drained, and what it is made to say.
final class FakeLink: RouterLink {
    enum Call: Sendable {
        case publish(ServiceRoute)
        case withdraw(ServiceID)
        case complete
    }

    let events: AsyncStream<LinkEvent>
    private let say: AsyncStream<LinkEvent>.Continuation
    private let told: AsyncStream<Void>.Continuation
    private let changes: AsyncStream<Void>
    private let state = Mutex<[Call]>([])
    private let onCall: @Sendable (Call) -> Void

    init(onCall: @escaping @Sendable (Call) -> Void = { _ in }) {
        self.onCall = onCall
        (events, say) = AsyncStream.makeStream()
        (changes, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func publish(_ route: ServiceRoute) {
        note(.publish(route))
        for instance in route.instances where instance.state == .draining {
            say(
                .drained(
                    DrainedReport(service: route.service, instance: instance.id, generation: route.generation)))
        }
    }
    func withdraw(_ service: ServiceID, generation: Int64) { note(.withdraw(service)) }
    func markComplete() { note(.complete) }
    var isConnected: Bool { true }

    var calls: [Call] { state.withLock { $0 } }

    /// The newest route of a service.
    func route(of service: ServiceID) -> ServiceRoute? {
        for case .publish(let route) in calls.reversed() where route.service == service { return route }
        return nil
    }

    func say(_ message: RouterMessage) { say.yield(.received(message)) }
    func disconnect() { say.yield(.disconnected) }

    /// Waits until what was told is as wanted.
    func wait(_ what: String, until condition: @escaping @Sendable (FakeLink) -> Bool) async throws {
        try await within(.seconds(20), what) {
            if condition(self) { return }
            for await _ in self.changes where condition(self) { return }
        }
    }

    private func note(_ call: Call) {
        onCall(call)
        state.withLock { $0.append(call) }
        told.yield()
    }
}

/// A store, a fake host and what a user would have asked for.
struct World: Sendable {
    let store: Store
    let host: FakeHost
    let server: LoopbackServer
    let scaling: AutoScalingConfiguration

    static func make(minSize: Int = 1, maxSize: Int = 10, stabilizationSeconds: Int = 60) async throws -> World {
        let store = try Store.temporary()
        let server = try await LoopbackServer.start()
        let counter = Counter()
        let host = FakeHost { _ in
            FakeBehaviour(address: InstanceAddress(host: "127.0.1.\(counter.next())", port: server.port))
        }
        let scaling = AutoScalingConfiguration(
            id: AutoScalingConfigurationID(high: 7, low: 1), name: "thirty", revision: 1, maxConcurrency: 30,
            minSize: minSize, maxSize: maxSize, stabilizationSeconds: stabilizationSeconds,
            createdAt: UnixTime(milliseconds: 0))
        try await store.write { try $0.insertAutoScalingConfiguration(scaling) }
        return World(store: store, host: host, server: server, scaling: scaling)
    }

    func reconciler(
        _ link: FakeLink, epoch: Int64 = 1, endsInstances: Bool = false,
        planner: @escaping @Sendable (PlanInput) -> Plan = plan,
    ) -> Reconciler {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return Reconciler(
            parts: ReconcilerParts(
                store: store, runtime: FakeInstanceRuntime(host: host), link: link,
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
                wallClock: { UnixTime(milliseconds: 1_000) },
                machineMemory: { MachineMemory(total: .mebibytes(64_000), available: .mebibytes(64_000)) }),
            settings: ReconcilerSettings(epoch: epoch, endsInstances: endsInstances), planner: planner)
    }

    /// Runs the body beside a reconciler and ends that afterwards.
    func running<Value: Sendable>(
        _ reconciler: Reconciler, _ body: @escaping @Sendable () async throws -> Value,
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reconciler.run() }
            do {
                let value = try await body()
                group.cancelAll()
                try await group.waitForAll()
                return value
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    /// Writes what `createService` would: a service whose first deployment runs.
    func create(_ number: UInt64, _ configuration: InstanceConfiguration = InstanceConfiguration()) async throws
        -> ServiceID
    {
        let id = ServiceID(high: 1, low: number)
        let revision = try self.revision(1, of: id, configuration)
        let service = Service(
            id: id, name: "service-\(number)", host: "service-\(number).localhost", desired: .running,
            status: .operationInProgress, generation: 1, activeRevision: nil, targetRevision: nil,
            autoScaling: scaling.id, createdAt: UnixTime(milliseconds: 0), updatedAt: UnixTime(milliseconds: 0),
            deletedAt: nil)
        try await store.write { transaction in
            try transaction.insertService(service)
            try transaction.insertRevision(revision)
        }
        try await begin(.createService, of: id, operation: 1, target: revision.id)
        return id
    }

    func revision(_ number: UInt64, of service: ServiceID, _ configuration: InstanceConfiguration) throws -> Revision {
        guard let digest = Digest("sha256:" + String(repeating: "a", count: 64)) else { throw TestError.digest }
        return Revision(
            id: RevisionID(high: UInt64(service.rawValue.suffix(4), radix: 16) ?? 0, low: number), service: service,
            number: Int(number), imageName: "image:latest", imageDigest: digest, configuration: configuration,
            createdAt: UnixTime(milliseconds: 0))
    }

    /// Writes the beginning of an operation and what it changes of the service.
    func begin(
        _ type: OperationType, of id: ServiceID, operation number: UInt64, target: RevisionID? = nil,
        desired: DesiredRunState = .running,
    ) async throws {
        let operation = Operation(
            id: OperationID(high: UInt64(id.rawValue.suffix(4), radix: 16) ?? 0, low: number), service: id, type: type,
            status: .inProgress, startedAt: UnixTime(milliseconds: 0))
        try await store.write { transaction in
            guard var service = try transaction.service(id) else { throw TestError.service }
            service.desired = desired
            service.status = .operationInProgress
            service.generation += 1
            service.targetRevision = target
            try transaction.updateService(service)
            try transaction.insertOperation(operation)
        }
    }

    /// The newest operation of a service, once it has ended.
    func endedOperation(of service: ServiceID) async throws -> Operation {
        try await eventually("the operation ends") { transaction in
            guard let operation = try transaction.newestOperation(of: service), operation.status.isEnded else {
                return nil
            }
            return operation
        }
    }

    func snapshot(of service: ServiceID) async throws -> ServiceSnapshot {
        guard let snapshot = try await store.read({ try $0.snapshot(of: service) }) else { throw TestError.service }
        return snapshot
    }

    /// Looks after each commit that added events until the body gives a value.
    func eventually<Value: Sendable>(
        _ what: String, _ body: @escaping @Sendable (borrowing StoreTransaction) throws -> Value?,
    ) async throws -> Value {
        let signals = try store.eventSignals()
        let store = store
        return try await within(.seconds(20), what) {
            if let value = try await store.read(body) { return value }
            for await _ in signals {
                if let value = try await store.read(body) { return value }
            }
            throw TestError.closed
        }
    }

    /// Makes every write to a table fail, or work again.
    func setFailing(_ isFailing: Bool, table: String) async throws {
        try await store.writer.write { database in
            try database.execute(
                sql: isFailing
                    ? "CREATE TRIGGER fault BEFORE UPDATE ON \(table) BEGIN SELECT RAISE(ABORT, 'planted'); END"
                    : "DROP TRIGGER fault")
        }
    }
}

enum TestError: Error {
    case service
    case digest
    case closed
}

private final class Counter: Sendable {
    private let state = Mutex(0)

    func next() -> Int {
        state.withLock { count in
            count += 1
            return count
        }
    }
}
