import RunaboutAutoscaling
import RunaboutModel
import RunaboutRouting

/// What to do for one service now.
///
/// Total and deterministic: the same input gives the same plan.
public func plan(_ input: PlanInput) -> Plan {
    var planner = Planner(input)
    planner.absorbDemand()
    planner.absorbInstances()
    planner.judgeTrial()
    planner.scale()
    planner.switchOver()
    planner.retireUnwanted()
    planner.advanceEnds()
    planner.wakeFrozen()
    planner.freezeIdle()
    planner.endOperationOfRunState()
    planner.route()
    planner.probe()
    return planner.result()
}

/// The work on one plan: a copy of what is known, changed as if every step had been carried out.
struct Planner {
    /// One instance, as it will be once the plan is carried out.
    struct Candidate {
        let row: Instance
        let runtime: ObservedInstance.Runtime
        let since: MonotonicTime
        var state: InstanceState
        var reason: String?
        var notes: InstanceMemory

        var id: InstanceID { row.id }
        /// Counts as one of the service's instances: it serves, or could, or will.
        var isLive: Bool {
            switch state {
            case .pending, .creating, .starting, .ready, .frozen: true
            case .draining, .stopping, .stopped, .failed: false
            }
        }
        /// Was able to serve when it was last looked at.
        var hadServed: Bool { row.state == .ready || row.state == .frozen }
        /// Takes requests when it is in the route.
        var isServing: Bool { state == .ready && notes.freezing == nil && row.address != nil }
    }

    let input: PlanInput
    let now: MonotonicTime
    /// Changes when a deployment switches over.
    var active: Revision?
    /// Nil once the operation has ended.
    var target: Revision?
    /// The operation under way; nil once it has ended.
    var operation: Operation?
    var memory: ServiceMemory
    /// In the order of their making.
    var candidates: [Candidate]
    /// How many more instances can be started.
    var capacity: Int
    var decision: ScaleDecision?
    var wakeAt: MonotonicTime?

    // Steps, by kind: `result()` puts the kinds in order.
    var thaws: [PlanStep] = []
    var routes: [PlanStep] = []
    var starts: [PlanStep] = []
    var turns: [PlanStep] = []
    var effects: [PlanStep] = []
    var probes: [PlanStep] = []

    init(_ input: PlanInput) {
        self.input = input
        self.now = input.now
        self.active = input.desired.active
        let operation = input.desired.operation.flatMap { $0.status.isEnded ? nil : $0 }
        self.operation = operation
        self.target = operation == nil ? nil : input.desired.target
        self.capacity = max(input.capacity, 0)
        var memory = input.memory
        self.candidates = input.instances.map { observed in
            Candidate(
                row: observed.instance,
                runtime: observed.runtime,
                since: observed.since,
                state: observed.instance.state,
                reason: nil,
                notes: memory.instances[observed.instance.id] ?? InstanceMemory(firstSeen: input.now),
            )
        }
        self.candidates.sort { ($0.row.createdAt, $0.id) < ($1.row.createdAt, $1.id) }
        memory.instances = [:]
        self.memory = memory
    }

    /// The service's own numbers.
    var service: Service { input.desired.service }
    var scaling: AutoScalingConfiguration { input.desired.autoScaling }
    var isWantedRunning: Bool { service.desired == .running }
    var window: Duration { .seconds(scaling.stabilizationSeconds) }

    /// The revision that an operation wants to see running before it counts as done.
    var trial: Revision? { isWantedRunning && operation != nil ? target ?? active : nil }

    /// Requests the router counts now; nil while it says nothing.
    var load: Int? { input.demand.map { $0.inFlight + $0.queued } }

    /// How an instance's revision runs; the defaults for a revision that is nobody's any more.
    func configuration(of candidate: Candidate) -> InstanceConfiguration {
        let id = candidate.row.revision
        for revision in [active, target, input.desired.active] {
            if let revision, revision.id == id { return revision.configuration }
        }
        return input.desired.earlier.first { $0.id == id }?.configuration ?? InstanceConfiguration()
    }

    /// Sees to it that the next plan is made at this time at the latest.
    mutating func wake(at time: MonotonicTime) {
        wakeAt = min(wakeAt ?? time, time)
    }

    /// Writes an instance's new state.
    mutating func set(_ index: Int, _ state: InstanceState, reason: String? = nil) {
        candidates[index].state = state
        candidates[index].reason = reason
    }

    /// Since when an instance has been in the state it has now.
    func since(_ candidate: Candidate) -> MonotonicTime {
        candidate.state == candidate.row.state ? candidate.since : now
    }

    /// The steps in the order in which they are done: what requests wait for comes first.
    func result() -> Plan {
        var memory = memory
        for candidate in candidates { memory.instances[candidate.id] = candidate.notes }
        let revisions = [active?.id, target?.id]
        memory.crashes = memory.crashes.filter { revisions.contains($0.key) }
        if memory.trial?.operation != operation?.id { memory.trial = nil }
        let states = candidates.filter { $0.state != $0.row.state }.map { candidate in
            PlanStep.setInstanceState(candidate.id, candidate.state, reason: candidate.reason)
        }
        return Plan(
            steps: thaws + routes + starts + states + turns + effects + probes,
            decision: decision,
            wakeAt: wakeAt.map { max($0, now) },
            memory: memory,
        )
    }
}
