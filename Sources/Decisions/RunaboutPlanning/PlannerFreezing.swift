import RunaboutHealth
import RunaboutModel

// Freezes what serves nothing and wakes it when it is asked for.
extension Planner {
    /// Thaws as many instances as the requests that are there need.
    mutating func wakeFrozen() {
        guard let load, load > 0, let active else { return }
        let needed = instancesForLoad(load)
        var serving = candidates.count { $0.isServing && $0.row.revision == active.id }
        for index in wakingOrder(of: active) where serving < needed {
            switch (candidates[index].state, candidates[index].notes.freezing) {
            case (.ready, .draining):
                candidates[index].notes.freezing = nil
            case (.ready, .asked), (.frozen, _):
                // What is under way reports first; a thaw beside a freeze might be the earlier of both.
                guard candidates[index].runtime != .busy else { continue }
                candidates[index].notes.freezing = nil
                candidates[index].notes.thawAskedAt = nil
                askThaw(index)
                set(index, .ready)
            default:
                continue
            }
            serving += 1
        }
    }

    /// Those that still run come before those that are frozen.
    private func wakingOrder(of revision: Revision) -> [Int] {
        let mine = candidates.indices.filter { candidates[$0].row.revision == revision.id }
        return mine.filter { candidates[$0].notes.freezing == .draining }
            + mine.filter { candidates[$0].notes.freezing != .draining }
    }

    private func instancesForLoad(_ load: Int) -> Int { (load - 1) / max(scaling.maxConcurrency, 1) + 1 }

    /// Asks for a thaw, and again where it does not show after a while.
    mutating func askThaw(_ index: Int) {
        let candidate = candidates[index]
        let retryAt = candidate.notes.thawAskedAt.map { $0 + Limits.effectRetryInterval } ?? now
        guard now >= retryAt else { return wake(at: retryAt) }
        thaws.append(.thaw(candidate.id))
        candidates[index].notes.thawAskedAt = now
        let check = configuration(of: candidate).healthCheck
        candidates[index].notes.health?.resume(at: now, check)
        wake(at: now + Limits.effectRetryInterval)
    }

    /// Freezes the instances of a service that has served nothing for a while: out of the route first, then, when the
    /// router has said that they are drained, off the CPU.
    mutating func freezeIdle() {
        let idleSince = isWantedRunning && operation == nil ? memory.demand.idleSince : nil
        for index in candidates.indices {
            let candidate = candidates[index]
            guard candidate.state == .ready else { continue }
            switch candidate.notes.freezing {
            case nil:
                guard let idleSince, candidate.row.revision == active?.id else { continue }
                beginFreezing(index, idleSince: idleSince)
            case .draining:
                guard idleSince != nil, candidate.runtime == .running else {
                    candidates[index].notes.freezing = nil
                    continue
                }
                freezeWhenDrained(index)
            case .asked(let time):
                checkFreeze(index, askedAt: time)
            }
        }
    }

    private mutating func beginFreezing(_ index: Int, idleSince: MonotonicTime) {
        let candidate = candidates[index]
        guard candidate.runtime == .running, candidate.row.address != nil, candidate.notes.thawAskedAt == nil else {
            return
        }
        let freezeAt = max(idleSince + Limits.idleBeforeFreeze, candidate.notes.freezeNotBefore ?? idleSince)
        guard now >= freezeAt else { return wake(at: freezeAt) }
        candidates[index].notes.freezing = .draining
    }

    private mutating func freezeWhenDrained(_ index: Int) {
        let candidate = candidates[index]
        guard isDrained(candidate) else { return }
        // A probe that is under way would fail for no fault of the instance.
        if let health = candidate.notes.health, health.isAwaitingReport {
            let lostAt = health.due(configuration(of: candidate).healthCheck)
            guard now >= lostAt else { return wake(at: lostAt) }
        }
        effects.append(.freeze(candidate.id))
        candidates[index].notes.freezing = .asked(now)
        wake(at: now + Limits.effectRetryInterval)
    }

    private mutating func checkFreeze(_ index: Int, askedAt time: MonotonicTime) {
        let givenUpAt = time + Limits.effectRetryInterval
        guard now >= givenUpAt else { return wake(at: givenUpAt) }
        guard candidates[index].runtime == .running else { return wake(at: now + Limits.effectRetryInterval) }
        // It could not be frozen. It serves on; trying again at once would only take it out of the route again.
        candidates[index].notes.freezing = nil
        candidates[index].notes.freezeNotBefore = now + Limits.idleBeforeFreeze
        wake(at: now + Limits.idleBeforeFreeze)
    }
}
