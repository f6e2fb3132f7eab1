public import RunaboutAutoscaling
public import RunaboutModel
public import RunaboutRouting

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
