public import RunaboutModel

/// Whether the router may send requests to an instance.
public enum RouteInstanceState: String, Sendable, Codable {
    /// It takes requests.
    case ready
    /// It gets no new requests and finishes those it has. The router says *drained* when it has none left; the
    /// control plane then freezes or stops it.
    case draining
}

/// An instance as the router sees it.
public struct RouteInstance: Hashable, Sendable, Codable {
    /// Which instance.
    public let id: InstanceID
    /// Where it listens.
    public let address: InstanceAddress
    /// Whether it may get requests.
    public let state: RouteInstanceState

    /// Takes all values.
    public init(id: InstanceID, address: InstanceAddress, state: RouteInstanceState) {
        self.id = id
        self.address = address
        self.state = state
    }
}

/// What the router does with a request when no instance of the service can take it.
public enum RouteAvailability: Hashable, Sendable, Codable {
    /// It waits in the queue: an instance is there or will be.
    case serving
    /// It is refused with 503: the owner paused the service.
    case paused
    /// It is refused with 503 and this reason: instances cannot be started.
    case failing(reason: String)
}

/// Everything the router needs to serve one service.
///
/// Replaces whatever it had for that service before.
public struct ServiceRoute: Hashable, Sendable, Codable {
    /// Which service.
    public let service: ServiceID
    /// Hosts it answers at, lower case, without port.
    public let hosts: [String]
    /// Goes up with each route of this service; the router refuses an older one.
    public let generation: Int64
    /// Requests in flight at one instance, at most; never exceeded.
    public let maxConcurrency: Int
    /// Requests that may wait, at most.
    public let queueLengthMax: Int
    /// Milliseconds a request may wait.
    public let queueWaitMilliseconds: Int64
    /// How long the router waits for what.
    public let timeouts: RouteTimeouts
    /// The protocol its instances speak.
    public let instanceProtocol: InstanceProtocol
    /// What happens when no instance can take a request.
    public let availability: RouteAvailability
    /// The instances, in the order in which small limits fill them.
    public let instances: [RouteInstance]

    /// Takes all values.
    public init(
        service: ServiceID,
        hosts: [String],
        generation: Int64,
        maxConcurrency: Int,
        queueLengthMax: Int,
        queueWaitMilliseconds: Int64,
        timeouts: RouteTimeouts,
        instanceProtocol: InstanceProtocol = .http1,
        availability: RouteAvailability,
        instances: [RouteInstance],
    ) {
        self.service = service
        self.hosts = hosts
        self.generation = generation
        self.maxConcurrency = maxConcurrency
        self.queueLengthMax = queueLengthMax
        self.queueWaitMilliseconds = queueWaitMilliseconds
        self.timeouts = timeouts
        self.instanceProtocol = instanceProtocol
        self.availability = availability
        self.instances = instances
    }
}

/// What one instance has to do at this moment, exact.
public struct InstanceDemand: Hashable, Sendable, Codable {
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

/// What one service has to do at this moment, exact.
public struct ServiceDemand: Hashable, Sendable, Codable {
    /// Which service.
    public let service: ServiceID
    /// The generation of the route this was counted under.
    public let generation: Int64
    /// Requests at instances.
    public let inFlight: Int
    /// Requests that wait for one.
    public let queued: Int
    /// The greatest `inFlight + queued` since the report before this one.
    public let peak: Int
    /// Requests accepted since the router started: tells activity between two reports that look the same.
    public let accepted: Int64
    /// One entry for each instance in the route.
    public let instances: [InstanceDemand]

    /// Takes all values.
    public init(
        service: ServiceID,
        generation: Int64,
        inFlight: Int,
        queued: Int,
        peak: Int,
        accepted: Int64,
        instances: [InstanceDemand],
    ) {
        self.service = service
        self.generation = generation
        self.inFlight = inFlight
        self.queued = queued
        self.peak = peak
        self.accepted = accepted
        self.instances = instances
    }
}
