import Logging
import RunaboutModel
import RunaboutPlanning
import RunaboutRuntime
import RunaboutStore
import Synchronization

/// How a run begins and ends.
extension Reconciler {
    /// Finds what runs, matches it with the rows, clears away what is left of earlier runs and asks for every
    /// service's first plan.
    ///
    /// False when cancelled before it was done.
    func startUp() async -> Bool {
        var failures = 0
        while true {
            do {
                try await adopt()
                return true
            } catch is CancellationError {
                return false
            } catch {
                failures += 1
                parts.logger.error(
                    "What runs can't be found out; tried again", metadata: ["error": "\(error)"])
                do {
                    try await Task.sleep(for: retryBackoff(failures: failures), clock: .continuous)
                } catch {
                    return false
                }
            }
        }
    }

    private func adopt() async throws {
        let found = try await parts.runtime.observe()
        let (services, rows, listed) = try await parts.store.read { transaction in
            (
                try transaction.servicesToReconcile(), try transaction.unreleasedInstances(),
                try transaction.instanceIDs()
            )
        }
        let known = Set(rows)
        let now = now()
        let strays = found.filter { !known.contains($0.id) }
        state.withLock { state in
            for instance in found where known.contains(instance.id) {
                state.table.insert(instance.id, Self.live(instance, now))
            }
            state.unplanned = Set(services)
        }
        try await writeAddresses(of: found.filter { known.contains($0.id) })
        let adopted = found.count { instance in
            if case .exited = instance.state { return false }
            return known.contains(instance.id)
        }
        if adopted > 0 { parts.logger.info("Adopted running instances", metadata: ["count": "\(adopted)"]) }
        for removed in await parts.runtime.collectLeftovers(known: Set(listed + found.map(\.id))) {
            parts.logger.info("Removed what an earlier run left", metadata: ["what": "\(removed)"])
        }
        for stray in strays { await end(stray) }
        if services.isEmpty { parts.link.markComplete() }
        state.withLock { state in
            for service in services { state.agenda.poke(service) }
        }
        wake()
    }

    private static func live(_ instance: RuntimeInstance, _ now: MonotonicTime) -> LiveInstance {
        var live = LiveInstance(
            service: instance.service, memory: ByteCount(bytes: 0), runtime: .absent, since: now)
        switch instance.state {
        case .running: live.runtime = .running
        case .frozen: live.runtime = .frozen
        case .exited(let exit): live.exit = exit
        }
        return live
    }

    /// An instance that was started while the last run ended has no address in its row yet.
    private func writeAddresses(of found: [RuntimeInstance]) async throws {
        let wallClock = parts.wallClock
        let byService = Dictionary(grouping: found, by: \.service)
        try await parts.store.write { transaction in
            for (service, instances) in byService {
                guard let snapshot = try transaction.snapshot(of: service) else { continue }
                for instance in instances {
                    guard let row = snapshot.instances.first(where: { $0.id == instance.id }), row.address == nil
                    else { continue }
                    try transaction.updateInstance(
                        row.id, state: row.state == .pending || row.state == .creating ? .starting : nil,
                        address: instance.address, now: wallClock())
                }
            }
        }
    }

    /// Ends what carries our labels and has no row: its database is gone, and nothing can route to it.
    private func end(_ stray: RuntimeInstance) async {
        parts.logger.warning(
            "An instance that the database does not know is ended",
            metadata: ["instance.id": "\(stray.id.short)", "service.id": "\(stray.service.short)"])
        await endAndRelease(stray.id)
        await parts.runtime.forget(stray.id)
    }

    private func endAndRelease(_ id: InstanceID) async {
        let runtime = parts.runtime
        do {
            try await withDeadline(Limits.stopGrace + Limits.stopEffectSlack, "stopping instance \(id.short)") {
                try await runtime.stop(id, grace: Limits.stopGrace)
            }
            try await withDeadline(Limits.releaseEffectDeadline, "releasing instance \(id.short)") {
                try await runtime.release(id)
            }
        } catch {
            parts.logger.error(
                "Instance could not be ended",
                metadata: ["instance.id": "\(id.short)", "error": "\(error)"])
        }
    }

    /// Ends everything that runs, in parallel, and notes it: the next run starts services anew.
    func endAllInstances() async {
        let wallClock = parts.wallClock
        do {
            let found = try await parts.runtime.observe()
            if !found.isEmpty {
                parts.logger.info("Stopping instances", metadata: ["count": "\(found.count)"])
            }
            await withDiscardingTaskGroup { group in
                for instance in found { group.addTask { await self.endAndRelease(instance.id) } }
            }
            let dropped = try await parts.store.write { transaction in
                var dropped: [InstanceID] = []
                for id in try transaction.unreleasedInstances() {
                    if try transaction.instance(id)?.state.isEnded == false {
                        try transaction.updateInstance(
                            id, state: .stopped, reason: "The platform was stopped.", now: wallClock())
                    }
                    dropped += try transaction.releaseInstance(id, now: wallClock())
                }
                return dropped
            }
            for old in dropped { await parts.runtime.forget(old) }
        } catch {
            parts.logger.error("Instances could not all be ended", metadata: ["error": "\(error)"])
        }
        await parts.runtime.shutDown()
    }
}
