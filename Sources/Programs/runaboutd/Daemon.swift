import Foundation
import Logging
import NIOCore
import NIOPosix
import OCIContentStore
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

    /// The version of this build.
    static let version = "0.1.0"

    private let mode: Mode
    private let settings: Settings
    private let environment: [String: String]
    private let logger: Logger

    /// Runs until told to end.
    ///
    /// - Throws: ``StartError`` and others whose description is a line for the operator.
    static func run(_ mode: Mode, _ settings: Settings) async throws {
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
        let isRoot = geteuid() == 0
        let account = isRoot ? try RouterAccount.find(settings.routerUser) : nil
        let layout = try Layout.make(settings, isRouterUnprivileged: account != nil && mode == .development)
        let lock = try StateLock(path: layout.lock)
        defer { withExtendedLifetime(lock) {} }
        try Listeners.check(settings.apiListen, setting: "api.listen")
        var generator = SystemRandomNumberGenerator()
        let token = try Token.load(layout.token, using: &generator)
        let opening = try Store.open(path: layout.database, now: wallClock())
        logger.info("Store opened", metadata: ["path": "\(layout.database)", "epoch": "\(opening.epoch)"])
        let content = try ContentStore(directory: layout.images, limits: Limits.images)
        _ = try content.collectIdleUploads(now: wallClock().milliseconds / 1_000)
        let choice = try await RuntimeChoice.make(settings, layout, content: content, logger: logger)
        let notices = opening.setAside.map { path in
            ["The database could not be read and was set aside as \(path); a new one was made."]
        }
        for notice in notices ?? [] { logger.error("\(notice)") }
        let link = LinkServer(path: layout.linkSocket, logger: logger, owner: account?.owner)
        let reconciler = Reconciler(
            parts: ReconcilerParts(
                store: opening.store, runtime: choice.runtime, link: link,
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger, wallClock: wallClock),
            settings: ReconcilerSettings(epoch: opening.epoch, endsInstances: mode == .development))
        var services: [any ServiceLifecycle.Service] = [
            StoreService(store: opening.store), LinkService(link: link), reconciler,
        ]
        var proxy: [ListenAddress] = []
        if mode == .development {
            let router = try RouterChild(
                RouterPlan(
                    program: try Self.sibling("runabout-router"), link: layout.linkSocket, user: account?.name,
                    processFile: layout.routerProcess),
                listen: settings.proxyListen, hellos: reconciler.connectedRouters, logger: logger)
            proxy = router.addresses
            services.append(router)
        }
        let greeting = Greeting(layout: layout, settings: settings, token: token, proxy: proxy)
        services += try servers(opening.store, content, layout, token, greeting) { settings in
            ControlPlane(
                store: opening.store, content: content,
                live: Platform(
                    reconciler: reconciler, runtime: choice.runtime, link: link, notices: notices ?? []),
                settings: settings, now: wallClock, generator: SystemRandomNumberGenerator())
        }
        try await runUntilStopped(services, stops: stops)
    }

    private func servers(
        _ store: Store, _ content: ContentStore, _ layout: Layout, _ token: Token, _ greeting: Greeting,
        _ controlPlane: (ControlPlaneSettings) -> ControlPlane,
    ) throws -> [any ServiceLifecycle.Service] {
        let notifier = SystemdNotifier(environment: environment)
        let mode = mode
        let servers = Servers(
            controlPlane: controlPlane(
                ControlPlaneSettings(baseDomain: settings.baseDomain, architecture: Self.architecture)),
            content: content, catalog: StoreCatalog(store: store, now: wallClock), logger: logger,
            readiness: Readiness(parts: 2) { [logger] in
                notifier.send("READY=1")
                logger.info("Ready")
                if mode == .development { greeting.show() }
            })
        return [try servers.local(layout.apiSocket), servers.network(settings.apiListen, token: token)]
    }

    /// Runs the services, which end in the reverse of their order. The first signal ends them, the second the process.
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
                var count = 0
                for await _ in stops {
                    count += 1
                    guard count == 1 else {
                        logger.error("Stopped at once; the next run tidies up")
                        exit(130)
                    }
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
