import RunaboutModel
import RunaboutRouting

// Ends instances: drain, stop, release.
extension Planner {
    /// Ends what belongs to no revision that is wanted.
    mutating func retireUnwanted() {
        let wanted = isWantedRunning ? [active?.id, target?.id].compactMap(\.self) : []
        for index in candidates.indices where candidates[index].isLive {
            guard !wanted.contains(candidates[index].row.revision), canEnd(candidates[index]) else { continue }
            end(index, why: whyUnwanted)
        }
    }

    private var whyUnwanted: String {
        switch service.desired {
        case .running: active.map { "Revision \($0.number) serves." } ?? "Its deployment failed."
        case .paused: "The service was paused."
        case .deleted: "The service was deleted."
        }
    }

    /// Whether an instance can be told to end now: one that is being made is let be until that is through.
    func canEnd(_ candidate: Candidate) -> Bool {
        switch candidate.state {
        case .pending, .creating: candidate.runtime != .busy
        case .starting, .ready, .frozen: true
        case .draining, .stopping, .stopped, .failed: false
        }
    }

    /// Lets an instance finish its requests, where it may have any, and ends it.
    mutating func end(_ index: Int, why: String) {
        let candidate = candidates[index]
        candidates[index].notes.wishedEnd = why
        let mayHaveRequests = candidate.state == .ready && candidate.runtime != .frozen && isRouted(candidate)
        candidates[index].notes.freezing = nil
        set(index, mayHaveRequests ? .draining : .stopping)
    }

    /// Whether the router may have the instance; after a restart nobody knows, so it may.
    private func isRouted(_ candidate: Candidate) -> Bool {
        guard candidate.row.address != nil else { return false }
        guard let route = memory.route else { return true }
        return route.instances.contains { $0.id == candidate.id }
    }

    /// Whether the router has said that an instance it lists as draining has no request left.
    func isDrained(_ candidate: Candidate) -> Bool {
        guard input.drained.contains(candidate.id), let route = memory.route else { return false }
        return route.instances.contains { $0.id == candidate.id && $0.state == .draining }
    }

    /// Stops what has drained, asks again for what did not happen, and releases what has ended.
    mutating func advanceEnds() {
        for index in candidates.indices {
            let candidate = candidates[index]
            if candidate.state == .draining {
                let deadline = since(candidate) + drainDeadline(of: candidate)
                if isDrained(candidate) || !isRouted(candidate) && candidate.row.state == .draining
                    || candidate.runtime == .frozen || now >= deadline
                {
                    set(index, .stopping, reason: candidate.reason ?? candidate.row.reason)
                } else {
                    wake(at: deadline)
                }
            }
            if candidates[index].state == .stopping { stop(index) }
        }
    }

    /// Where the service says nothing, no request that it allows is cut: the deadline is its request limit then.
    private func drainDeadline(of candidate: Candidate) -> Duration {
        let configuration = configuration(of: candidate)
        if let seconds = configuration.drainTimeoutSeconds { return .seconds(seconds) }
        return max(Limits.drainDeadline, .seconds(configuration.requestTimeoutSeconds))
    }

    private mutating func stop(_ index: Int) {
        let candidate = candidates[index]
        let grace = configuration(of: candidate).stopGraceSeconds
        var retryAt = (candidate.notes.stopAskedAt ?? since(candidate)) + .seconds(grace) + Limits.effectRetryInterval
        switch candidate.runtime {
        case .exited, .absent, .startFailed:
            return
        case .busy:
            // What is under way reports within its own deadline. Should it not, the stop is asked for all the same.
            retryAt = retryAt + startDeadline(of: candidate)
        case .running, .frozen:
            if candidate.notes.stopAskedAt == nil { retryAt = now }
        }
        if now >= retryAt {
            effects.append(.stop(candidate.id, graceSeconds: grace))
            candidates[index].notes.stopAskedAt = now
            retryAt = now + .seconds(grace) + Limits.effectRetryInterval
        }
        wake(at: retryAt)
    }

    /// Asks for the release of an ended instance, and again where it is still there after a while.
    mutating func release(_ index: Int) {
        let candidate = candidates[index]
        let retryAt = candidate.notes.releaseAskedAt.map { $0 + Limits.effectRetryInterval } ?? now
        guard now >= retryAt else { return wake(at: retryAt) }
        effects.append(.release(candidate.id))
        candidates[index].notes.releaseAskedAt = now
        wake(at: now + Limits.effectRetryInterval)
    }
}
