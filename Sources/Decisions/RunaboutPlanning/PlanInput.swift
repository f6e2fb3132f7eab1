public import RunaboutHealth
public import RunaboutModel
public import RunaboutRouting

/// What is wanted of one service, as the store has it.
public struct DesiredService: Hashable, Sendable {
    /// The service's row.
    public let service: Service
    /// Its scaling configuration.
    public let autoScaling: AutoScalingConfiguration
    /// The revision that serves; nil before the first deployment has succeeded.
    public let active: Revision?
    /// The revision a running deployment moves to.
    public let target: Revision?
    /// Other revisions of which there are instances: those that are being replaced.
    public let earlier: [Revision]
    /// The operation under way, if one is.
    public let operation: Operation?

    /// Takes all values.
    public init(
        service: Service,
        autoScaling: AutoScalingConfiguration,
        active: Revision?,
        target: Revision?,
        earlier: [Revision] = [],
        operation: Operation?,
    ) {
        self.service = service
        self.autoScaling = autoScaling
        self.active = active
        self.target = target
        self.earlier = earlier
        self.operation = operation
    }
}

/// What is known of one instance: its row and what the runtime, the probes and the router say.
public struct ObservedInstance: Hashable, Sendable {
    /// What the runtime says of the container.
    public enum Runtime: Hashable, Sendable {
        /// An effect on it (start, freeze, thaw, stop) is under way and will report.
        case busy
        /// Its process runs.
        case running
        /// Its processes are frozen.
        case frozen
        /// Its process ended.
        case exited(InstanceExit)
        /// The runtime has nothing under this id.
        case absent
        /// It could not be made or started; one sentence says why.
        case startFailed(String)
    }

    /// The row.
    public let instance: Instance
    /// The runtime's word.
    public let runtime: Runtime
    /// When it entered the row's state, on this process's clock; for adopted instances, when they were adopted.
    public let since: MonotonicTime

    /// Takes all values.
    public init(instance: Instance, runtime: Runtime, since: MonotonicTime) {
        self.instance = instance
        self.runtime = runtime
        self.since = since
    }
}

/// The outcome of a probe, waiting to be taken into account.
public struct ProbeReport: Hashable, Sendable {
    /// Which instance.
    public let instance: InstanceID
    /// How it ended.
    public let result: ProbeResult
    /// When it ended.
    public let at: MonotonicTime

    /// Takes all values.
    public init(instance: InstanceID, result: ProbeResult, at: MonotonicTime) {
        self.instance = instance
        self.result = result
        self.at = at
    }
}

/// All that a plan for one service is computed from.
public struct PlanInput: Sendable {
    /// What is wanted.
    public var desired: DesiredService
    /// Every instance of the service that has not ended, and those whose end is not cleaned up yet.
    public var instances: [ObservedInstance]
    /// The router's newest word; nil while none has come since this process, or the router, started.
    public var demand: ServiceDemand?
    /// Instances the router reported as drained under the current route.
    public var drained: Set<InstanceID>
    /// Probes that ended since the last plan, oldest first.
    public var probes: [ProbeReport]
    /// What the last plan asked to be remembered.
    public var memory: ServiceMemory
    /// How many more instances of this service's size the machine's memory holds.
    public var capacity: Int
    /// The present.
    public var now: MonotonicTime

    /// Takes all values.
    public init(
        desired: DesiredService,
        instances: [ObservedInstance],
        demand: ServiceDemand?,
        drained: Set<InstanceID>,
        probes: [ProbeReport],
        memory: ServiceMemory,
        capacity: Int,
        now: MonotonicTime,
    ) {
        self.desired = desired
        self.instances = instances
        self.demand = demand
        self.drained = drained
        self.probes = probes
        self.memory = memory
        self.capacity = capacity
        self.now = now
    }
}
