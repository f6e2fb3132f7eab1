public import RunaboutModel
public import RunaboutRouting

/// What the control plane asks of the parts that run: the reconciler, the runtime, the router.
public protocol LivePlatform: Sendable {
    /// Wakes the reconciler for one service. Never blocks.
    func poke(_ service: ServiceID)
    /// The router's newest word on a service; nil when there is none.
    func demand(of service: ServiceID) -> ServiceDemand?
    /// What routers counted since the daemon started.
    func traffic() -> PlatformTraffic
    /// The lines of an instance's log.
    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error>
    /// What an instance uses now.
    func usage(_ id: InstanceID) async -> InstanceUsage?
    /// How the parts are.
    func health() async -> PlatformHealth
    /// The certificate of the platform's own authority, in PEM; nil when it has none.
    func rootCertificate() -> String?
}

/// How the platform's own parts are.
public struct PlatformHealth: Hashable, Sendable {
    /// Whether a router is connected.
    public let isRouterConnected: Bool
    /// `oci` or `process`.
    public let runtime: String
    /// What isolation instances lack, a sentence each.
    public let missingIsolation: [String]
    /// What was set aside or is wrong and an operator should know, a sentence each.
    public let notices: [String]

    /// Takes all values.
    public init(isRouterConnected: Bool, runtime: String, missingIsolation: [String], notices: [String]) {
        self.isRouterConnected = isRouterConnected
        self.runtime = runtime
        self.missingIsolation = missingIsolation
        self.notices = notices
    }
}
