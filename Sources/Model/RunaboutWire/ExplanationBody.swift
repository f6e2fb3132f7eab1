public import RunaboutModel

/// Why a service has the instances it has.
public struct ExplanationBody: Hashable, Sendable, Codable {
    /// Scaling decisions that changed something, newest first.
    public let decisions: [ScaleDecisionBody]
    /// Requests that waited for an instance, newest first.
    public let wakes: [WakeBody]
    /// Requests that the platform ended, newest first.
    public let failures: [RequestFailureBody]
    /// What the router says now; absent when it has said nothing.
    public let demand: DemandBody?

    /// Takes all values.
    public init(
        decisions: [ScaleDecisionBody], wakes: [WakeBody], failures: [RequestFailureBody], demand: DemandBody?,
    ) {
        self.decisions = decisions
        self.wakes = wakes
        self.failures = failures
        self.demand = demand
    }
}

/// How many instances there should be, and why.
public struct ScaleDecisionBody: Hashable, Sendable, Codable {
    /// When it was decided.
    public let at: Timestamp
    /// Requests at instances.
    public let inFlight: Int
    /// Requests that waited.
    public let queued: Int
    /// Requests in flight at one instance, at most.
    public let maxConcurrency: Int
    /// What demand alone asks for, within the sizes.
    public let wanted: Int
    /// The greatest `wanted` within the stabilisation window.
    public let windowMax: Int
    /// Instances there were.
    public let current: Int
    /// Instances there should be.
    public let desired: Int
    /// `up`, `down`, `steady`, `held`, `watching`.
    public let rule: String
    /// `none`, `minSize`, `maxSize`, `memory`, `crashBackoff`.
    public let bound: String

    /// Takes all values.
    public init(
        at: Timestamp,
        inFlight: Int,
        queued: Int,
        maxConcurrency: Int,
        wanted: Int,
        windowMax: Int,
        current: Int,
        desired: Int,
        rule: String,
        bound: String,
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

/// A request that had to wait for an instance, split into its parts.
public struct WakeBody: Hashable, Sendable, Codable {
    /// When its first answer byte came.
    public let at: Timestamp
    /// The instance that answered.
    public let instance: InstanceID
    /// In the queue; the instance's start is inside it.
    public let queueMilliseconds: Int64
    /// What the instance's start took, where the request waited for it; absent when the instance had started before.
    public let timings: StartTimingsBody?
    /// From being sent to the instance to the first answer byte.
    public let firstByteMilliseconds: Int64

    /// Takes all values.
    public init(
        at: Timestamp,
        instance: InstanceID,
        queueMilliseconds: Int64,
        timings: StartTimingsBody?,
        firstByteMilliseconds: Int64,
    ) {
        self.at = at
        self.instance = instance
        self.queueMilliseconds = queueMilliseconds
        self.timings = timings
        self.firstByteMilliseconds = firstByteMilliseconds
    }
}

/// A request that ended without the service's whole answer.
public struct RequestFailureBody: Hashable, Sendable, Codable {
    /// When it ended.
    public let at: Timestamp
    /// The instance it was sent to, if it was.
    public let instance: InstanceID?
    /// Its `X-Request-Id`.
    public let requestId: String
    /// `answered`, `clientGone`, or the platform's error code: `queueFull`, `instanceClosed`.
    public let outcome: String
    /// How long it waited for an instance.
    public let queueMilliseconds: Int64
    /// From its acceptance to its end.
    public let totalMilliseconds: Int64

    /// Takes all values.
    public init(
        at: Timestamp,
        instance: InstanceID?,
        requestId: String,
        outcome: String,
        queueMilliseconds: Int64,
        totalMilliseconds: Int64,
    ) {
        self.at = at
        self.instance = instance
        self.requestId = requestId
        self.outcome = outcome
        self.queueMilliseconds = queueMilliseconds
        self.totalMilliseconds = totalMilliseconds
    }
}

/// What a service has to do at this moment, exact.
public struct DemandBody: Hashable, Sendable, Codable {
    /// What one instance has to do.
    public struct InstanceDemandBody: Hashable, Sendable, Codable {
        /// Which instance.
        public let id: InstanceID
        /// Requests sent to it whose answers have not ended.
        public let inFlight: Int

        /// Takes both values.
        public init(id: InstanceID, inFlight: Int) {
            self.id = id
            self.inFlight = inFlight
        }
    }

    /// Requests at instances.
    public let inFlight: Int
    /// Requests that wait for one.
    public let queued: Int
    /// The greatest sum of both since the report before.
    public let peak: Int
    /// Requests accepted since the router started.
    public let accepted: Int64
    /// One entry for each instance in the route.
    public let instances: [InstanceDemandBody]

    /// Takes all values.
    public init(inFlight: Int, queued: Int, peak: Int, accepted: Int64, instances: [InstanceDemandBody]) {
        self.inFlight = inFlight
        self.queued = queued
        self.peak = peak
        self.accepted = accepted
        self.instances = instances
    }
}
