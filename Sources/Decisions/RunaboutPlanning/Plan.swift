public import RunaboutAutoscaling
public import RunaboutModel
public import RunaboutRouting

/// One thing to do.
///
/// Idempotent, with no choice left in it; done in the order given.
public enum PlanStep: Hashable, Sendable {
    /// Make a row in state `pending` for a new instance of the revision, then create and start it.
    case startInstance(RevisionID)
    /// Write the instance's new state, with the reason where there is one.
    case setInstanceState(InstanceID, InstanceState, reason: String?)
    /// Probe the instance now, in the background, and report.
    case probe(InstanceID)
    /// Give the instance no CPU.
    case freeze(InstanceID)
    /// Give it CPU again.
    case thaw(InstanceID)
    /// Thaw, SIGTERM, wait for the grace, SIGKILL.
    case stop(InstanceID, graceSeconds: Int)
    /// Release everything the ended instance held: mounts, network, cgroup, bundle.
    case release(InstanceID)
    /// Hand the router this route; its generation is above every earlier one.
    case publish(ServiceRoute)
    /// Tell the router that the service is gone; the generation is above that of every route of the service.
    case withdraw(ServiceID, generation: Int64)
    /// The target revision serves from now on: make it the active one.
    case activate(RevisionID)
    /// Write the operation's end and the service's resulting status; clears the target revision.
    ///
    /// Where an instance is to blame it is named, so that its last log lines can be added to the failure.
    case endOperation(OperationID, OperationStatus, OperationFailure?, ServiceStatus, blamed: InstanceID?)
}

/// What to do for one service, and what to remember until the next plan.
public struct Plan: Sendable {
    /// What to do, in order.
    public var steps: [PlanStep]
    /// The scaling decision this plan follows; nil for services that do not run.
    public var decision: ScaleDecision?
    /// When to plan again even if nothing happens; nil when only an event can change anything.
    public var wakeAt: MonotonicTime?
    /// To be given to the next plan.
    public var memory: ServiceMemory

    /// Takes all values.
    public init(
        steps: [PlanStep] = [],
        decision: ScaleDecision? = nil,
        wakeAt: MonotonicTime? = nil,
        memory: ServiceMemory,
    ) {
        self.steps = steps
        self.decision = decision
        self.wakeAt = wakeAt
        self.memory = memory
    }
}
