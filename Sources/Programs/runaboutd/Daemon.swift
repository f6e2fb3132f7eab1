import CLinux
import Foundation
import Logging
import NIOCore
import NIOPosix
import OCIContentStore
import OCILayers
import RunaboutControlPlane
import RunaboutLinkServer
import RunaboutModel
import RunaboutReconciler
import RunaboutRuntime
import RunaboutStore
import ServiceLifecycle

/// Puts the parts together and runs them.
struct Daemon {
    /// How the daemon is run.
    enum Mode: Sendable {
        /// In the foreground, the router as a child, everything ended with it.
        case development
        /// Under systemd: the router is a unit of its own, and what runs outlives the daemon.
        case system
    }

    private let mode: Mode
    private let settings: Settings
    private let environment: [String: String]
    private let logger: Logger

    /// Runs until told to end.
    ///
    /// - Throws: ``StartError`` and others whose description is a line for the operator.
    static func run(_ mode: Mode, _ settings: Settings) async throws {
        // Measured after 1,000 services were defined: 67 MiB resident instead of 86.
        clinux_use_one_heap()
        let environment = ProcessInfo.processInfo.environment
        // They are for this process alone: a runc that inherits NOTIFY_SOCKET waits until what it runs says it is ready.
        for name in ["NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        let style = ConsoleLog.style(settings.logFormat, environment: environment)
        LoggingSystem.bootstrap { _ in ConsoleLog(style: style) }
        // Two loops serve both APIs and the link; more would only hold memory. Set before NIO is first used.
        NIOSingletons.groupLoopCountSuggestion = Limits.daemonEventLoops
        NIOSingletons.blockingPoolThreadCountSuggestion = Limits.daemonBlockingThreads
        let daemon = Daemon(
            mode: mode, settings: settings, environment: environment, logger: Logger(label: "runaboutd"))
        try await daemon.run()
    }

    private func run() async throws {
        let stops = try stopSignals()
        let account = geteuid() == 0 ? try RouterAccount.find(settings.routerUser) : nil
        let layout = try Layout.make(settings, isRouterUnprivileged: account != nil && mode == .development)
        let lock = try StateLock(path: layout.lock)
        defer { withExtendedLifetime(lock) {} }
        // What can be refused is asked for before anything is made.
        try Listeners.check(settings.apiListen, setting: "api.listen")
        let sockets =
            mode == .development
            ? try RouterSockets.acquire(settings.proxy, processFile: layout.routerProcess) : nil
        var generator = SystemRandomNumberGenerator()
        let token = try Token.load(layout.token, using: &generator)
        let opening = try Store.open(path: layout.database, now: wallClock())
        logger.info("Store opened", metadata: ["path": "\(layout.database)", "epoch": "\(opening.epoch)"])
        let notices = (opening.setAside.map { [$0] } ?? []).map { path in
            "The database could not be read and was set aside as \(path); a new one was made."
        }
        for notice in notices { logger.error("\(notice)") }
        let content = try ContentStore(directory: layout.images, limits: Limits.images)
        _ = try content.collectIdleUploads(now: wallClock().milliseconds / 1_000)
        let choice = try await RuntimeChoice.make(settings, layout, content: content, logger: logger)
        let runtime = choice.runtime
        do {
            let parts = Parts(
                layout: layout, account: account, sockets: sockets, token: token, opening: opening, notices: notices,
                content: content, layers: choice.layers, runtime: runtime)
            try await runUntilStopped(try services(parts), stops: stops)
        } catch {
            // What belongs to the process goes with it, however it ends; what is gone already is no error.
            if mode == .development { await runtime.shutDown() }
            throw error
        }
    }

    /// What has been opened.
    private struct Parts {
        let layout: Layout
        let account: RouterAccount?
        let sockets: RouterSockets?
        let token: Token
        let opening: StoreOpening
        let notices: [String]
        let content: ContentStore
        let layers: LayerStore
        let runtime: any InstanceRuntime
    }

    /// Everything that runs, in the order in which it starts; it ends in the reverse.
    private func services(_ parts: Parts) throws -> [any ServiceLifecycle.Service] {
        let link = LinkServer(path: parts.layout.linkSocket, logger: logger, owner: parts.account?.owner)
        link.set(settings.proxy.forRouter)
        let certificates = try CertificateKeeper(
            directory: parts.layout.certificates, baseDomain: settings.baseDomain, link: link, logger: logger)
        for notice in certificates.notices { logger.error("\(notice)") }
        let reconciler = Reconciler(
            parts: ReconcilerParts(
                store: parts.opening.store, runtime: parts.runtime, link: link,
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, wallClock: wallClock),
            settings: ReconcilerSettings(epoch: parts.opening.epoch, endsInstances: mode == .development))
        var services: [any ServiceLifecycle.Service] = [
            StoreService(store: parts.opening.store), LinkService(link: link),
            CertificateService(keeper: certificates), reconciler,
        ]
        if let sockets = parts.sockets {
            let plan = RouterPlan(
                program: try Self.sibling("runabout-router"), link: parts.layout.linkSocket, user: parts.account?.name,
                options: settings.proxy.routerOptions, processFile: parts.layout.routerProcess)
            services.append(RouterChild(plan, sockets, hellos: reconciler.connectedRouters, logger: logger))
        }
        let greeting = Greeting(
            layout: parts.layout, settings: settings, token: parts.token,
            services: settings.proxy.publicAddress(of: parts.sockets),
            secureServices: settings.proxy.secureAddress(of: parts.sockets))
        let platform = Platform(
            reconciler: reconciler, runtime: parts.runtime, link: link, certificates: certificates,
            notices: parts.notices + certificates.notices)
        let controlPlane = ControlPlane(
            store: parts.opening.store, content: parts.content, layers: parts.layers, live: platform,
            settings: ControlPlaneSettings(
                baseDomain: settings.baseDomain, architecture: Self.architecture,
                publicAddress: settings.proxy.publicAddress(of: parts.sockets)),
            now: wallClock, generator: SystemRandomNumberGenerator())
        let index = LayoutIndex(store: parts.opening.store, content: parts.content)
        let servers = servers(controlPlane, parts, index, greeting)
        return services + [
            LayoutIndexService(index: index), try servers.local(parts.layout.apiSocket),
            servers.network(settings.apiListen, token: parts.token),
        ]
    }

    private func servers(
        _ controlPlane: ControlPlane, _ parts: Parts, _ index: LayoutIndex, _ greeting: Greeting,
    ) -> Servers {
        let notifier = SystemdNotifier(environment: environment)
        let mode = mode
        return Servers(
            controlPlane: controlPlane, content: parts.content,
            catalog: StoreCatalog(store: parts.opening.store, now: wallClock, tagsChanged: index.tagsChanged),
            logger: logger,
            readiness: Readiness(parts: 2) { [logger] in
                notifier.send("READY=1")
                logger.info("Ready")
                if mode == .development { greeting.show() }
            })
    }

    /// Runs the services, which end in the reverse of their order.
    ///
    /// The first signal ends them, the second the process.
    private func runUntilStopped(_ services: [any ServiceLifecycle.Service], stops: AsyncStream<Int32>) async throws {
        var quiet = logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                logger: quiet))
        let logger = logger
        let notifier = SystemdNotifier(environment: environment)
        let mode = mode
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                var firstAt: ContinuousClock.Instant?
                for await _ in stops {
                    if let firstAt {
                        // One wish may arrive twice, from the terminal and from a parent that passes it on.
                        guard firstAt.duration(to: .now) > Limits.secondSignalAfter else { continue }
                        logger.error(
                            "Stopped at once; router and instances may still run, the next run takes them over")
                        exit(130)
                    }
                    firstAt = .now
                    notifier.send("STOPPING=1")
                    logger.notice(
                        mode == .development
                            ? "Stopping; once more to stop at once" : "Stopping; instances and router go on")
                    await group.triggerGracefulShutdown()
                }
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
        logger.info("Stopped")
    }

    /// The path of a program that belongs beside this one.
    ///
    /// - Throws: ``StartError`` when it is not there.
    static func sibling(_ name: String) throws(StartError) -> String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory = own.map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false) } ?? "/"
        let program = directory + name
        guard access(program, X_OK) == 0 else {
            throw StartError("The program \(program) is missing; it belongs beside runaboutd.")
        }
        return program
    }

    /// This machine's architecture in Go's words.
    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}

/// The clock of people.
@Sendable func wallClock() -> UnixTime {
    UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
}
