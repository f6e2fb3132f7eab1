/// One line an instance wrote.
public struct LogLine: Hashable, Sendable, Codable {
    /// Where a line was written to.
    public enum Stream: String, Sendable, Codable {
        case stdout
        case stderr
    }

    /// When the line was read.
    public let at: UnixTime
    /// Where it was written to.
    public let stream: Stream
    /// The line without its end; bytes that are not UTF-8 are replaced.
    public let text: String

    /// Takes all values.
    public init(at: UnixTime, stream: Stream, text: String) {
        self.at = at
        self.stream = stream
        self.text = text
    }
}

/// What an instance uses at this moment.
public struct InstanceUsage: Hashable, Sendable, Codable {
    /// CPU time since its start, in nanoseconds.
    public let cpuNanoseconds: Int64
    /// Memory that counts against its limit.
    public let memory: ByteCount
    /// Processes and threads.
    public let processes: Int

    /// Takes all values.
    public init(cpuNanoseconds: Int64, memory: ByteCount, processes: Int) {
        self.cpuNanoseconds = cpuNanoseconds
        self.memory = memory
        self.processes = processes
    }
}
