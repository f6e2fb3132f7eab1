public import RunaboutModel

/// What the probes of one instance say together, and when the next is due.
///
/// An instance begins as *starting*: it is probed at once and then at short, growing waits, and no number of failures
/// makes it unhealthy, since the start deadline is another's. After `healthyThreshold` passes in a row it is *healthy* and
/// probed each interval; after `unhealthyThreshold` failures in a row it is *unhealthy* until enough pass again.
public struct HealthState: Equatable, Sendable {
    /// Whether the instance may serve.
    public enum Verdict: Hashable, Sendable {
        /// Not yet.
        case starting
        /// Yes.
        case healthy
        /// No longer.
        case unhealthy
    }

    /// Whether the instance may serve.
    public private(set) var verdict: Verdict
    /// How the last probe that failed did so; nil when none did.
    public private(set) var lastFailure: String?
    private var passedInRow = 0
    private var failedInRow = 0
    private var nextProbe: MonotonicTime
    private var startWait = Limits.startProbeIntervalFirst
    /// When the probe that is under way was asked for; nil when none is.
    private var askedAt: MonotonicTime?

    /// An instance whose process has just started, or was found starting.
    public init(startingAt now: MonotonicTime) {
        self.verdict = .starting
        self.nextProbe = now
    }

    /// An instance that was found serving: trusted until probes say otherwise.
    public init(healthyAt now: MonotonicTime) {
        self.verdict = .healthy
        self.nextProbe = now
    }

    /// Whether a probe was asked for that has not reported.
    public var isAwaitingReport: Bool { askedAt != nil }

    /// Whether a probe is to be made now; says so once for each probe.
    public mutating func takeProbe(at now: MonotonicTime, _ check: HealthCheckConfiguration) -> Bool {
        guard due(check) <= now else { return false }
        askedAt = now
        return true
    }

    /// When the next probe is due, or when the one under way counts as lost and is made again.
    public func due(_ check: HealthCheckConfiguration) -> MonotonicTime {
        guard let askedAt else { return nextProbe }
        return askedAt + .seconds(check.timeoutSeconds) + Limits.probeReportGrace
    }

    /// Takes the outcome of a probe that ended at a time.
    public mutating func record(_ result: ProbeResult, at time: MonotonicTime, _ check: HealthCheckConfiguration) {
        askedAt = nil
        switch result {
        case .passed:
            passedInRow += 1
            failedInRow = 0
            startWait = Limits.startProbeIntervalFirst
            if passedInRow >= check.healthyThreshold { verdict = .healthy }
        case .failed(let how):
            failedInRow += 1
            passedInRow = 0
            lastFailure = how
            if verdict == .healthy, failedInRow >= check.unhealthyThreshold { verdict = .unhealthy }
        }
        let interval = Duration.seconds(check.intervalSeconds)
        guard verdict == .starting else {
            nextProbe = time + interval
            return
        }
        nextProbe = time + min(startWait, interval)
        startWait = min(startWait * 2, Limits.startProbeIntervalMax)
    }

    /// Leaves out the time an instance was frozen: failures before it count no more, the next probe comes an interval on.
    public mutating func resume(at now: MonotonicTime, _ check: HealthCheckConfiguration) {
        askedAt = nil
        failedInRow = 0
        nextProbe = now + .seconds(check.intervalSeconds)
    }
}
