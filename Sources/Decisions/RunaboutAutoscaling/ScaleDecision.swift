public import RunaboutModel

/// How many instances a service should have, and why: the numbers that went in, the rule and the bound that held.
public struct ScaleDecision: Hashable, Sendable, Codable {
    /// Which rule gave the result.
    public enum Rule: String, Sendable, Codable {
        /// More requests than the instances take: the difference is started at once.
        case up
        /// Fewer instances were wanted for a whole window: at most half of them end.
        case down
        /// The number stays, because it fits.
        case steady
        /// Fewer are wanted now, and more were wanted within the window.
        case held
        /// Too little was seen since this process started; nothing ends yet.
        case watching
    }

    /// What kept the result from being what demand alone asks for.
    public enum Bound: String, Sendable, Codable {
        /// Nothing.
        case none
        /// `minSize`.
        case minSize
        /// `maxSize`.
        case maxSize
        /// The machine's memory.
        case memory
        /// Restarts wait after crashes.
        case crashBackoff
    }

    /// When it was decided.
    public let at: MonotonicTime
    /// Requests at instances.
    public let inFlight: Int
    /// Requests that wait.
    public let queued: Int
    /// Requests in flight at one instance, at most.
    public let maxConcurrency: Int
    /// `clamp(ceil((inFlight + queued) / maxConcurrency), minSize, maxSize)`.
    public let wanted: Int
    /// The greatest `wanted` within the stabilisation window.
    public let windowMax: Int
    /// Instances there are, those that are starting counted, those that are ending not.
    public let current: Int
    /// Instances there should be.
    public let desired: Int
    /// Which rule gave `desired`.
    public let rule: Rule
    /// What bound it.
    public let bound: Bound

    /// Takes all values.
    public init(
        at: MonotonicTime,
        inFlight: Int,
        queued: Int,
        maxConcurrency: Int,
        wanted: Int,
        windowMax: Int,
        current: Int,
        desired: Int,
        rule: Rule,
        bound: Bound,
    ) {
        self.at = at
        self.inFlight = inFlight
        self.queued = queued
        self.maxConcurrency = maxConcurrency
        self.wanted = wanted
        self.windowMax = windowMax
        self.current = current
        self.desired = desired
        self.rule = rule
        self.bound = bound
    }
}
