import RunaboutAutoscaling
import RunaboutModel

// Carries operations to their end: a revision on trial beside the one that serves, pausing, resuming, deleting.
extension Planner {
    /// Ends the operation where its revision has shown that it does not run.
    mutating func judgeTrial() {
        guard let trial, let fares = memory.trial else { return endHopelessOperation() }
        if let failure = fares.lastFailure,
            fares.isHopeless || fares.failedStarts >= Limits.deploymentStartAttemptsMax
        {
            let message =
                "Instance \(failure.instance.short) of revision \(trial.number) did not become healthy"
                + (fares.failedStarts > 1 ? ", nor did \(fares.failedStarts - 1) before it" : "")
                + ". \(failure.message) \(advice(failure.code))"
            fail(OperationFailure(code: failure.code, message: message, exit: failure.exit), blamed: failure.instance)
            return
        }
        let lives = candidates.contains { $0.isLive && $0.row.revision == trial.id }
        guard !lives, capacity == 0 else { return }
        let deadline = fares.since + .seconds(trial.configuration.startDeadlineSeconds)
        guard now >= deadline else { return wake(at: deadline) }
        let message =
            "The machine has no room for an instance with \(trial.configuration.memoryMebibytes) MiB. "
            + "Stop or shrink other services, or give this one less memory."
        fail(OperationFailure(code: .noCapacity, message: message), blamed: nil)
    }

    /// An operation that wants a service without any revision running can't end well.
    private mutating func endHopelessOperation() {
        guard isWantedRunning, operation != nil, active == nil, target == nil else { return }
        let message = "The service has no revision that could run. Update it with an image."
        fail(OperationFailure(code: .internalError, message: message), blamed: nil)
    }

    private mutating func fail(_ failure: OperationFailure, blamed: InstanceID?) {
        guard let operation else { return }
        turns.append(
            .endOperation(operation.id, .failed, failure, active == nil ? .createFailed : .running, blamed: blamed))
        self.operation = nil
        target = nil
    }

    /// Makes the revision on trial the one that serves once enough of its instances are ready: one generation of the
    /// route brings them in and lets those of the earlier revision drain.
    mutating func switchOver() {
        guard let trial, let operation else { return }
        let living = candidates.filter { $0.isLive && $0.row.revision == trial.id }
        let ready = living.count { $0.state == .ready || $0.state == .frozen }
        // What memory does not hold is not waited for.
        let isAllThatFits = ready > 0 && ready == living.count && capacity == 0
        guard ready >= max(instancesWanted(of: trial), 1) || isAllThatFits else { return }
        if active?.id != trial.id {
            turns.append(.activate(trial.id))
            active = trial
        }
        turns.append(.endOperation(operation.id, .succeeded, nil, .running, blamed: nil))
        self.operation = nil
        target = nil
    }

    /// How many instances a revision on trial has to bring: as many as the service needs now, so that none is missed
    /// when all requests move to them at once.
    func instancesWanted(of trial: Revision) -> Int {
        guard let decision else { return 1 }
        guard trial.id != active?.id else { return 1 }
        // Nothing is known of demand just after a restart: bring as many as serve.
        let known = decision.rule == .watching || load == nil ? decision.current : 0
        let wanted = max(decision.wanted, decision.windowMax, known, 1)
        return min(wanted, max(scaling.maxSize, 1))
    }

    /// Ends pausing and deleting once nothing is left.
    mutating func endOperationOfRunState() {
        guard let operation else { return }
        switch service.desired {
        case .running:
            return
        case .paused:
            guard candidates.allSatisfy({ $0.state.isEnded }) else { return }
            turns.append(.endOperation(operation.id, .succeeded, nil, .paused, blamed: nil))
        case .deleted:
            guard candidates.isEmpty else { return }
            turns.append(.endOperation(operation.id, .succeeded, nil, .deleted, blamed: nil))
        }
        self.operation = nil
        target = nil
    }

    private func advice(_ code: OperationFailure.Code) -> String {
        switch code {
        case .instanceExited: "Read its last log lines and correct the image, its start command or its environment."
        case .instanceOutOfMemory: "Give the service more memory or let its program use less."
        case .healthCheckFailed:
            "Let its program listen on the port it gets as PORT, or change the port or health check."
        case .instanceCouldNotStart: "Correct what the sentence before names and deploy again."
        case .noCapacity, .superseded, .internalError: "Try again."
        }
    }
}
