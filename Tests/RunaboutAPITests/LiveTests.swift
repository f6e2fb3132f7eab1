import Foundation
import Hummingbird
import Logging
import RunaboutClient
import RunaboutControlPlane
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import ServiceLifecycle
import Synchronization
import Testing

@testable import RunaboutAPI

/// The interface behind a real socket, asked by the real client.
@Suite struct LiveTests {
    /// Serves on a free port, or on a Unix socket, while the body runs.
    private func serve(
        _ world: World,
        _ authentication: Authentication = .bearer(token: World.token),
        socket: String? = nil,
        _ body: @escaping @Sendable (ControlClient) async throws -> Void,
    ) async throws {
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let address: BindAddress = socket.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: 0)
        let application = Application(
            router: world.router(authentication),
            configuration: ApplicationConfiguration(address: address),
            onServerRunning: { channel in announce.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
        let group = ServiceGroup(
            services: [application], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // The server ends in time only if streams that are open end too.
        try await within(.seconds(60), "the test and the server's end") {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                guard let port = await ports.first(where: { _ in true }) else { throw Missing() }
                let endpoint: ControlEndpoint =
                    socket.map { .unixSocket(path: $0) } ?? .url("http://127.0.0.1:\(port)", token: World.token)
                do {
                    try await body(ControlClient(endpoint: endpoint))
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    @Test func aServiceLivesThroughTheClient() async throws {
        try await World.run { world in
            try await world.push("web")
            try await serve(world) { client in
                let made = try await client.createService(
                    CreateServiceBody(name: "hello", image: "web"), idempotencyKey: "once")
                #expect(try await client.operation(made.operation.id) == made.operation)
                try await world.succeed(try await world.plane.operation(made.operation.id))
                #expect(try await client.service("hello").status == .running)
                #expect(try await client.services().map(\.name) == ["hello"])
                let wide = try await client.createAutoScalingConfiguration(
                    CreateAutoScalingConfigurationBody(name: "wide", maxConcurrency: 30))
                #expect(try await client.autoScalingConfiguration("wide/1") == wide)
                let changed = try await client.updateService("hello", UpdateServiceBody(autoScaling: "wide"))
                #expect(changed.operation.status == .succeeded)
                await #expect(throws: ClientError.self) { try await client.deleteAutoScalingConfiguration("wide") }
                let deleted = try await client.deleteService("hello")
                #expect(deleted.operation.type == .deleteService)
                #expect(try await client.health().version == "1.2.3")
            }
        }
    }

    @Test func refusalsAreProblems() async throws {
        try await World.run { world in
            try await serve(world) { client in
                let error = await #expect(throws: ClientError.self) { try await client.service("a/b c") }
                guard case .refused(let problem) = error else {
                    Issue.record("expected a problem, found \(String(describing: error))")
                    return
                }
                #expect(problem.status == 404)
                #expect(problem.detail.contains("a/b c"))
                let stranger = ControlClient(endpoint: .url("\(client.endpoint)", token: "wrong"))
                let refused = await #expect(throws: ClientError.self) { try await stranger.health() }
                guard case .refused(let unauthorized) = refused else {
                    Issue.record("expected a problem")
                    return
                }
                #expect(unauthorized.code == "unauthorized")
            }
        }
    }

    @Test func theUnixSocketNeedsNoToken() async throws {
        try await World.run { world in
            try await withTemporaryDirectory { directory in
                let path = directory.appending(path: "api.sock").path
                try await serve(world, .trusted(Principal(name: "local:root")), socket: path) { client in
                    #expect(try await client.health().runtime == "process")
                    try await world.push("web")
                    _ = try await client.createService(CreateServiceBody(name: "hello", image: "web"))
                    #expect(try await client.events(of: "hello").map(\.principal) == ["local:root"])
                }
            }
        }
    }

    @Test func eventsAreWatchedWithoutAGap() async throws {
        try await World.run { world in
            try await serve(world) { client in
                let made = try await world.create()
                let first = try #require(try await client.events().first)
                let stream = try await client.watchEvents(after: first.sequence - 1)
                try await within(.seconds(20), "the events of two services") {
                    var events = stream.makeAsyncIterator()
                    #expect(try await events.next() == first)
                    try await world.succeed(made.operation)
                    var seen = [first]
                    while seen.last?.kind != "operation.succeeded", let event = try await events.next() {
                        seen.append(event)
                    }
                    let other = try await world.create("other")
                    while seen.last?.service != other.service.service.id, let event = try await events.next() {
                        seen.append(event)
                    }
                    #expect(seen.last?.kind == "service.created")
                    let sequences = seen.map(\.sequence)
                    #expect(sequences == Array(first.sequence..<first.sequence + Int64(seen.count)))
                }
            }
        }
    }

    @Test func aFollowedLogGoesOnWithNewInstances() async throws {
        try await World.run { world in
            let detail = try await world.running()
            let old = try await world.instance(1, of: detail)
            let gone = try await world.instance(2, of: detail, state: .stopped)
            world.live.write("old", at: 1, by: old)
            world.live.write("gone", at: 1, by: gone)
            try await serve(world) { client in
                let stream = try await client.logs(ofService: "hello", tail: 10, follow: true)
                try await within(.seconds(20), "the lines of both instances") {
                    var lines = stream.makeAsyncIterator()
                    #expect(try await lines.next()?.text == "old")
                    world.live.write("older", at: 2, by: old)
                    #expect(try await lines.next()?.text == "older")
                    let fresh = InstanceID(high: 3 << 60, low: 3)
                    world.live.write("fresh", at: 3, by: fresh)
                    try await world.instance(3, of: detail)
                    let line = try await lines.next()
                    #expect(line?.text == "fresh")
                    #expect(line?.instance == fresh)
                }
            }
        }
    }

    @Test func streamsAreCountedAndGivenBackWhenTheClientLeaves() async throws {
        let (released, announce) = AsyncStream<Void>.makeStream()
        try await World.run(streams: StreamBudget(most: 1, onRelease: { announce.yield() })) { world in
            try await serve(world) { client in
                let first = try await client.watchEvents()
                let error = await #expect(throws: ClientError.self) { try await client.watchEvents() }
                guard case .refused(let problem) = error else {
                    Issue.record("expected a problem, found \(String(describing: error))")
                    return
                }
                #expect(problem.code == "tooManyStreams")
                #expect(problem.status == 503)
                await withTaskGroup(of: Void.self) { tasks in
                    tasks.addTask {
                        do {
                            for try await _ in first {}
                        } catch {
                            // Leaving is the end that is wanted here.
                        }
                    }
                    tasks.cancelAll()
                }
                try await within(.seconds(20), "the place given back") {
                    _ = await released.first { _ in true }
                }
            }
        }
    }

    @Test func openStreamsDoNotHoldTheServersEnd() async throws {
        try await World.run { world in
            let kept = Mutex<EventStream?>(nil)
            try await serve(world) { client in
                let stream = try await client.watchEvents()
                kept.withLock { $0 = stream }
            }
            let stream = try #require(kept.withLock { $0 })
            try await within(.seconds(20), "the stream's end") {
                for try await _ in stream { Issue.record("an event that nobody made") }
            }
        }
    }
}
