import Glibc
public import Logging
import NIOCore
import NIOPosix
public import RunaboutLink
public import RunaboutModel
public import RunaboutRouting
import Synchronization

/// What happens on the control plane's side of the link.
public enum LinkEvent: Hashable, Sendable {
    /// A router connected and said who it is.
    case connected(RouterHello)
    /// It said something.
    case received(RouterMessage)
    /// It is gone, and no other is connected. Its table lives on in it, if it lives.
    case disconnected
}

/// Who may connect besides root: the user and group that the socket is given to.
public struct SocketOwner: Hashable, Sendable {
    /// The user's number.
    public let userID: UInt32
    /// The group's number.
    public let groupID: UInt32

    /// Takes both numbers.
    public init(userID: UInt32, groupID: UInt32) {
        self.userID = userID
        self.groupID = groupID
    }
}

/// A link socket could not be made.
public struct LinkServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, on what, and why it failed.
    public let description: String
}

/// The control plane's side of the link: listens on a Unix socket, keeps the route table, hands it to every router
/// that connects and passes on what routers say.
public final class LinkServer: Sendable {
    private struct State {
        var table = RouteTable()
        var settings: RouterSettings?
        var certificates: [RouterCertificate]?
        var isComplete = false
        var routers: [ObjectIdentifier: any Channel] = [:]
    }

    private let path: String
    private let owner: SocketOwner?
    private let logger: Logger
    private let continuation: AsyncStream<LinkEvent>.Continuation
    private let hostsChanged: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    /// Something for each time that ``hosts`` may have become others; several changes may be one.
    ///
    /// One consumer.
    public let hostChanges: AsyncStream<Void>

    /// What routers say, in order.
    ///
    /// One consumer; when it falls behind by `Limits.linkEventsBufferedMax` the router that speaks is cut off, and says
    /// everything anew when it is back.
    public let events: AsyncStream<LinkEvent>

    /// Prepares; nothing listens before ``run()``.
    ///
    /// - Parameters:
    ///   - path: of the Unix socket; what is left there by an earlier process is replaced.
    ///   - logger: gets who comes, goes and is refused.
    ///   - owner: who may connect besides root; nil leaves the socket to the user that runs this.
    public init(path: String, logger: Logger, owner: SocketOwner? = nil) {
        self.path = path
        self.owner = owner
        self.logger = logger
        (events, continuation) = AsyncStream.makeStream(
            of: LinkEvent.self, bufferingPolicy: .bufferingOldest(Limits.linkEventsBufferedMax))
        (hostChanges, hostsChanged) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Listens until cancelled, then closes all connections and removes the socket.
    ///
    /// - Throws: ``LinkServerError`` when the socket can't be made.
    public func run() async throws {
        let listener = try await bind()
        await withTaskCancellationHandler {
            // The close future fails only for a channel that never was registered.
            try? await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
        let routers = state.withLock { state in
            defer { state.routers = [:] }
            return Array(state.routers.values)
        }
        for router in routers { router.close(promise: nil) }
        unlink(path)
        continuation.finish()
    }

    /// Puts a route into the table and sends it to the connected routers.
    ///
    /// Older generations are ignored.
    public func publish(_ route: ServiceRoute) {
        state.withLock { state in
            let change = state.table.publish(route)
            guard change.isAccepted else { return }
            if !change.hosts.isEmpty { hostsChanged.yield() }
            send(.publish(route), to: state.routers.values)
        }
    }

    /// Takes a service out of the table and says so.
    public func withdraw(_ service: ServiceID, generation: Int64) {
        state.withLock { state in
            let change = state.table.withdraw(service, generation: generation)
            guard change.isAccepted else { return }
            if !change.hosts.isEmpty { hostsChanged.yield() }
            send(.withdraw(service, generation: generation), to: state.routers.values)
        }
    }

    /// Gives the settings to the connected routers, and to each that connects before it gets a route.
    public func set(_ settings: RouterSettings) {
        state.withLock { state in
            guard state.settings != settings else { return }
            state.settings = settings
            send(.settings(settings), to: state.routers.values)
        }
    }

    /// Gives all certificates to the connected routers, and to each that connects before it gets a route.
    public func set(_ certificates: [RouterCertificate]) {
        state.withLock { state in
            guard state.certificates != certificates else { return }
            state.certificates = certificates
            send(.certificates(certificates), to: state.routers.values)
        }
    }

    /// Says that every service has been planned: from now on connecting routers get the whole table as a snapshot, and
    /// the one that is connected gets it now.
    public func markComplete() {
        state.withLock { state in
            guard !state.isComplete else { return }
            state.isComplete = true
            send(.snapshot(Self.routes(of: state.table)), to: state.routers.values)
        }
    }

    /// Every host that a service in the table answers at.
    public var hosts: [String] { state.withLock { Self.routes(of: $0.table).flatMap(\.hosts) } }

    /// Whether a router is connected.
    public var isConnected: Bool { state.withLock { !$0.routers.isEmpty } }
}

extension LinkServer {
    private func bind() async throws -> any Channel {
        // It gets its name once it has its owner, so that nobody finds it before.
        let unnamed = path + ".new"
        guard unnamed.utf8.count < 108 else {
            throw LinkServerError(description: "The link's socket path \(path) is too long: at most 103 bytes.")
        }
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 16)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: Limits.linkMessageBytesMax / 2, high: Limits.linkMessageBytesMax)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LinkServerHandler(server: self))
                }
            }
        let listener: any Channel
        do {
            listener = try await bootstrap.bind(unixDomainSocketPath: unnamed, cleanupExistingSocketFile: true).get()
        } catch {
            throw LinkServerError(description: "Listening for the router on \(path) failed: \(error)")
        }
        let isOwned = owner.map { chown(unnamed, $0.userID, $0.groupID) == 0 } ?? true
        guard isOwned, chmod(unnamed, 0o660) == 0, rename(unnamed, path) == 0 else {
            let reason = String(cString: strerror(errno))
            listener.close(promise: nil)
            unlink(unnamed)
            throw LinkServerError(description: "Giving \(path) to the router failed: \(reason).")
        }
        return listener
    }

    /// Takes in a router that has said hello, and hands it the table.
    func welcome(_ hello: RouterHello, on channel: any Channel) {
        state.withLock { state in
            if let settings = state.settings { send(.settings(settings), to: CollectionOfOne(channel)) }
            if let certificates = state.certificates { send(.certificates(certificates), to: CollectionOfOne(channel)) }
            let routes = Self.routes(of: state.table)
            if state.isComplete {
                send(.snapshot(routes), to: CollectionOfOne(channel))
            } else {
                for route in routes { send(.publish(route), to: CollectionOfOne(channel)) }
            }
            state.routers[ObjectIdentifier(channel)] = channel
            pass(.connected(hello), from: channel)
        }
        logger.info("router connected", metadata: ["router.pid": "\(hello.processID)"])
    }

    /// Lets a router go.
    func part(with channel: any Channel) {
        let wasRouter = state.withLock { state in
            guard state.routers.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return false }
            if state.routers.isEmpty { continuation.yield(.disconnected) }
            return true
        }
        if wasRouter { logger.info("router disconnected") }
    }

    /// Passes on what a router says.
    func pass(_ event: LinkEvent, from channel: any Channel) {
        if case .dropped = continuation.yield(event) {
            logger.error("link events are not read; the router is cut off")
            close(channel)
        }
    }

    /// Logs why a connection can't go on and ends it.
    func reject(_ channel: any Channel, _ reason: String) {
        logger.error("link refused", metadata: ["reason": "\(reason)"])
        close(channel)
    }

    /// Never at once: on the channel's own loop a close calls ``part(with:)``, which takes the lock a caller may hold.
    private func close(_ channel: any Channel) {
        channel.eventLoop.execute { channel.close(promise: nil) }
    }

    /// Callers hold the lock, so that all routers see changes in the table's order; the write itself comes after it,
    /// since one that fails closes the channel, and closing takes the lock.
    private func send(_ message: ControlMessage, to channels: some Collection<any Channel>) {
        guard !channels.isEmpty else { return }
        let frame: [UInt8]
        do {
            frame = try LinkCodec.frame(message)
        } catch {
            logger.error("link message not sent", metadata: ["reason": "\(error)"])
            return
        }
        for channel in channels {
            guard channel.isWritable else {
                reject(channel, "The router does not read what the control plane says.")
                continue
            }
            let buffer = ByteBuffer(bytes: frame)
            channel.eventLoop.execute { channel.writeAndFlush(buffer, promise: nil) }
        }
    }

    private static func routes(of table: RouteTable) -> [ServiceRoute] {
        table.routes.values.sorted { $0.service < $1.service }
    }
}
