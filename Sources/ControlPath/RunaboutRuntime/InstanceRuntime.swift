public import OCI
public import RunaboutModel

/// What an instance is to be made of.
public struct InstanceSpecification: Sendable {
    /// Its id, which becomes the container's.
    public let id: InstanceID
    /// The service it serves; kept as a label, so that it can be adopted.
    public let service: ServiceID
    /// The revision it comes from; kept as a label.
    public let revision: RevisionID
    /// The service's name; instances get it as `RUNABOUT_SERVICE`.
    public let serviceName: String
    /// The image's manifest.
    public let image: Digest
    /// How it runs.
    public let configuration: InstanceConfiguration

    /// Takes all values.
    public init(
        id: InstanceID,
        service: ServiceID,
        revision: RevisionID,
        serviceName: String,
        image: Digest,
        configuration: InstanceConfiguration,
    ) {
        self.id = id
        self.service = service
        self.revision = revision
        self.serviceName = serviceName
        self.image = image
        self.configuration = configuration
    }
}

/// What the runtime says of an instance it holds.
public struct RuntimeInstance: Hashable, Sendable {
    /// What its process does.
    public enum State: Hashable, Sendable {
        case running
        case frozen
        case exited(InstanceExit)
    }

    /// Its id.
    public let id: InstanceID
    /// Its labels.
    public let service: ServiceID
    /// Its labels.
    public let revision: RevisionID
    /// Where it listens.
    public let address: InstanceAddress
    /// What its process does.
    public let state: State

    /// Takes all values.
    public init(
        id: InstanceID, service: ServiceID, revision: RevisionID, address: InstanceAddress, state: State,
    ) {
        self.id = id
        self.service = service
        self.revision = revision
        self.address = address
        self.state = state
    }
}

/// A started instance.
public struct StartedInstance: Hashable, Sendable {
    /// Where it listens.
    public let address: InstanceAddress
    /// How long making and starting it took.
    public let timings: StartTimings

    /// Takes both values.
    public init(address: InstanceAddress, timings: StartTimings) {
        self.address = address
        self.timings = timings
    }
}

/// The end of an instance's process.
public struct InstanceExited: Hashable, Sendable {
    /// Which instance.
    public let id: InstanceID
    /// How it ended.
    public let exit: InstanceExit

    /// Takes both values.
    public init(id: InstanceID, exit: InstanceExit) {
        self.id = id
        self.exit = exit
    }
}

/// Why the runtime could not do what it was asked.
public struct RuntimeError: Error, CustomStringConvertible {
    /// Which step failed.
    public enum Step: String, Sendable {
        case host
        case rootFileSystem
        case network
        case create
        case start
        case freeze
        case thaw
        case stop
        case release
        case logs
    }

    /// Which step failed.
    public let step: Step
    /// The instance it was for; nil when it was for none.
    public let instance: InstanceID?
    /// What was attempted, what came of it and what to do.
    public let message: String

    /// Takes all values.
    public init(step: Step, instance: InstanceID?, message: String) {
        self.step = step
        self.instance = instance
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// Runs instances.
///
/// The same suite of tests holds for every implementation.
///
/// Instances outlive the process that started them: a new runtime over the same state directory finds them by
/// ``observe()``. Every method is idempotent: what is done already is not an error.
public protocol InstanceRuntime: Sendable {
    /// `oci` or `process`.
    var name: String { get }

    /// What of the isolation of instances this runtime or host does not give, a sentence each; empty when it is whole.
    var missingIsolation: [String] { get }

    /// Makes and starts an instance; returns once its process runs.
    func start(_ specification: InstanceSpecification) async throws(RuntimeError) -> StartedInstance

    /// Stops giving it CPU; its memory and sockets stay.
    func freeze(_ id: InstanceID) async throws(RuntimeError)

    /// Gives it CPU again.
    func thaw(_ id: InstanceID) async throws(RuntimeError)

    /// Ends it: thaw, SIGTERM, SIGKILL after the grace. Returns when its process is gone; the exit is reported too.
    func stop(_ id: InstanceID, grace: Duration) async throws(RuntimeError)

    /// Releases everything an ended instance held. Its log stays readable until ``forget(_:)``.
    func release(_ id: InstanceID) async throws(RuntimeError)

    /// Deletes the log of a released instance.
    func forget(_ id: InstanceID) async

    /// Everything that carries our labels, running or ended but not released. Starts watching what runs for its exit.
    func observe() async throws(RuntimeError) -> [RuntimeInstance]

    /// Ends of instances, each once, from the moment of the call. One consumer.
    var exits: AsyncStream<InstanceExited> { get }

    /// The lines of its log: the last `tail`, then, when following, each new one until it is released or the
    /// consumer stops.
    func logs(_ id: InstanceID, tail: Int, follow: Bool) -> AsyncThrowingStream<LogLine, any Error>

    /// What it uses now; nil when it does not run.
    func usage(_ id: InstanceID) async -> InstanceUsage?

    /// Looks for what earlier runs left behind (mounts, namespaces, cgroups, sockets, bundles of instances that do not
    /// run and that `known` does not hold) and removes it. Says, a line each, what it removed.
    func collectLeftovers(known: Set<InstanceID>) async -> [String]

    /// Tidies what belongs to the process and not to instances (network pool), at the end of a run.
    func shutDown() async
}
