import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutRouting

// Takes in what happened since the last plan: demand, probes, exits.
extension Planner {
    /// Remembers the router's newest word, and for how long nothing was asked of the service.
    mutating func absorbDemand() {
        guard let demand = input.demand else {
            memory.demand.newest = nil
            memory.demand.since = nil
            memory.demand.idleSince = nil
            return
        }
        let load = demand.inFlight + demand.queued
        let isNew = demand != memory.demand.newest
        // The same word seen again says nothing of a peak since it was said.
        let peak = isNew ? max(demand.peak, load) : load
        let isActive = peak > 0 || demand.accepted != (memory.demand.newest ?? demand).accepted
        memory.demand.window.observe(load: load, peak: peak, at: now, span: window)
        if load > 0 {
            memory.demand.idleSince = nil
        } else if isActive || memory.demand.idleSince == nil {
            memory.demand.idleSince = now
        }
        memory.demand.since = memory.demand.since ?? now
        memory.demand.newest = demand
    }

    /// Moves every instance on by what the runtime and the probes say.
    mutating func absorbInstances() {
        beginTrial()
        for index in candidates.indices {
            learnStartTime(candidates[index])
            switch candidates[index].state {
            case .stopped, .failed: release(index)
            case .draining, .stopping: absorbEnd(index)
            case .pending, .creating, .starting: absorbStart(index)
            case .ready, .frozen: absorbServing(index)
            }
        }
    }

    private mutating func beginTrial() {
        guard let trial, let operation else {
            memory.trial = nil
            return
        }
        if memory.trial?.operation != operation.id || memory.trial?.revision != trial.id {
            memory.trial = TrialMemory(operation: operation.id, revision: trial.id, since: now)
            memory.crashes[trial.id] = nil
        }
    }

    private mutating func learnStartTime(_ candidate: Candidate) {
        guard candidate.row.timings.healthyMilliseconds != nil else { return }
        memory.learnedStartMilliseconds = max(
            memory.learnedStartMilliseconds, candidate.row.timings.totalMilliseconds)
    }

    private mutating func absorbEnd(_ index: Int) {
        switch candidates[index].runtime {
        case .busy, .running, .frozen:
            break
        case .exited, .absent, .startFailed:
            // A reason is written only where an end is against our wish.
            if let reason = candidates[index].row.reason {
                set(index, .failed, reason: reason)
            } else {
                set(index, .stopped, reason: candidates[index].notes.wishedEnd)
            }
            release(index)
        }
    }

    private mutating func absorbStart(_ index: Int) {
        let candidate = candidates[index]
        switch candidate.runtime {
        case .busy:
            if candidate.state == .starting { return checkStartDeadline(index) }
            let deadline = candidate.since + startDeadline(of: candidate) + Limits.effectRetryInterval
            guard now >= deadline else { return wake(at: deadline) }
            failStart(
                index, .instanceCouldNotStart,
                reason: "It could not be made within \(configuration(of: candidate).startDeadlineSeconds) s.",
                next: .stopping)
        case .running, .frozen:
            if candidate.state != .starting { set(index, .starting) }
            if candidate.runtime == .frozen { askThaw(index) }
            absorbProbes(index, beginning: HealthState(startingAt: now))
            if candidates[index].notes.health?.verdict == .healthy, candidate.row.address != nil {
                set(index, .ready)
            } else {
                checkStartDeadline(index)
            }
        case .exited(let exit):
            let code: OperationFailure.Code = exit.isOutOfMemory ? .instanceOutOfMemory : .instanceExited
            failStart(index, code, reason: explain(exit, of: candidate), exit: exit, next: .failed)
            release(index)
        case .startFailed(let reason):
            failStart(index, .instanceCouldNotStart, reason: reason, next: .failed)
            release(index)
        case .absent:
            set(index, .failed, reason: "It was gone when the platform looked for it.")
            release(index)
        }
    }

    private mutating func absorbServing(_ index: Int) {
        let candidate = candidates[index]
        switch candidate.runtime {
        case .busy:
            break
        case .running:
            candidates[index].notes.thawAskedAt = nil
            if candidate.state == .frozen {
                candidates[index].notes.freezing = nil
                set(index, .ready)
            }
            if case .asked = candidates[index].notes.freezing { return }
            absorbProbes(index, beginning: HealthState(healthyAt: now))
            if candidates[index].notes.health?.verdict == .unhealthy { condemn(index) }
        case .frozen:
            absorbFrozen(index)
        case .exited(let exit):
            let reason = explain(exit, of: candidate)
            let code: OperationFailure.Code = exit.isOutOfMemory ? .instanceOutOfMemory : .instanceExited
            noteStartFailure(candidate, code, reason: reason, exit: exit)
            noteCrash(candidate, reason: reason)
            set(index, .failed, reason: reason)
            release(index)
        case .startFailed(let reason):
            noteCrash(candidate, reason: reason)
            set(index, .failed, reason: reason)
            release(index)
        case .absent:
            set(index, .failed, reason: "It was gone when the platform looked for it.")
            release(index)
        }
    }

    private mutating func absorbFrozen(_ index: Int) {
        let candidate = candidates[index]
        guard candidate.state == .ready else { return }
        if candidate.notes.thawAskedAt != nil {
            askThaw(index)
        } else {
            candidates[index].notes.freezing = nil
            set(index, .frozen)
        }
    }

    /// Takes the probes of an instance; the first time it is seen running its health begins as given.
    private mutating func absorbProbes(_ index: Int, beginning: HealthState) {
        let candidate = candidates[index]
        var health = candidate.notes.health ?? beginning
        let check = configuration(of: candidate).healthCheck
        for report in input.probes where report.instance == candidate.id {
            health.record(report.result, at: report.at, check)
        }
        candidates[index].notes.health = health
    }

    private mutating func checkStartDeadline(_ index: Int) {
        let candidate = candidates[index]
        let deadline = since(candidate) + startDeadline(of: candidate)
        guard now >= deadline else { return wake(at: deadline) }
        let configuration = configuration(of: candidate)
        let check = configuration.healthCheck
        let how = candidate.notes.health?.lastFailure.map { ": \($0)" } ?? ""
        let what = check.method == .tcp ? "TCP" : "GET \(check.path)"
        failStart(
            index, .healthCheckFailed,
            reason: "Its health check (\(what) on port \(configuration.port)) did not pass within "
                + "\(configuration.startDeadlineSeconds) s\(how).",
            next: .stopping)
    }

    private mutating func condemn(_ index: Int) {
        let candidate = candidates[index]
        let threshold = configuration(of: candidate).healthCheck.unhealthyThreshold
        let how = candidate.notes.health?.lastFailure.map { ": \($0)" } ?? ""
        let reason = "It failed \(threshold) health checks in a row\(how)."
        noteStartFailure(candidate, .healthCheckFailed, reason: reason, exit: nil)
        noteCrash(candidate, reason: reason)
        candidates[index].notes.freezing = nil
        set(index, .draining, reason: reason)
    }

    func startDeadline(of candidate: Candidate) -> Duration {
        .seconds(configuration(of: candidate).startDeadlineSeconds)
    }

    private func explain(_ exit: InstanceExit, of candidate: Candidate) -> String {
        if exit.isOutOfMemory {
            return "It was killed because it needed more than its \(configuration(of: candidate).memoryMebibytes) MiB "
                + "of memory."
        }
        return exit.status < 0
            ? "Its process ended, nobody could tell how." : "Its process ended with status \(exit.status)."
    }
}
