import Foundation
import Logging
import RunaboutLink
import RunaboutModel
import RunaboutReconciler
import ServiceLifecycle

/// How the router is run in development.
struct RouterPlan: Sendable {
    /// Its program.
    let program: String
    /// The link's socket.
    let link: String
    /// The account it becomes; nil when this daemon is no root and it can't become another.
    let user: String?
    /// Its further options, from ``ProxySettings/routerOptions``.
    let options: [String]
    /// Where its process id is noted for the next daemon.
    let processFile: String

    /// What its command line says behind the program.
    var arguments: [String] {
        ["--link", link] + (user.map { ["--user", $0] } ?? []) + options
    }
}

extension ProxySettings {
    /// What the router is told when it is started.
    var routerOptions: [String] {
        (expectsProxyHeader ? ["--proxy-protocol"] : []) + (loops.map { ["--loops", "\($0)"] } ?? [])
            + (accessLog.map { ["--access-log", $0] } ?? [])
    }

    /// Where services are reached: as said, else at the first socket, one for HTTPS before one for HTTP; without sockets
    /// of our own, where systemd has them, at the ports that the units name.
    func publicAddress(of sockets: RouterSockets?) -> PublicAddress {
        guard let sockets else {
            let scheme = publicScheme ?? (redirectsToHTTPS ? .https : .http)
            return PublicAddress(scheme: scheme, port: publicPort)
        }
        let addresses = sockets.listeners.addresses
        let https = addresses.suffix(sockets.httpsCount).first
        let scheme = publicScheme ?? (https != nil && redirectsToHTTPS ? .https : .http)
        let first = scheme == .https ? https : addresses.dropLast(sockets.httpsCount).first
        return PublicAddress(scheme: scheme, port: publicPort ?? first?.port)
    }

    /// Where services are reached by HTTPS as well; nil where that is not spoken, or how they are reached anyway.
    func secureAddress(of sockets: RouterSockets?) -> PublicAddress? {
        guard let sockets, publicAddress(of: sockets).scheme == .http else { return nil }
        return sockets.listeners.addresses.suffix(sockets.httpsCount).first.map {
            PublicAddress(scheme: .https, port: $0.port)
        }
    }

    /// What the router is told over the link.
    var forRouter: RouterSettings {
        RouterSettings(
            trustedProxies: trustedProxies, redirectsToHTTPS: redirectsToHTTPS,
            strictTransportSecuritySeconds: strictTransportSecuritySeconds)
    }
}

/// The front proxy's listening sockets, and the router that an earlier daemon left serving on them.
struct RouterSockets: Sendable {
    /// The sockets, those for HTTP first.
    let listeners: Listeners
    /// How many of them are for HTTPS, at the end.
    let httpsCount: Int
    /// The earlier router, where there is one.
    let earlier: EarlierRouter?

    /// A router that an earlier daemon left.
    struct EarlierRouter: Sendable {
        let process: WatchedProcess
        /// How it was started, as ``RouterChild`` noted it.
        let start: String
    }

    /// Takes over an earlier router's sockets, or binds them.
    ///
    /// - Throws: ``StartError`` when an address can't be listened on.
    static func acquire(_ settings: ProxySettings, processFile: String) throws(StartError) -> RouterSockets {
        let wanted = settings.listen + settings.httpsListen
        let httpsCount = settings.httpsListen.count
        if let earlier = earlierRouter(processFile), let taken = takeSockets(of: earlier.process, wanted) {
            return RouterSockets(listeners: taken, httpsCount: httpsCount, earlier: earlier)
        }
        return RouterSockets(listeners: try Listeners.bind(wanted), httpsCount: httpsCount, earlier: nil)
    }

    /// Their names in order, as `sd_listen_fds_with_names(3)` has them.
    var names: String {
        let count = listeners.descriptors.count
        return (0..<count).map { $0 < count - httpsCount ? "http" : "https" }.joined(separator: ":")
    }

    private static func earlierRouter(_ processFile: String) -> EarlierRouter? {
        let text = FileManager.default.contents(atPath: processFile).map { String(decoding: $0, as: UTF8.self) }
        let lines = (text ?? "").split(separator: "\n", maxSplits: 1)
        guard let id = lines.first.flatMap({ pid_t($0) }), id > 1, let process = WatchedProcess(id: id) else {
            return nil
        }
        // The number may have come to mean another process. The name's end changes when the program was built anew.
        // A process without a readable name is not taken for a router.
        let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")
        guard let name, name.split(separator: "/").last?.hasPrefix("runabout-router") == true else { return nil }
        return EarlierRouter(process: process, start: lines.count > 1 ? String(lines[1]) : "")
    }

    /// Duplicates of its listening sockets in the settings' order; nil when it does not listen on just those addresses.
    private static func takeSockets(of router: WatchedProcess, _ wanted: [ListenAddress]) -> Listeners? {
        let taken = (0..<Int32(wanted.count)).compactMap { router.take(descriptor: 3 + $0) }
        let listeners = Listeners(owning: taken)
        let matches = zip(listeners.addresses, wanted).allSatisfy { real, wanted in
            real.host == wanted.host && (wanted.port == 0 || real.port == wanted.port)
        }
        return matches && listeners.addresses.count == wanted.count ? listeners : nil
    }
}

/// Keeps a router running: adopts the one an earlier daemon left, or starts one, and starts another when it ends.
///
/// The listening sockets belong to this process as well, so that connections wait instead of being refused while no
/// router runs.
struct RouterChild: ServiceLifecycle.Service {
    private let plan: RouterPlan
    private let sockets: RouterSockets
    private let hellos: AsyncStream<RouterHello>
    private let logger: Logger

    /// Takes the sockets, and the stream of routers that say hello on the link.
    init(_ plan: RouterPlan, _ sockets: RouterSockets, hellos: AsyncStream<RouterHello>, logger: Logger) {
        self.plan = plan
        self.sockets = sockets
        self.hellos = hellos
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.keepRunning() }
    }

    private func keepRunning() async {
        var failures = 0
        var router = await confirmedRouter()
        while !Task.isCancelled {
            let startedAt = ContinuousClock.now
            do {
                let running = try router ?? spawn()
                router = nil
                await running.ended()
                guard !Task.isCancelled else { return await end(running) }
                let status = running.reap().map { "\($0)" } ?? "unknown"
                logger.error(
                    "Router ended and is started again", metadata: ["pid": "\(running.id)", "status": "\(status)"])
            } catch {
                logger.error("Router can't be started; tried again", metadata: ["error": "\(error)"])
            }
            // One that ran for a while is started again at once.
            failures = startedAt.duration(to: .now) > Limits.routerSettledAfter ? 0 : failures + 1
            if failures > 1 {
                // A cancelled wait ends the loop at its head.
                try? await Task.sleep(for: min(retryBackoff(failures: failures - 1), Limits.routerBackoffMax))
            }
        }
        if let router { await end(router) }
        unlink(plan.processFile)
    }

    /// What a router would be started with, so that one that was started with something else is not adopted.
    private var start: String { ([sockets.names] + plan.arguments).joined(separator: " ") }

    private func spawn() throws -> WatchedProcess {
        var environment = ProcessInfo.processInfo.environment
        environment["LISTEN_FDS"] = "\(sockets.listeners.descriptors.count)"
        environment["LISTEN_FDNAMES"] = sockets.names
        environment["LISTEN_PID"] = nil
        environment["NOTIFY_SOCKET"] = nil
        let process = try WatchedProcess.spawn(
            plan.program, arguments: plan.arguments, environment: environment, sockets: sockets.listeners.descriptors)
        try Data("\(process.id)\n\(start)".utf8).write(to: URL(filePath: plan.processFile), options: .atomic)
        logger.info(
            "Router started",
            metadata: ["pid": "\(process.id)", "user": "\(plan.user ?? "the daemon's own")"])
        return process
    }

    /// Asks the router to finish its requests and end, and ends it when that takes too long.
    private func end(_ router: WatchedProcess) async {
        // This runs after cancellation, so that what waits here is in a task of its own that is not cancelled.
        await withUncancelledTask {
            router.send(SIGTERM)
            let hasEnded = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await router.ended()
                    return true
                }
                group.addTask {
                    // Cut short by the other's end, which makes its answer void.
                    try? await Task.sleep(for: Limits.routerStopDeadline)
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            if !hasEnded {
                router.send(SIGKILL)
                await router.ended()
            }
            _ = router.reap()
        }
        unlink(plan.processFile)
        logger.info("Router stopped", metadata: ["pid": "\(router.id)"])
    }

    // MARK: Adoption

    /// The adopted router once it has said hello on the link; nil when there is none or it says nothing, in which case
    /// it is ended: it may hang, or be of another version.
    private func confirmedRouter() async -> WatchedProcess? {
        guard let earlier = sockets.earlier else { return nil }
        let adopted = earlier.process
        guard earlier.start == start else {
            logger.notice("An earlier router has other settings and is replaced", metadata: ["pid": "\(adopted.id)"])
            await end(adopted)
            return nil
        }
        let said = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await hello in hellos where hello.processID == adopted.id { return true }
                return false
            }
            group.addTask {
                // Cut short by the other's end, which makes its answer void.
                try? await Task.sleep(for: Limits.routerAdoptionWait)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        if Task.isCancelled { return adopted }
        if said {
            logger.info("Adopted the running router", metadata: ["pid": "\(adopted.id)"])
            return adopted
        }
        logger.warning("An earlier router does not answer and is replaced", metadata: ["pid": "\(adopted.id)"])
        await end(adopted)
        return nil
    }
}
