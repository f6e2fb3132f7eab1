public import RunaboutModel

/// All that a scaling decision is computed from.
public struct ScaleInput: Hashable, Sendable {
    /// What the router counts now, in requests.
    public struct Load: Hashable, Sendable {
        /// Requests at instances.
        public var inFlight: Int
        /// Requests that wait.
        public var queued: Int

        /// Takes both values.
        public init(inFlight: Int, queued: Int) {
            self.inFlight = inFlight
            self.queued = queued
        }
    }

    /// The present.
    public var now: MonotonicTime
    /// What the router counts now; nil while it says nothing, and then nothing ends.
    public var load: Load?
    /// The greatest load within the stabilisation window, in requests; the present one counts in any case.
    public var windowLoad: Int
    /// Whether less than a whole window was seen since the first word of the router: nothing ends then.
    public var isWatching: Bool
    /// Whether a step down is too recent for another.
    public var isSettling: Bool
    /// Requests in flight at one instance, at most.
    public var maxConcurrency: Int
    /// Instances kept in any case.
    public var minSize: Int
    /// Instances at the most.
    public var maxSize: Int
    /// Instances there are, those that are starting counted, those that are ending not.
    public var current: Int
    /// How many more the machine's memory holds.
    public var capacity: Int
    /// Whether the next start has to wait because of crashes.
    public var isBackingOff: Bool

    /// Takes all values.
    public init(
        now: MonotonicTime,
        load: Load?,
        windowLoad: Int = 0,
        isWatching: Bool = false,
        isSettling: Bool = false,
        maxConcurrency: Int = 100,
        minSize: Int = 1,
        maxSize: Int = 25,
        current: Int,
        capacity: Int = .max,
        isBackingOff: Bool = false,
    ) {
        self.now = now
        self.load = load
        self.windowLoad = windowLoad
        self.isWatching = isWatching
        self.isSettling = isSettling
        self.maxConcurrency = maxConcurrency
        self.minSize = minSize
        self.maxSize = maxSize
        self.current = current
        self.capacity = capacity
        self.isBackingOff = isBackingOff
    }
}
