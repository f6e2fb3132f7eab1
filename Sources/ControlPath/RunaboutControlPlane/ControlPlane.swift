public import OCIContentStore
public import RunaboutAutoscaling
public import RunaboutModel
public import RunaboutRouting
public import RunaboutStore

/// What the control plane asks of the parts that run: the reconciler, the runtime, the router.
public protocol LivePlatform: Sendable {
    /// Wakes the reconciler for one service. Never blocks.
    func poke(_ service: ServiceID)
    /// The router's newest word on a service; nil when there is none.
    func demand(of service: ServiceID) -> ServiceDemand?
    /// The lines of an instance's log.
    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error>
    /// What an instance uses now.
    func usage(_ id: InstanceID) async -> InstanceUsage?
    /// How the parts are.
    func health() async -> PlatformHealth
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

/// Why a service has the instances it has.
public struct Explanation: Hashable, Sendable {
    /// Scaling decisions that changed something, newest first, with the wall-clock time of each.
    public let decisions: [(at: UnixTime, decision: ScaleDecision)]
    /// Requests that waited for an instance, newest first, with the instance that answered.
    public let wakes: [(report: WakeReport, instance: Instance?)]
    /// Requests that the platform ended, newest first.
    public let failures: [LedgerEntry]
    /// What the router says now.
    public let demand: ServiceDemand?

    /// Takes all values.
    public init(
        decisions: [(at: UnixTime, decision: ScaleDecision)],
        wakes: [(report: WakeReport, instance: Instance?)],
        failures: [LedgerEntry],
        demand: ServiceDemand?,
    ) {
        self.decisions = decisions
        self.wakes = wakes
        self.failures = failures
        self.demand = demand
    }

    /// Whether both say the same.
    public static func == (left: Self, right: Self) -> Bool {
        left.decisions.elementsEqual(right.decisions, by: ==) && left.wakes.elementsEqual(right.wakes, by: ==)
            && left.failures == right.failures && left.demand == right.demand
    }

    /// Feeds what is cheap to feed.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(failures)
        hasher.combine(demand)
    }
}

/// What of the machine and its settings use cases need.
public struct ControlPlaneSettings: Sendable {
    /// Services answer at `NAME.BASE_DOMAIN`.
    public var baseDomain: String
    /// Architecture of images that can run here, in Go's words: `amd64`.
    public var architecture: String

    /// Takes all values.
    public init(baseDomain: String, architecture: String) {
        self.baseDomain = baseDomain
        self.architecture = architecture
    }
}

/// The use cases of the platform: each one transaction, then a poke of the reconciler.
public struct ControlPlane: Sendable {
    /// Takes what it works on.
    public init(
        store: Store,
        content: ContentStore,
        live: any LivePlatform,
        settings: ControlPlaneSettings,
        now: @escaping @Sendable () -> UnixTime,
        generator: any RandomNumberGenerator & Sendable,
    ) {}

    /// Makes a service and starts its first deployment. With an idempotency key that was used before for the same
    /// request, gives what that made.
    public func createService(
        _ request: CreateServiceRequest, by principal: Principal, idempotencyKey: String?,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// A service by id or by name.
    public func service(_ reference: String) async throws(ControlPlaneError) -> ServiceDetail { preconditionFailure() }

    /// Services that are not deleted, by name.
    public func services(after token: String?, limit: Int) async throws(ControlPlaneError) -> Page<ServiceDetail> {
        preconditionFailure()
    }

    /// Changes a service; a new image or configuration starts a deployment, an auto scaling change alone does not and
    /// gives an operation that has ended. `ifMatch` is the service's generation the caller saw.
    public func updateService(
        _ reference: String, _ request: UpdateServiceRequest, ifMatch: Int64?, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// Deletes a service: its instances end, its host is free again.
    public func deleteService(
        _ reference: String, ifMatch: Int64?, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// Ends a service's instances and keeps its definition.
    public func pauseService(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// Starts a paused service again.
    public func resumeService(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// Deploys again: what the service's image name stands for now.
    public func startDeployment(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) { preconditionFailure() }

    /// Makes a configuration or, under a name that exists, its next revision.
    public func createAutoScalingConfiguration(
        _ request: CreateAutoScalingConfigurationRequest, by principal: Principal,
    ) async throws(ControlPlaneError) -> AutoScalingConfiguration { preconditionFailure() }

    /// A configuration by id, `NAME` (newest) or `NAME/REVISION`.
    public func autoScalingConfiguration(
        _ reference: String,
    ) async throws(ControlPlaneError) -> AutoScalingConfiguration { preconditionFailure() }

    /// All revisions of all configurations, by name and revision.
    public func autoScalingConfigurations(
        after token: String?, limit: Int,
    ) async throws(ControlPlaneError) -> Page<AutoScalingConfiguration> { preconditionFailure() }

    /// Deletes one revision; refused while a service uses it and for the default's first revision.
    public func deleteAutoScalingConfiguration(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) { preconditionFailure() }

    /// Instances of a service, running first, then ended ones, newest first.
    public func instances(
        of reference: String, includesEnded: Bool,
    ) async throws(ControlPlaneError) -> [Instance] { preconditionFailure() }

    /// An instance by its id or an unambiguous beginning of it (at least 4 digits).
    public func instance(_ reference: String) async throws(ControlPlaneError) -> Instance { preconditionFailure() }

    /// Lines of one instance's log.
    public func logs(
        of instance: InstanceID, tail: Int, follow: Bool,
    ) -> AsyncThrowingStream<LogLine, any Error> { live.logs(instance, tail: tail, follow: follow) }

    /// What an instance uses now.
    public func usage(of instance: InstanceID) async -> InstanceUsage? { await live.usage(instance) }

    /// Operations of a service, or of all when nil, newest first.
    public func operations(
        of reference: String?, after token: String?, limit: Int,
    ) async throws(ControlPlaneError) -> Page<Operation> { preconditionFailure() }

    /// An operation by id.
    public func operation(_ id: OperationID) async throws(ControlPlaneError) -> Operation { preconditionFailure() }

    /// Events after a sequence number, oldest first, of one service or of all. `nil` as `after` gives the newest
    /// `limit`.
    public func events(
        of reference: String?, after sequence: Int64?, limit: Int,
    ) async throws(ControlPlaneError) -> [Event] { preconditionFailure() }

    /// Events from after a sequence number on (nil: only new ones), until the consumer stops. Woken by commits, not by
    /// polling.
    public func watchEvents(
        of reference: String?, after sequence: Int64?,
    ) async throws(ControlPlaneError) -> AsyncThrowingStream<Event, any Error> { preconditionFailure() }

    /// Why a service has the instances it has.
    public func explain(_ reference: String) async throws(ControlPlaneError) -> Explanation { preconditionFailure() }

    /// How the platform's parts are.
    public func health() async -> PlatformHealth { await live.health() }

    private var live: any LivePlatform { preconditionFailure() }
}
