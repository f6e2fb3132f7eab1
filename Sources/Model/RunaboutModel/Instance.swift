/// Where an instance is in its life.
///
/// `pending → creating → starting → ready ⇄ frozen → draining → stopping → stopped | failed`
public enum InstanceState: String, Sendable, Codable, CaseIterable {
    /// Decided, nothing made yet.
    ///
    /// Next: `creating`.
    case pending
    /// The runtime makes its root filesystem, network and container.
    ///
    /// Next: `starting`, or `failed`.
    case creating
    /// Its process runs and has not passed its health check yet.
    ///
    /// Next: `ready`; `stopping` at the deadline; `failed`.
    case starting
    /// It serves, or could.
    ///
    /// Next: `frozen`, `draining`, `failed` when it exits or turns unhealthy.
    case ready
    /// Its processes get no CPU, its memory is kept.
    ///
    /// Next: `ready` by a thaw; `draining`.
    case frozen
    /// It gets no new requests and finishes those it has.
    ///
    /// Next: `stopping` when none is left or at the deadline.
    case draining
    /// It was told to end.
    ///
    /// Next: `stopped`.
    case stopping
    /// It ended because we wanted it to.
    case stopped
    /// It ended, or had to be ended, against our wish; see its `InstanceExit`.
    case failed

    /// Whether nothing of it runs any more.
    public var isEnded: Bool { self == .stopped || self == .failed }
}

/// How a process of ours ended.
public struct InstanceExit: Hashable, Sendable, Codable {
    /// The exit status; for an end by signal 128 plus its number.
    ///
    /// -1 when nobody could tell.
    public let status: Int
    /// Whether the kernel killed it because it went over its memory limit.
    public let isOutOfMemory: Bool

    /// Takes both facts.
    public init(status: Int, isOutOfMemory: Bool) {
        self.status = status
        self.isOutOfMemory = isOutOfMemory
    }
}

/// Where an instance listens.
public struct InstanceAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    /// An IPv4 address in dotted form.
    public let host: String
    /// A TCP port.
    public let port: Int

    /// Takes both parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`.
    public var description: String { "\(host):\(port)" }
}

/// How long each step from the decision to the first passed probe took; nil where it has not happened.
public struct StartTimings: Hashable, Sendable, Codable {
    /// Root filesystem, network and container were made, in milliseconds.
    public var createMilliseconds: Int64?
    /// The process was started, in milliseconds.
    public var startMilliseconds: Int64?
    /// From started to the last probe that made it healthy, in milliseconds.
    public var healthyMilliseconds: Int64?

    /// Takes what is known.
    public init(createMilliseconds: Int64? = nil, startMilliseconds: Int64? = nil, healthyMilliseconds: Int64? = nil) {
        self.createMilliseconds = createMilliseconds
        self.startMilliseconds = startMilliseconds
        self.healthyMilliseconds = healthyMilliseconds
    }

    /// The sum of what is known, in milliseconds.
    public var totalMilliseconds: Int64 {
        (createMilliseconds ?? 0) + (startMilliseconds ?? 0) + (healthyMilliseconds ?? 0)
    }
}

/// One running container (or process) of a revision, as the store keeps it.
public struct Instance: Hashable, Sendable, Codable {
    /// Assigned by the control plane; also the container's id.
    public let id: InstanceID
    /// The service it serves.
    public let service: ServiceID
    /// What it was made from.
    public let revision: RevisionID
    /// Where it is in its life, as last written.
    public var state: InstanceState
    /// Where it listens; nil until it was made.
    public var address: InstanceAddress?
    /// How it ended; nil while it runs.
    public var exit: InstanceExit?
    /// Why it ended or failed, one sentence; nil while it runs.
    public var reason: String?
    /// How long its start took.
    public var timings: StartTimings
    /// When it was decided.
    public let createdAt: UnixTime
    /// When its row last changed.
    public var updatedAt: UnixTime

    /// Takes all values.
    public init(
        id: InstanceID,
        service: ServiceID,
        revision: RevisionID,
        state: InstanceState,
        address: InstanceAddress? = nil,
        exit: InstanceExit? = nil,
        reason: String? = nil,
        timings: StartTimings = StartTimings(),
        createdAt: UnixTime,
        updatedAt: UnixTime,
    ) {
        self.id = id
        self.service = service
        self.revision = revision
        self.state = state
        self.address = address
        self.exit = exit
        self.reason = reason
        self.timings = timings
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
