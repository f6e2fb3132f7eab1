import RunaboutAutoscaling
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import RunaboutRuntime
import RunaboutStore

/// What the loop knows of one instance beyond its row.
struct LiveInstance {
    let service: ServiceID
    /// What it may use; counts against the machine's memory while it is known.
    var memory: ByteCount
    /// What its process does as long as no effect is under way and no end was reported.
    var runtime: ObservedInstance.Runtime
    /// Whether an effect on it is under way, or waits to be tried again.
    var isBusy = false
    /// Whether a probe of it is under way.
    var isProbed = false
    /// Its end, once reported.
    var exit: InstanceExit?
    /// Until when an end that must have happened may be reported.
    var exitDue: MonotonicTime?
    /// The state its row had when it was last read, and since when.
    var rowState: InstanceState?
    var since: MonotonicTime
    /// When its process was started, in this run.
    var startedAt: MonotonicTime?
    /// How often in a row an effect on it failed.
    var failures = 0

    /// What the planner is told.
    func observed(_ now: MonotonicTime) -> ObservedInstance.Runtime {
        if isBusy { return .busy }
        if let exit { return .exited(exit) }
        if let exitDue { return now < exitDue ? .busy : .exited(InstanceExit(status: -1, isOutOfMemory: false)) }
        return runtime
    }
}

/// What the loop knows of one service beyond its rows.
struct LiveService {
    var memory: ServiceMemory
    var name = ""
    var demand: ServiceDemand?
    var drained: Set<InstanceID> = []
    /// The generation of the route the router was last given in this run.
    var routeGeneration: Int64 = 0
    var probes: [ProbeReport] = []
    /// What of the last recorded decision tells whether a new one is news.
    var recorded: DecisionGist?
    /// Rows and effects of a plan that could not be written yet; nothing is planned before they are.
    var rest: PlanRest?
    /// How often in a row reconciling it failed.
    var failures = 0
}

/// The part of a scaling decision whose change is worth a record.
struct DecisionGist: Equatable {
    let rule: ScaleDecision.Rule
    let bound: ScaleDecision.Bound
    let desired: Int

    init(_ decision: ScaleDecision) {
        rule = decision.rule
        bound = decision.bound
        desired = decision.desired
    }
}

/// All that the loop knows beyond the store, as values; every method is one step of a lock-protected machine.
struct LiveTable {
    private(set) var services: [ServiceID: LiveService] = [:]
    private(set) var instances: [InstanceID: LiveInstance] = [:]
    private let generationBase: Int64

    /// Starts empty; the first route of each service gets the generation after the base.
    init(generationBase: Int64) { self.generationBase = generationBase }

    // MARK: Services

    /// Changes what is known of a service, if it is known.
    mutating func update<Value>(_ service: ServiceID, _ body: (inout LiveService) -> Value) -> Value? {
        guard services[service] != nil else { return nil }
        return body(&services[service, default: LiveService(memory: ServiceMemory())])
    }

    /// Forgets a service and its instances.
    mutating func forget(_ service: ServiceID) {
        services[service] = nil
        for (id, instance) in instances where instance.service == service && !instance.isBusy { instances[id] = nil }
    }

    /// Takes the router's word on a service.
    mutating func take(_ demand: ServiceDemand) -> Bool {
        update(demand.service) { $0.demand = demand } != nil
    }

    /// Takes the router's word that an instance has no request left; false when it is about an earlier route.
    mutating func take(_ report: DrainedWord) -> Bool {
        update(report.service) { service in
            guard report.generation >= service.routeGeneration else { return false }
            return service.drained.insert(report.instance).inserted
        } ?? false
    }

    /// Drops every word of a router that is gone; gives the services it had spoken of.
    mutating func dropDemand() -> [ServiceID] {
        let affected = services.filter { $0.value.demand != nil }.map(\.key)
        for service in affected { update(service) { $0.demand = nil } }
        return affected
    }

    // MARK: Planning

    /// What a plan for a service is computed from.
    ///
    /// Notes states seen for the first time, and rows without anything behind them; drops what is known of instances
    /// whose rows are gone.
    mutating func input(
        _ snapshot: ServiceSnapshot, memory machine: MachineMemory?, now: MonotonicTime,
    ) -> PlanInput {
        let id = snapshot.service.id
        var service = services[id] ?? LiveService(memory: ServiceMemory(routeGeneration: generationBase))
        service.name = snapshot.service.name
        let probes = service.probes
        service.probes = []
        services[id] = service

        let rows = Set(snapshot.instances.map(\.id))
        for (instance, live) in instances where live.service == id && !rows.contains(instance) && !live.isBusy {
            instances[instance] = nil
        }
        let observed = snapshot.instances.map { row in
            var live =
                instances[row.id]
                ?? LiveInstance(
                    service: id, memory: size(of: row, in: snapshot), runtime: .absent, rowState: row.state, since: now)
            // What an earlier process started came without a size.
            if live.memory.bytes == 0 { live.memory = size(of: row, in: snapshot) }
            if live.rowState != row.state {
                live.rowState = row.state
                live.since = now
            }
            instances[row.id] = live
            return ObservedInstance(instance: row, runtime: live.observed(now), since: live.since)
        }
        return PlanInput(
            desired: DesiredService(
                service: snapshot.service, autoScaling: snapshot.autoScaling, active: snapshot.active,
                target: snapshot.target, earlier: snapshot.earlier, operation: snapshot.operation),
            instances: observed,
            demand: service.demand,
            drained: service.drained,
            probes: probes,
            memory: service.memory,
            capacity: capacity(for: snapshot, on: machine),
            now: now,
        )
    }

    private func size(of row: Instance, in snapshot: ServiceSnapshot) -> ByteCount {
        let revision = ([snapshot.active, snapshot.target].compactMap(\.self) + snapshot.earlier).first {
            $0.id == row.revision
        }
        return .mebibytes(revision?.configuration.memoryMebibytes ?? 0)
    }

    private func capacity(for snapshot: ServiceSnapshot, on machine: MachineMemory?) -> Int {
        guard let revision = snapshot.target ?? snapshot.active else { return 0 }
        // Without an answer from the kernel memory is no bound; `maxSize` is.
        guard let machine else { return snapshot.autoScaling.maxSize }
        return machine.capacity(
            size: .mebibytes(revision.configuration.memoryMebibytes),
            promised: instances.values.reduce(ByteCount(bytes: 0)) { $0 + $1.memory },
            reserve: Limits.memoryReserve,
        )
    }

    // MARK: Instances

    /// Notes an instance that is new, or that an earlier process started.
    mutating func insert(_ id: InstanceID, _ instance: LiveInstance) { instances[id] = instance }

    /// Changes what is known of an instance, if it is known; gives its service.
    @discardableResult
    mutating func update(_ id: InstanceID, _ body: (inout LiveInstance) -> Void) -> ServiceID? {
        guard var instance = instances[id] else { return nil }
        body(&instance)
        instances[id] = instance
        return instance.service
    }

    /// Forgets an instance that was released.
    mutating func remove(_ id: InstanceID) { instances[id] = nil }

    /// Marks an instance as having an effect under way; false when it has one already, or is not known.
    mutating func claim(_ id: InstanceID) -> Bool {
        guard let instance = instances[id], !instance.isBusy else { return false }
        instances[id]?.isBusy = true
        return true
    }

    /// Marks an instance as being probed; false when it is already, or is not known.
    mutating func claimProbe(_ id: InstanceID) -> Bool {
        guard let instance = instances[id], !instance.isProbed else { return false }
        instances[id]?.isProbed = true
        return true
    }
}

/// The router's word that an instance has no request left under a route.
struct DrainedWord {
    let service: ServiceID
    let instance: InstanceID
    let generation: Int64
}
