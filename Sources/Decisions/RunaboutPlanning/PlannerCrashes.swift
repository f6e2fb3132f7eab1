import RunaboutModel

// Counts what went wrong: crashes, which make the next start wait, and failed starts, which make an operation fail.
extension Planner {
    /// Ends a start that came to nothing; `next` is `failed` where nothing runs any more, else `stopping`.
    mutating func failStart(
        _ index: Int,
        _ code: OperationFailure.Code,
        reason: String,
        exit: InstanceExit? = nil,
        next: InstanceState,
    ) {
        noteStartFailure(candidates[index], code, reason: reason, exit: exit)
        noteCrash(candidates[index], reason: reason)
        set(index, next, reason: reason)
    }

    /// Counts a crash of a revision's instance: the next start waits 1 s, then 2 s, 4 s and so on up to 60 s.
    ///
    /// Instances that crash together count once: what had started before the last crash says nothing about starting anew.
    mutating func noteCrash(_ candidate: Candidate, reason: String) {
        var count = 1
        if let last = memory.crashes[candidate.row.revision], !isForgotten(last, revision: candidate.row.revision) {
            guard candidate.notes.firstSeen >= last.lastAt else {
                memory.crashes[candidate.row.revision]?.reason = reason
                return
            }
            count = last.count + 1
        }
        memory.crashes[candidate.row.revision] = CrashMemory(
            count: count, lastAt: now, notBefore: now + crashBackoff(crashes: count), reason: reason)
    }

    private func isForgotten(_ crashes: CrashMemory, revision: RevisionID) -> Bool {
        now - crashes.notBefore >= Limits.crashForgottenAfter
            && candidates.contains { $0.row.revision == revision && $0.hadServed }
    }

    /// Remembers that the revision on trial failed to run.
    mutating func noteStartFailure(
        _ candidate: Candidate, _ code: OperationFailure.Code, reason: String, exit: InstanceExit?,
    ) {
        guard memory.trial?.revision == candidate.row.revision else { return }
        memory.trial?.failedStarts += 1
        memory.trial?.lastFailure = StartFailure(instance: candidate.id, code: code, message: reason, exit: exit)
        if code == .instanceOutOfMemory || code == .healthCheckFailed { memory.trial?.isHopeless = true }
    }

    /// Until when crashes make a revision's next start wait; nil when it need not.
    func backoffEnd(of revision: RevisionID?) -> MonotonicTime? {
        guard let revision, let crashes = memory.crashes[revision], crashes.notBefore > now else { return nil }
        return crashes.notBefore
    }
}

/// How long the next start waits after a number of crashes in a row.
///
/// 1 s after the first, 2 s after the second, then 4, 8, 16, 32 and 60 s.
func crashBackoff(crashes: Int) -> Duration {
    var wait = Limits.crashBackoffFirst
    for _ in 1..<max(crashes, 1) {
        guard wait < Limits.crashBackoffMax else { break }
        wait *= 2
    }
    return min(wait, Limits.crashBackoffMax)
}
