import Foundation
import Logging
import NIOCore
import NIOPosix
import RunaboutLink
import RunaboutLinkServer
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

/// Both sides of the link against each other over a real socket.
@Suite(.timeLimit(.minutes(1))) struct LinkTests {
    @Test func aRouterGetsTheTableAndIsHeard() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let server = LinkServer(path: path, logger: quiet)
            server.publish(sampleRoute(1))
            try await whileRunning(server) {
                let router = try TestRouter(path: path)
                defer { router.client.stop() }
                let connection = try await router.connect()
                var events = server.events.makeAsyncIterator()
                #expect(await events.next() == .connected(router.hello))
                #expect(server.isConnected)
                #expect(await router.received() == .publish(sampleRoute(1)))

                server.markComplete()
                #expect(await router.received() == .snapshot([sampleRoute(1)]))
                server.publish(sampleRoute(2, generation: 5))
                server.publish(sampleRoute(2, generation: 4))
                server.withdraw(ServiceID(high: 1, low: 2), generation: 6)
                #expect(await router.received() == .publish(sampleRoute(2, generation: 5)))
                #expect(await router.received() == .withdraw(ServiceID(high: 1, low: 2), generation: 6))

                let drained = RouterMessage.drained(
                    DrainedReport(
                        service: ServiceID(high: 1, low: 1), instance: InstanceID(high: 2, low: 1), generation: 1))
                router.client.send(drained, on: connection)
                #expect(await events.next() == .received(drained))
                router.client.stop()
                #expect(await events.next() == .disconnected)
                #expect(!server.isConnected)
            }
        }
    }

    @Test func settingsAndCertificatesComeBeforeTheTableAndWhenTheyChange() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let server = LinkServer(path: path, logger: quiet)
            server.set(sampleSettings)
            server.set([sampleCertificate])
            server.publish(sampleRoute(1))
            server.markComplete()
            try await whileRunning(server) {
                let router = try TestRouter(path: path)
                defer { router.client.stop() }
                _ = try await router.connect()
                #expect(await router.received() == .settings(sampleSettings))
                #expect(await router.received() == .certificates([sampleCertificate]))
                #expect(await router.received() == .snapshot([sampleRoute(1)]))

                server.set(sampleSettings)
                server.set([sampleCertificate])
                server.set(RouterSettings())
                server.set([RouterCertificate]())
                #expect(await router.received() == .settings(RouterSettings()))
                #expect(await router.received() == .certificates([]))
            }
        }
    }

    @Test func theSocketIsForItsOwnerAndGroupAlone() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            try Data("left by a crash".utf8).write(to: directory.appending(path: "other"))
            let owner = Host.isRoot ? SocketOwner(userID: 12_345, groupID: 23_456) : nil
            let server = LinkServer(path: path, logger: quiet, owner: owner)
            try await whileRunning(server) {
                let router = try TestRouter(path: path)
                defer { router.client.stop() }
                _ = try await router.connect()
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o660)
                if owner != nil {
                    #expect(attributes[.ownerAccountID] as? Int == 12_345)
                    #expect(attributes[.groupOwnerAccountID] as? Int == 23_456)
                }
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func aLostLinkIsFoundAgainAndStartsWithTheWholeTable() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let router = try TestRouter(path: path)
            defer { router.client.stop() }
            for generation in Int64(1)...3 {
                let server = LinkServer(path: path, logger: quiet)
                server.publish(sampleRoute(7, generation: generation))
                server.markComplete()
                try await whileRunning(server) {
                    _ = try await router.connect()
                    #expect(await router.received() == .snapshot([sampleRoute(7, generation: generation)]))
                }
            }
        }
    }

    @Test func anotherVersionIsToldApartAndRefused() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let hello = try LinkCodec.frame(ControlMessage.hello(version: 99))
                        channel.writeAndFlush(ByteBuffer(bytes: hello), promise: nil)
                    }
                }
                .bind(unixDomainSocketPath: path).get()
            let router = try TestRouter(path: path)
            defer { router.client.stop() }
            let reason = await router.disconnected()
            #expect(reason.contains("version 99"))
            #expect(reason.contains("goes on with the routes it has"))
            try await listener.close()
        }
    }

    @Test func aRouterOfAnotherVersionIsNotTakenIn() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let server = LinkServer(path: path, logger: quiet)
            try await whileRunning(server) {
                let router = try TestRouter(path: path, version: 99)
                defer { router.client.stop() }
                _ = try await router.connect()
                #expect(await router.disconnected().contains("closed the link"))
                #expect(!server.isConnected)
            }
        }
    }

    @Test func aRouterThatIsGoneBeforeItIsWelcomedHarmsNobody() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "router.sock").path
            let server = LinkServer(path: path, logger: quiet)
            server.publish(sampleRoute(1))
            server.markComplete()
            try await whileRunning(server) {
                let router = try TestRouter(path: path)
                defer { router.client.stop() }
                _ = try await router.connect()
                let hello = try LinkCodec.frame(RouterMessage.hello(router.hello))
                for _ in 1...200 {
                    // Ends with the server's hello unread, so that what the server writes next fails.
                    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .channelOption(.autoRead, value: false)
                        .connect(unixDomainSocketPath: path).get()
                    try await channel.writeAndFlush(ByteBuffer(bytes: hello)).get()
                    try await channel.close()
                }
                server.publish(sampleRoute(2))
                #expect(await router.received() == .snapshot([sampleRoute(1)]))
                #expect(await router.received() == .publish(sampleRoute(2)))
            }
        }
    }

    @Test func aPathThatDoesNotFitASocketIsNamed() async throws {
        let server = LinkServer(path: "/" + String(repeating: "x", count: 120), logger: quiet)
        await #expect(throws: LinkServerError.self) { try await server.run() }
    }
}

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

private func whileRunning(_ server: LinkServer, _ body: () async throws -> Void) async throws {
    let running = Task { try await server.run() }  // Ended below, however the body ends.
    defer { running.cancel() }
    do {
        try await body()
    } catch {
        running.cancel()
        _ = await running.result
        throw error
    }
    running.cancel()
    try await running.value
}

/// A router's side of the link whose events can be awaited.
private final class TestRouter {
    let client: LinkClient
    let hello: RouterHello
    private var events: AsyncStream<LinkClientEvent>.Iterator

    init(path: String, version: Int = linkVersion) throws {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkClientEvent.self)
        client = LinkClient(path: path) { continuation.yield($0) }
        hello = RouterHello(
            version: version, processID: 1, startedAt: UnixTime(milliseconds: 2), generations: [])
        events = stream.makeAsyncIterator()
        try client.start()
    }

    /// Waits for a connection and says hello on it.
    func connect() async throws -> UInt64 {
        while let event = await events.next(isolation: #isolation) {
            guard case .connected(let number) = event else { continue }
            client.send(.hello(hello), on: number)
            return number
        }
        throw CancellationError()
    }

    func received() async -> ControlMessage? {
        while let event = await events.next(isolation: #isolation) {
            if case .received(let message) = event { return message }
        }
        return nil
    }

    /// Waits for the end of a connection; that there was none yet does not count.
    func disconnected() async -> String {
        while let event = await events.next(isolation: #isolation) {
            if case .disconnected(let reason) = event, !reason.contains("Connecting") { return reason }
        }
        return ""
    }
}
