import CLinux
import Glibc
public import LinuxEvents

/// The monitor that holds a container's output, its log and its exit status, whatever becomes of the daemon.
///
/// Source: conmon 2.1, its manual and the messages on its synchronisation pipe.
public struct Conmon: Hashable, Sendable {
    /// The container.
    public let id: String
    /// The runtime it calls.
    public let runtime: Runc
    /// Absolute path of the runtime's program.
    public let runtimePath: String
    /// The directory with `config.json`; `pid` and `conmon.pid` appear in it.
    public let bundle: String
    /// The log file.
    public let log: String
    /// Bytes of the log file; beyond, it starts anew.
    public let logBytesMax: Int64
    /// The directory in which a file with the container's id appears when it has ended: its exit status in digits.
    public let exitDirectory: String

    /// Takes all values.
    public init(
        id: String,
        runtime: Runc,
        runtimePath: String,
        bundle: String,
        log: String,
        logBytesMax: Int64,
        exitDirectory: String,
    ) {
        self.id = id
        self.runtime = runtime
        self.runtimePath = runtimePath
        self.bundle = bundle
        self.log = log
        self.logBytesMax = logBytesMax
        self.exitDirectory = exitDirectory
    }

    /// Its command line.
    var arguments: [String] {
        [
            "--api-version", "1", "--cid", id, "--cuuid", id, "--name", id, "--runtime", runtimePath,
            "--runtime-arg", "--root=\(runtime.root)", "--bundle", bundle, "--container-pidfile", bundle + "/pid",
            "--conmon-pidfile", bundle + "/conmon.pid", "--log-path", "k8s-file:\(log)", "--log-size-max",
            "\(logBytesMax)", "--exit-dir", exitDirectory, "--full-attach", "--no-new-keyring", "--log-level",
            "warning",
        ]
    }

    /// Starts the monitor, which creates the container; gives the number of the container's first process, which waits
    /// for ``Runc/start(_:)``.
    ///
    /// - Throws: ``ExternalProgramError`` with what conmon or the runtime said, or when the time is over.
    public func create(
        _ events: KernelEvents, conmon: String, within duration: Duration,
    ) async throws(ExternalProgramError) -> Int32 {
        let pipe: (read: Int32, write: Int32)
        let monitor: ProcessHandle
        let sayings = bundle + "/conmon.err"
        do throws(LinuxError) {
            pipe = try Self.makePipe()
            defer { close(pipe.write) }
            monitor = try start(conmon, sayings: sayings, pipe: pipe.write)
        } catch {
            throw ExternalProgramError(program: "conmon", message: "it could not be started: \(error)")
        }
        defer { close(pipe.read) }
        // conmon's first process ends once the second one is on its own; it is ours to reap.
        try? monitor.whenEnded(events) { _ = monitor.reap() }
        let answer = AnswerLine()
        let readEnd = pipe.read
        let isInTime = await finishes(within: duration) {
            while !Task.isCancelled, answer.readMore(readEnd) {
                await events.readable(readEnd)
            }
        }
        if isInTime, let pid = answer.processNumber { return pid }
        throw failure(answer, isInTime: isInTime, sayings: sayings)
    }

    private func start(_ conmon: String, sayings: String, pipe: Int32) throws(LinuxError) -> ProcessHandle {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw LinuxError("open /dev/null") }
        defer { close(null) }
        let complaints = open(sayings, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard complaints >= 0 else { throw LinuxError("create \(sayings)") }
        defer { close(complaints) }
        return try ProcessHandle.spawn(
            conmon, arguments: arguments,
            environment: ["_OCI_SYNCPIPE=3", "PATH=\(ExternalProgram.path)"],
            directory: bundle, descriptors: [null, null, complaints, pipe])
    }

    private func failure(_ answer: AnswerLine, isInTime: Bool, sayings: String) -> ExternalProgramError {
        guard isInTime else {
            return ExternalProgramError(program: "conmon", message: "it did not create the container in time")
        }
        if let message = answer.message {
            return ExternalProgramError(program: runtime.program, message: ExternalProgram.lastWords(message))
        }
        // Without a file it said nothing.
        let said = (try? SmallFile.read(sayings)) ?? ""
        return ExternalProgramError(
            program: "conmon",
            message: said.isEmpty ? "it ended without creating the container" : ExternalProgram.lastWords(said))
    }

    private static func makePipe() throws(LinuxError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard clinux_make_pipe(&ends) == 0 else { throw LinuxError("make a pipe") }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }
}
