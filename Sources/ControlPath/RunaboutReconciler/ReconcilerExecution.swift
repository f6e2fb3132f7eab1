import Logging
import RunaboutAutoscaling
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import RunaboutRuntime
import RunaboutStore
import Synchronization

/// Observe, plan, execute, for one service.
extension Reconciler {
    /// Looks at a service once: finishes what its last plan left unwritten, reads everything, plans, executes.
    func reconcile(_ service: ServiceID) async {
        do {
            if let rest = update(service, { $0.rest }) ?? nil { try await finish(rest) }
            guard let snapshot = try await parts.store.read({ try $0.snapshot(of: service) }) else {
                forget(service)
                return notePlanned(service)
            }
            let now = now()
            let machine = parts.machineMemory()
            let input = state.withLock { $0.table.input(snapshot, memory: machine, now: now) }
            let plan = planner(input)
            setTimer(.service(service), at: plan.wakeAt)
            try await execute(plan, after: input)
            update(service) { $0.failures = 0 }
            noteStoreWorks()
            notePlanned(service)
            if snapshot.service.status == .deleted, snapshot.instances.isEmpty, snapshot.operation == nil {
                forget(service)
            }
        } catch is CancellationError {
            return
        } catch {
            retry(service, after: error)
        }
    }

    private func forget(_ service: ServiceID) {
        state.withLock { state in
            state.table.forget(service)
            state.traffic.forget(service)
        }
        setTimer(.service(service), at: nil)
    }

    private func retry(_ service: ServiceID, after error: any Error) {
        if error is StepFailure {
            parts.logger.error(
                "A step failed and is tried again",
                metadata: metadata(service).merging(["error": "\(error)"]) { $1 })
        } else {
            logStoreFailure(error)
        }
        let failures = update(service) { service in
            service.failures += 1
            return service.failures
        }
        setTimer(.service(service), notAfter: now() + retryBackoff(failures: failures ?? 1))
    }

    /// Once every service that was there at the start has been planned, the router may have the table.
    private func notePlanned(_ service: ServiceID) {
        let isComplete = state.withLock { state in
            guard state.unplanned?.remove(service) != nil else { return false }
            return state.unplanned?.isEmpty == true
        }
        if isComplete { parts.link.markComplete() }
    }

    /// Does the instant steps in order, then writes rows, then lets slow effects begin.
    ///
    /// Instant steps come first whatever stands between them: a request may be waiting for them.
    private func execute(_ plan: Plan, after input: PlanInput) async throws {
        let service = input.desired.service.id
        recordDecision(plan.decision, of: service)
        var hasPublished = false
        for step in plan.steps {
            switch step {
            case .publish(let route):
                // Noted first: the router's answer may be there before publishing returns.
                noteRoute(service, generation: route.generation)
                parts.link.publish(route)
                hasPublished = true
            case .withdraw(let service, let generation):
                noteRoute(service, generation: generation)
                parts.link.withdraw(service, generation: generation)
                hasPublished = true
            case .thaw(let id):
                do {
                    try await thaw(id)
                } catch {
                    // Nothing that follows may count on the instance. What was published stays numbered.
                    if hasPublished { remember(plan, of: service) }
                    throw error
                }
            case .startInstance, .setInstanceState, .probe, .freeze, .stop, .release, .activate, .endOperation: break
            }
        }
        var rest = PlanRest(service: service)
        for step in plan.steps { await collect(step, input, into: &rest) }
        remember(plan, of: service)
        try await finish(rest)
        if !rest.rows.isEmpty { poke(service) }
    }

    private func remember(_ plan: Plan, of service: ServiceID) {
        update(service) { $0.memory = plan.memory }
    }

    private func noteRoute(_ service: ServiceID, generation: Int64) {
        update(service) { service in
            service.routeGeneration = generation
            // The router says again what is drained under the new route.
            service.drained = []
        }
    }

    private func thaw(_ id: InstanceID) async throws {
        let runtime = parts.runtime
        do {
            try await withDeadline(Limits.freezeEffectDeadline, "thawing instance \(id.short)") {
                try await runtime.thaw(id)
            }
        } catch {
            throw StepFailure(step: "thaw", instance: id, cause: error)
        }
        update(id) { live in
            if live.runtime == .frozen { live.runtime = .running }
        }
    }

    /// Turns a step that is not instant into rows and effects.
    private func collect(_ step: PlanStep, _ input: PlanInput, into rest: inout PlanRest) async {
        let service = input.desired.service.id
        switch step {
        case .publish, .withdraw, .thaw: break
        case .startInstance(let revision): startInstance(revision, input, into: &rest)
        case .setInstanceState(let id, let newState, let reason): setState(id, newState, reason, input, into: &rest)
        case .activate(let revision):
            rest.rows.append(.activate(revision, generation: input.desired.service.generation))
        case .endOperation(let id, let status, let failure, let serviceStatus, let blamed):
            let complete = await withLog(failure, of: blamed)
            rest.rows.append(.endOperation(id, status, complete, serviceStatus))
        case .freeze(let id):
            if state.withLock({ $0.table.claim(id) }) { rest.effects.append(.freeze(id, service)) }
        case .stop(let id, let grace):
            if state.withLock({ $0.table.claim(id) }) {
                rest.effects.append(.stop(id, service, graceSeconds: grace))
            }
        case .release(let id):
            if state.withLock({ $0.table.claim(id) }) { rest.effects.append(.release(id, service)) }
        case .probe(let id): probe(id, input, into: &rest)
        }
    }

    private func startInstance(_ id: RevisionID, _ input: PlanInput, into rest: inout PlanRest) {
        let desired = input.desired
        guard let revision = [desired.target, desired.active].compactMap(\.self).first(where: { $0.id == id }) else {
            return
        }
        let now = parts.wallClock()
        let instance = state.withLock { state in
            let instance = Instance(
                id: Self.drawID(&state.generator), service: desired.service.id, revision: id, state: .pending,
                createdAt: now, updatedAt: now)
            state.table.insert(
                instance.id,
                LiveInstance(
                    service: desired.service.id, memory: .mebibytes(revision.configuration.memoryMebibytes),
                    runtime: .absent, isBusy: true, since: self.now()))
            return instance
        }
        rest.rows.append(.insert(instance))
        rest.effects.append(
            .start(
                InstanceSpecification(
                    id: instance.id, service: desired.service.id, revision: id, serviceName: desired.service.name,
                    image: revision.imageDigest, configuration: revision.configuration)))
    }

    private static func drawID(_ generator: inout any RandomNumberGenerator & Sendable) -> InstanceID {
        InstanceID(high: generator.next(), low: generator.next())
    }

    private func setState(
        _ id: InstanceID, _ newState: InstanceState, _ reason: String?, _ input: PlanInput,
        into rest: inout PlanRest,
    ) {
        guard let row = input.instances.first(where: { $0.instance.id == id })?.instance else { return }
        let live = state.withLock { $0.table.instances[id] }
        var timings: StartTimings?
        if row.state == .starting, newState == .ready, let startedAt = live?.startedAt {
            var complete = row.timings
            complete.healthyMilliseconds = (input.now - startedAt).wholeMilliseconds
            timings = complete
        }
        let exit = newState.isEnded ? live?.exit : nil
        rest.rows.append(.state(id, newState, reason: reason, exit: exit, timings: timings))
        var said = metadata(input.desired.service.id, id)
        said["state"] = "\(newState)"
        if let reason { said["reason"] = "\(reason)" }
        if let timings { said["start.ms"] = "\(timings.totalMilliseconds)" }
        parts.logger.info("Instance", metadata: said)
    }

    private func probe(_ id: InstanceID, _ input: PlanInput, into rest: inout PlanRest) {
        let desired = input.desired
        guard let row = input.instances.first(where: { $0.instance.id == id })?.instance, let address = row.address,
            let revision = [desired.target, desired.active].compactMap(\.self).first(where: { $0.id == row.revision }),
            state.withLock({ $0.table.claimProbe(id) })
        else { return }
        let configuration = revision.configuration
        rest.effects.append(
            .probe(id, row.service, address, configuration.healthCheck, configuration.instanceProtocol))
    }

    /// Adds the last lines of the instance that is to blame.
    private func withLog(_ failure: OperationFailure?, of instance: InstanceID?) async -> OperationFailure? {
        guard let failure, let instance else { return failure }
        let runtime = parts.runtime
        let exit = failure.exit ?? state.withLock { $0.table.instances[instance]?.exit }
        // An instance that never came to be has no log; the failure is complete without.
        let lines = try? await withDeadline(Limits.failureLogDeadline, "reading the log of \(instance.short)") {
            var lines: [String] = []
            for try await line in runtime.logs(instance, tail: Limits.failureLogLinesMax, follow: false) {
                lines.append(line.text)
            }
            return lines
        }
        return OperationFailure(
            code: failure.code, message: failure.message, logLines: lines ?? failure.logLines, exit: exit)
    }

    /// Writes a plan's rows and lets its effects begin; on failure they are kept for the next attempt.
    private func finish(_ rest: PlanRest) async throws {
        let now = parts.wallClock()
        if !rest.rows.isEmpty {
            do {
                do {
                    try await parts.store.write { try rest.write(in: $0, now: now) }
                } catch let error as StoreError where error.isOvertaken {
                    try await writeWhatStillHolds(rest, now: now)
                }
            } catch {
                update(rest.service) { $0.rest = rest }
                throw error
            }
            sayOperations(rest)
        }
        state.withLock { state in
            _ = state.table.update(rest.service) { $0.rest = nil }
            for effect in rest.effects { state.agenda.enqueue(.effect(effect)) }
        }
        wake()
    }

    /// Writes row by row and leaves out those that something newer has overtaken: the next plan sees that.
    private func writeWhatStillHolds(_ rest: PlanRest, now: UnixTime) async throws {
        for row in rest.rows {
            do {
                try await parts.store.write { try rest.write(row, in: $0, now: now) }
            } catch let error as StoreError where error.isOvertaken {
                parts.logger.debug(
                    "Overtaken", metadata: metadata(rest.service).merging(["what": "\(error)"]) { $1 })
            }
        }
    }

    private func sayOperations(_ rest: PlanRest) {
        for case .endOperation(let id, let status, let failure, let serviceStatus) in rest.rows {
            var said = metadata(rest.service)
            said["operation.id"] = "\(id.short)"
            said["status"] = "\(status)"
            said["service.status"] = "\(serviceStatus)"
            if let failure { said["failure"] = "\(failure.code): \(failure.message)" }
            parts.logger.info("Operation ended", metadata: said)
        }
    }

    /// Keeps a decision when something a reader would ask about has changed.
    private func recordDecision(_ decision: ScaleDecision?, of service: ServiceID) {
        guard let decision else { return }
        let gist = DecisionGist(decision)
        let previous = state.withLock { state in
            state.table.update(service) { service in
                defer { service.recorded = gist }
                return service.recorded
            } ?? nil
        }
        guard previous != gist else { return }
        record(decision, of: service, kind: .scaleDecision, at: parts.wallClock())
        guard previous?.desired != decision.desired else { return }
        var said = metadata(service)
        said["desired"] = "\(decision.desired)"
        said["current"] = "\(decision.current)"
        said["demand"] = "\(decision.inFlight + decision.queued)"
        said["rule"] = "\(decision.rule)"
        said["bound"] = "\(decision.bound)"
        parts.logger.info("Scale", metadata: said)
    }
}

extension StoreError {
    /// Whether what was to be written rests on something that has changed since.
    var isOvertaken: Bool { code == .stale || code == .notFound }
}

/// An instant step that did not succeed.
struct StepFailure: Error, CustomStringConvertible {
    let step: String
    let instance: InstanceID
    let cause: any Error

    var description: String { "\(step) of instance \(instance.short): \(cause)" }
}
