public import RunaboutModel

/// Names an instance inside one ``ServiceAdmission``: small, the same while the instance is known, reused afterwards.
public struct InstanceSlot: Hashable, Sendable {
    /// From 0 upwards; fit to index an array kept beside the machine.
    public let index: Int

    /// Takes the index.
    public init(index: Int) { self.index = index }
}

/// Names a waiting request, for its removal; never used twice by one machine.
public struct QueueTicket: Hashable, Sendable {
    let number: UInt64
}

/// Whether a request's wait is news for the autoscaler.
public enum DemandEdge: Hashable, Sendable {
    /// Others were waiting already.
    case none
    /// The queue became non-empty while instances serve: tell after `Limits.demandSettle`.
    case whileServing
    /// The queue became non-empty and no instance serves: tell at once.
    case withoutInstance
}

/// What to do with a request that arrived.
public enum Arrival: Hashable, Sendable {
    /// Send it to this instance; it is counted there.
    case admit(InstanceSlot)
    /// Keep it; it is counted as waiting.
    case queue(QueueTicket, DemandEdge)
    /// Answer with the platform's error.
    case refuse(PlatformErrorCode)
}

/// A request leaves the queue for an instance, where it is counted already.
public struct Dispatch: Hashable, Sendable {
    /// The caller's number of the request.
    public let request: UInt64
    /// Where to send it.
    public let slot: InstanceSlot

    /// Takes both values.
    public init(request: UInt64, slot: InstanceSlot) {
        self.request = request
        self.slot = slot
    }
}

/// A request leaves the queue for a platform error.
public struct Refusal: Hashable, Sendable {
    /// The caller's number of the request.
    public let request: UInt64
    /// The error.
    public let code: PlatformErrorCode

    /// Takes both values.
    public init(request: UInt64, code: PlatformErrorCode) {
        self.request = request
        self.code = code
    }
}

/// An instance that gets nothing new has nothing left.
public struct DrainedInstance: Hashable, Sendable {
    /// Which instance.
    public let id: InstanceID
    /// The generation of the route that lists it as draining.
    public let generation: Int64

    /// Takes both values.
    public init(id: InstanceID, generation: Int64) {
        self.id = id
        self.generation = generation
    }
}

/// What a request's end leads to.
public struct Finish: Hashable, Sendable {
    /// The waiting request that takes the place.
    public var dispatch: Dispatch?
    /// The instance, when it was draining and this was its last request.
    public var drained: DrainedInstance?
    /// The slot, when its instance is in no route any more and this was its last request.
    public var forgotten: InstanceSlot?

    /// Nothing.
    public init() {}
}

/// What a connection that could not be made leads to.
public struct Unreachable: Hashable, Sendable {
    /// What becomes of the request.
    public let arrival: Arrival
    /// What the end of its place at the unreachable instance leads to.
    public let finish: Finish
}

/// What the passing of time leads to.
public struct Expiry: Hashable, Sendable {
    /// Requests that waited too long.
    public var refused: [Refusal] = []
    /// Requests that go to instances which are trusted again.
    public var dispatched: [Dispatch] = []
}

/// What a new route leads to.
public struct RouteChange: Hashable, Sendable {
    /// Whether the route was older than the one in force, so that nothing changed.
    public var isOlder = false
    /// Waiting requests that found a place.
    public var dispatched: [Dispatch] = []
    /// Waiting requests that may wait no longer.
    public var refused: [Refusal] = []
    /// Draining instances without requests.
    public var drained: [DrainedInstance] = []
    /// Slots whose instances are gone.
    public var forgotten: [InstanceSlot] = []
}
