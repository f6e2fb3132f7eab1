public import RunaboutModel

/// One running container (or process) of a revision.
public struct InstanceBody: Hashable, Sendable, Codable {
    /// Unique; also the container's id.
    public let id: InstanceID
    /// The service it serves.
    public let service: ServiceID
    /// What it was made from.
    public let revision: RevisionID
    /// Where it is in its life.
    public let state: InstanceState
    /// `host:port` where it listens; absent until it was made.
    public let address: String?
    /// How it ended; absent while it runs.
    public let exit: InstanceExitBody?
    /// Why it ended or failed, one sentence.
    public let reason: String?
    /// How long its start took.
    public let timings: StartTimingsBody
    /// When it was decided.
    public let createdAt: Timestamp
    /// When it last changed.
    public let updatedAt: Timestamp

    /// Takes the model's values.
    public init(_ instance: Instance) {
        self.id = instance.id
        self.service = instance.service
        self.revision = instance.revision
        self.state = instance.state
        self.address = instance.address?.description
        self.exit = instance.exit.map { InstanceExitBody($0) }
        self.reason = instance.reason
        self.timings = StartTimingsBody(instance.timings)
        self.createdAt = Timestamp(instance.createdAt)
        self.updatedAt = Timestamp(instance.updatedAt)
    }
}

/// How an instance's process ended.
public struct InstanceExitBody: Hashable, Sendable, Codable {
    /// The exit status; for an end by signal 128 plus its number; -1 when nobody could tell.
    public let status: Int
    /// Whether the kernel killed it for going over its memory limit.
    public let isOutOfMemory: Bool

    /// Takes the model's values.
    public init(_ exit: InstanceExit) {
        self.status = exit.status
        self.isOutOfMemory = exit.isOutOfMemory
    }
}

/// How long each step of a start took; what has not happened is absent.
public struct StartTimingsBody: Hashable, Sendable, Codable {
    /// Root filesystem, network and container were made.
    public let createMilliseconds: Int64?
    /// The process was started.
    public let startMilliseconds: Int64?
    /// From started to healthy.
    public let healthyMilliseconds: Int64?

    /// Takes the model's values.
    public init(_ timings: StartTimings) {
        self.createMilliseconds = timings.createMilliseconds
        self.startMilliseconds = timings.startMilliseconds
        self.healthyMilliseconds = timings.healthyMilliseconds
    }
}

/// What an instance uses at this moment.
public struct InstanceUsageBody: Hashable, Sendable, Codable {
    /// CPU time since its start, in nanoseconds.
    public let cpuNanoseconds: Int64
    /// Memory that counts against its limit, in bytes.
    public let memoryBytes: Int64
    /// Processes and threads.
    public let processes: Int

    /// Takes the model's values.
    public init(_ usage: InstanceUsage) {
        self.cpuNanoseconds = usage.cpuNanoseconds
        self.memoryBytes = usage.memory.bytes
        self.processes = usage.processes
    }
}

/// One line an instance wrote.
public struct LogLineBody: Hashable, Sendable, Codable {
    /// The instance that wrote it.
    public let instance: InstanceID
    /// When it was read.
    public let at: Timestamp
    /// `stdout` or `stderr`.
    public let stream: LogLine.Stream
    /// The line without its end.
    public let text: String

    /// Takes the model's values.
    public init(_ line: LogLine, instance: InstanceID) {
        self.instance = instance
        self.at = Timestamp(line.at)
        self.stream = line.stream
        self.text = line.text
    }
}
