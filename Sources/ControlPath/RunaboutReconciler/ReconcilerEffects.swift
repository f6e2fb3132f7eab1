import Logging
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRuntime
import RunaboutStore
import Synchronization

/// Slow steps: each runs beside the loop within its own deadline and reports back.
extension Reconciler {
    /// Does one effect, notes how it ended and wakes the loop for its service.
    func perform(_ effect: Effect) async {
        switch effect {
        case .start(let specification): await start(specification)
        case .stop(let id, let service, let grace): await stop(id, service, graceSeconds: grace)
        case .freeze(let id, let service): await freeze(id, service)
        case .release(let id, let service): await release(id, service)
        case .probe(let id, let service, let address, let check, let instanceProtocol):
            let result = await prober.probe(address, check, over: instanceProtocol)
            let report = ProbeReport(instance: id, result: result, at: now())
            update(id) { $0.isProbed = false }
            update(service) { $0.probes.append(report) }
            poke(service)
        }
    }

    private func start(_ specification: InstanceSpecification) async {
        let id = specification.id
        let runtime = parts.runtime
        var outcome: ObservedInstance.Runtime
        do {
            let started = try await withDeadline(Limits.startEffectDeadline, "starting instance \(id.short)") {
                try await runtime.start(specification)
            }
            let startedAt = now()
            update(id) { live in
                live.startedAt = startedAt
                live.runtime = .running
            }
            try await writeStarted(specification, started)
            outcome = .running
        } catch is CancellationError {
            // The daemon ends; the row says what was begun, and the next start looks at what came of it.
            return
        } catch {
            parts.logger.error(
                "Instance could not be started",
                metadata: metadata(specification.service, id).merging(["error": "\(error)"]) { $1 })
            outcome = .startFailed("\(error)")
        }
        update(id) { live in
            live.runtime = outcome
            live.isBusy = false
        }
        poke(specification.service)
    }

    /// Writes the row of a started instance; tries until the store takes it, since the process runs.
    private func writeStarted(_ specification: InstanceSpecification, _ started: StartedInstance) async throws {
        let wallClock = parts.wallClock
        var failures = 0
        while true {
            do {
                try await parts.store.write { transaction in
                    try transaction.updateInstance(
                        specification.id, state: .starting, address: started.address, timings: started.timings,
                        now: wallClock())
                }
                parts.logger.info(
                    "Instance",
                    metadata: metadata(specification.service, specification.id).merging([
                        "state": "starting", "address": "\(started.address)",
                    ]) { $1 })
                return noteStoreWorks()
            } catch is CancellationError {
                throw CancellationError()
            } catch let error as StoreError where error.isOvertaken {
                // Its row has ended meanwhile; the next plan ends what runs.
                return
            } catch {
                failures += 1
                logStoreFailure(error)
                try await Task.sleep(for: retryBackoff(failures: failures), clock: .continuous)
            }
        }
    }

    private func stop(_ id: InstanceID, _ service: ServiceID, graceSeconds: Int) async {
        let runtime = parts.runtime
        let grace = Duration.seconds(graceSeconds)
        do {
            try await withDeadline(grace + Limits.stopEffectSlack, "stopping instance \(id.short)") {
                try await runtime.stop(id, grace: grace)
            }
        } catch {
            return retryLater(id, service, "stop", error)
        }
        let due = now() + Limits.exitReportWait
        update(id) { live in
            live.isBusy = false
            live.failures = 0
            live.exitDue = due
        }
        // Where the end was reported this wakes for nothing.
        if state.withLock({ $0.table.instances[id]?.exit }) == nil { setTimer(.unbusy(id), at: due) }
        poke(service)
    }

    private func freeze(_ id: InstanceID, _ service: ServiceID) async {
        let runtime = parts.runtime
        var isFrozen = true
        do {
            try await withDeadline(Limits.freezeEffectDeadline, "freezing instance \(id.short)") {
                try await runtime.freeze(id)
            }
        } catch {
            isFrozen = false
            parts.logger.warning(
                "Instance could not be frozen and stays awake",
                metadata: metadata(service, id).merging(["error": "\(error)"]) { $1 })
        }
        update(id) { live in
            live.isBusy = false
            if isFrozen { live.runtime = .frozen }
        }
        poke(service)
    }

    private func release(_ id: InstanceID, _ service: ServiceID) async {
        let runtime = parts.runtime
        let wallClock = parts.wallClock
        do {
            try await withDeadline(Limits.releaseEffectDeadline, "releasing instance \(id.short)") {
                try await runtime.release(id)
            }
            let dropped = try await parts.store.write { try $0.releaseInstance(id, now: wallClock()) }
            for old in dropped { await runtime.forget(old) }
        } catch {
            return retryLater(id, service, "release", error)
        }
        state.withLock { $0.table.remove(id) }
        poke(service)
    }

    /// Leaves the instance busy for a while, so that its plan asks again only then.
    private func retryLater(_ id: InstanceID, _ service: ServiceID, _ what: String, _ error: any Error) {
        if error is CancellationError { return }
        var failures = 0
        update(id) { live in
            live.failures += 1
            failures = live.failures
        }
        if failures == 1 {
            parts.logger.error(
                "An effect on an instance failed and is tried again",
                metadata: metadata(service, id).merging(["effect": "\(what)", "error": "\(error)"]) { $1 })
        }
        setTimer(.unbusy(id), at: now() + retryBackoff(failures: failures))
    }
}
