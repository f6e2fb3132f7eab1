import RunaboutAutoscaling
import RunaboutModel
import RunaboutRouting

// Decides how many instances there are: starts what is missing, picks what may end.
extension Planner {
    /// Decides for the revision that serves, and brings up the one on trial.
    mutating func scale() {
        guard isWantedRunning, let serving = active ?? target else { return }
        let current = candidates.count { $0.isLive && $0.row.revision == serving.id }
        let decision = desiredInstanceCount(scaleInput(serving, current: current))
        self.decision = decision
        if decision.desired > current {
            start(decision.desired - current, of: serving)
        } else if decision.desired < current {
            endVictims(current - decision.desired, of: serving)
        }
        wakeForScaling(decision, serving: serving)
        guard let target, target.id != serving.id else { return }
        let coming = candidates.count { $0.isLive && $0.row.revision == target.id }
        let missing = instancesWanted(of: target) - coming
        guard missing > 0 else { return }
        if let end = backoffEnd(of: target.id) { return wake(at: end) }
        if capacity < missing { wake(at: now + Limits.capacityRetryInterval) }
        start(min(missing, capacity), of: target)
    }

    private func scaleInput(_ serving: Revision, current: Int) -> ScaleInput {
        ScaleInput(
            now: now,
            load: input.demand.map { ScaleInput.Load(inFlight: $0.inFlight, queued: $0.queued) },
            windowLoad: memory.demand.window.maximum(at: now, span: window),
            isWatching: memory.demand.since.map { now < $0 + window } ?? true,
            isSettling: memory.lastDownAt.map { now < $0 + Limits.scaleDownInterval } ?? false,
            maxConcurrency: scaling.maxConcurrency,
            // A revision has to show that it runs even where none is kept.
            minSize: trial?.id == serving.id ? max(scaling.minSize, 1) : scaling.minSize,
            maxSize: scaling.maxSize,
            current: current,
            capacity: capacity,
            isBackingOff: backoffEnd(of: serving.id) != nil,
        )
    }

    private mutating func start(_ count: Int, of revision: Revision) {
        for _ in 0..<count { starts.append(.startInstance(revision.id)) }
        capacity = max(capacity - count, 0)
    }

    /// Ends the instances that are missed least: those that do not serve yet, the frozen, then the least in flight.
    private mutating func endVictims(_ count: Int, of revision: Revision) {
        let inFlight = inFlightByInstance
        let candidates = candidates
        // The newest first among equals.
        let rank: (Int) -> (Int, Int, Int) = { index in
            switch candidates[index].state {
            case .pending, .creating, .starting: (0, 0, -index)
            case .frozen: (1, 0, -index)
            case .ready, .draining, .stopping, .stopped, .failed: (2, inFlight[candidates[index].id] ?? 0, -index)
            }
        }
        let victims = candidates.indices
            .filter { candidates[$0].isLive && candidates[$0].row.revision == revision.id && canEnd(candidates[$0]) }
            .sorted { rank($0) < rank($1) }
            .prefix(count)
        guard !victims.isEmpty else { return }
        memory.lastDownAt = now
        for index in victims { self.end(index, why: "Fewer instances are needed.") }
    }

    private var inFlightByInstance: [InstanceID: Int] {
        var inFlight: [InstanceID: Int] = [:]
        for demand in input.demand?.instances ?? [] { inFlight[demand.id] = demand.inFlight }
        return inFlight
    }

    /// The next time at which the decision changes though nothing happens.
    private mutating func wakeForScaling(_ decision: ScaleDecision, serving: Revision) {
        if decision.bound == .memory { wake(at: now + Limits.capacityRetryInterval) }
        if decision.wanted > decision.desired, let end = backoffEnd(of: serving.id) { wake(at: end) }
        guard decision.current > decision.wanted, load != nil else { return }
        if decision.rule == .down { return wake(at: now + Limits.scaleDownInterval) }
        if decision.windowMax < decision.current {
            if let since = memory.demand.since, since + window > now { wake(at: since + window) }
            if let last = memory.lastDownAt, last + Limits.scaleDownInterval > now {
                wake(at: last + Limits.scaleDownInterval)
            }
        } else if let fall = memory.demand.window.nextFall(at: now, span: window) {
            wake(at: fall)
        }
    }
}
