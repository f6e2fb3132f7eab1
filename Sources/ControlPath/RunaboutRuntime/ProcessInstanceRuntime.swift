import Foundation
import Glibc
import LinuxEvents
public import Logging
import OCI
public import OCILayers
import OCIRuntime
public import RunaboutModel

/// Gives images as plain directories.
public protocol FlatImageProvider: ImageProvider {
    /// Writes an image's files into a directory that does not exist yet.
    ///
    /// - Throws: when the disk is full, or a layer can't be read.
    func flatten(_ image: PreparedImage, into target: String) async throws
}

extension LayerStore: FlatImageProvider {}

/// Runs instances as plain processes, for machines without root: the same behaviour, none of the isolation.
///
/// Each is held by a `runabout-supervisor`, so it outlives the daemon; each gets a port of its own by `PORT`.
public actor ProcessInstanceRuntime: InstanceRuntime {
    /// `process`.
    public nonisolated let name = "process"
    /// What instances lack.
    public nonisolated let missingIsolation = [
        "Instances are plain processes of the daemon's user: they see its files, processes and network.",
        "Limits of memory, CPU time and number of processes are not enforced.",
        "Programs run from the image's files but use the host's libraries, paths and users.",
        "Instances listen on ports of the host and can reach each other and the control API.",
    ]
    /// Ends of instances.
    public nonisolated let exits: AsyncStream<InstanceExited>

    private let settings: RuntimeSettings
    private let images: any FlatImageProvider
    nonisolated private let events: KernelEvents
    private let watch: ExitWatch
    private var starting: Set<InstanceID> = []
    private let logger: Logger

    /// How often the state of a process is read until it is stopped; the kernel takes some microseconds.
    private static let stateReadsMax = 20_000

    /// Makes the directories and gives the runtime.
    ///
    /// - Throws: ``RuntimeError`` with step `host` when the directories can't be made or `runabout-supervisor` is not
    ///   where the settings say.
    public init(
        _ settings: RuntimeSettings, images: any FlatImageProvider, logger: Logger,
    ) throws(RuntimeError) {
        guard access(settings.supervisor, X_OK) == 0 else {
            throw HostInspection.host(
                "The program runabout-supervisor is not at \(settings.supervisor): build or install it.")
        }
        do {
            for name in ["instances", "exits"] {
                try FileManager.default.createDirectory(
                    atPath: "\(settings.stateDirectory)/\(name)", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
            self.events = try KernelEvents()
            self.watch = try ExitWatch(events, directory: settings.stateDirectory + "/exits")
        } catch {
            throw HostInspection.host("Instances can't be run under \(settings.stateDirectory): \(error).")
        }
        self.settings = settings
        self.images = images
        self.exits = watch.exits
        self.logger = logger
    }

    /// Makes and starts an instance; one that was started before is left as it is.
    public func start(_ specification: InstanceSpecification) async throws(RuntimeError) -> StartedInstance {
        let id = specification.id
        let files = files(id)
        if let record = files.readRecord() {
            adopt(record)
            return StartedInstance(address: record.address, timings: StartTimings())
        }
        let clock = ContinuousClock()
        let begin = clock.now
        starting.insert(id)
        defer { starting.remove(id) }
        do throws(RuntimeError) {
            let (record, command) = try await create(specification, files)
            let created = clock.now
            let supervisor = try spawn(command, files)
            let process = try await awaitProcess(files, supervisor)
            watch.watch(files, process: process, monitor: supervisor) { false }
            logger.debug("instance started", metadata: ["instance.id": "\(id)"])
            return StartedInstance(
                address: record.address,
                timings: StartTimings(
                    createMilliseconds: (created - begin).wholeMilliseconds,
                    startMilliseconds: (clock.now - created).wholeMilliseconds))
        } catch {
            files.removeAll()
            throw error
        }
    }

    /// Stops every process of the instance's session, as a job control shell would.
    public func freeze(_ id: InstanceID) async throws(RuntimeError) {
        let process = try running(id, step: .freeze)
        kill(-process.id, SIGSTOP)
        for _ in 0..<Self.stateReadsMax {
            if ProcessTable.entry(process.id)?.state == "T" { return }
            if process.hasEnded { break }
            await Task.yield()
        }
        kill(-process.id, SIGCONT)
        throw RuntimeError(step: .freeze, instance: id, message: "Instance \(id.short) could not be frozen.")
    }

    /// Lets every process go on.
    public func thaw(_ id: InstanceID) async throws(RuntimeError) {
        kill(-(try running(id, step: .thaw)).id, SIGCONT)
    }

    /// Ends the instance's processes.
    public func stop(_ id: InstanceID, grace: Duration) async throws(RuntimeError) {
        guard let record = files(id).readRecord() else { return }
        adopt(record)
        guard watch.exit(of: id) == nil else { return }
        signalAll(id, SIGCONT)
        signalAll(id, record.stopSignal)
        if await finishes(within: grace, { [watch] in await watch.ended(id) }) { return }
        signalAll(id, SIGKILL)
        if await finishes(within: Limits.killDeadline, { [watch] in await watch.ended(id) }) { return }
        throw RuntimeError(
            step: .stop, instance: id,
            message: "Instance \(id.short) did not end within \(Limits.killDeadline) after SIGKILL.")
    }

    /// Deletes the ended instance's files; its log stays.
    public func release(_ id: InstanceID) async throws(RuntimeError) {
        let files = files(id)
        guard let record = files.readRecord() else { return }
        adopt(record)
        guard watch.exit(of: id) != nil else {
            throw RuntimeError(
                step: .release, instance: id, message: "Instance \(id.short) still runs; stop it before releasing it.")
        }
        // Only the deleting itself can take long, and it reports nothing.
        try? await blocking { files.removeAllButLog() }
        watch.forget(id)
    }

    /// Deletes the log of a released instance.
    public func forget(_ id: InstanceID) async {
        guard files(id).readRecord() == nil, !starting.contains(id) else { return }
        files(id).removeAll()
    }

    /// Every instance that was not released.
    public func observe() async throws(RuntimeError) -> [RuntimeInstance] {
        InstanceFiles.records(state: settings.stateDirectory, except: starting).map { record in
            adopt(record)
            return RuntimeInstance(record, state: state(record.id))
        }
    }

    /// The instance's log lines.
    public nonisolated func logs(
        _ id: InstanceID, tail: Int, follow: Bool,
    ) -> AsyncThrowingStream<LogLine, any Error> {
        LogReader(files(id), tail: tail, follow: follow, events: events).lines
    }

    /// What the processes of its session use.
    public func usage(_ id: InstanceID) async -> InstanceUsage? {
        guard watch.exit(of: id) == nil, let process = watch.process(of: id) else { return nil }
        return ProcessTable.usage(session: process.id)
    }

    /// Removes the files of instances that neither run nor are known.
    public func collectLeftovers(known: Set<InstanceID>) async -> [String] {
        var removed: [String] = []
        let (ids, strangers) = InstanceFiles.all(state: settings.stateDirectory)
        for id in ids where !known.contains(id) && !starting.contains(id) {
            if let record = files(id).readRecord() { adopt(record) }
            if watch.isWatched(id), watch.exit(of: id) == nil { continue }
            files(id).removeAll()
            watch.forget(id)
            removed.append("files of instance \(id.short)")
        }
        return removed + strangers.map { "left alone, not ours: \(settings.stateDirectory)/instances/\($0)" }
    }

    /// Nothing belongs to the process and not to an instance.
    public func shutDown() async {}
}

extension ProcessInstanceRuntime {
    private nonisolated func files(_ id: InstanceID) -> InstanceFiles {
        InstanceFiles(id, state: settings.stateDirectory)
    }

    private func state(_ id: InstanceID) -> RuntimeInstance.State {
        if let exit = watch.exit(of: id) { return .exited(exit) }
        let entry = watch.process(of: id).flatMap { ProcessTable.entry($0.id) }
        return entry?.state == "T" ? .frozen : .running
    }

    private func running(_ id: InstanceID, step: RuntimeError.Step) throws(RuntimeError) -> ProcessHandle {
        if let record = files(id).readRecord() { adopt(record) }
        guard watch.exit(of: id) == nil, let process = watch.process(of: id), !process.hasEnded else {
            throw RuntimeError(step: step, instance: id, message: "Instance \(id.short) does not run.")
        }
        return process
    }

    /// Signals the instance's process group, while its leader still has its number.
    private func signalAll(_ id: InstanceID, _ signal: Int32) {
        guard let process = watch.process(of: id), !process.hasEnded else { return }
        kill(-process.id, signal)
    }

    private func create(
        _ specification: InstanceSpecification, _ files: InstanceFiles,
    ) async throws(RuntimeError) -> (InstanceRecord, ProcessCommand) {
        let root = files.directory + "/root"
        do {
            let image = try await images.prepare(specification.image)
            let taken = InstanceFiles.all(state: settings.stateDirectory).ids.compactMap { self.files($0).readRecord() }
            let port = try LoopbackPort.free(besides: Set(taken.map(\.address.port)))
            let record = InstanceRecord(
                id: specification.id, service: specification.service, revision: specification.revision,
                image: specification.image, address: InstanceAddress(host: "127.0.0.1", port: port), network: nil,
                stopSignal: StopSignal.number(image.configuration.config?.stopSignal))
            try files.write(record)
            try await images.flatten(image, into: root)
            let command = try ProcessCommand(specification, image: image.configuration, root: root, port: port)
            return (record, command)
        } catch {
            throw RuntimeError(step: .create, instance: specification.id, message: "\(error)")
        }
    }

    private func spawn(_ command: ProcessCommand, _ files: InstanceFiles) throws(RuntimeError) -> ProcessHandle {
        do throws(LinuxError) {
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            guard null >= 0 else { throw LinuxError("open /dev/null") }
            defer { close(null) }
            let supervisor = try ProcessHandle.spawn(
                settings.supervisor,
                arguments: [
                    files.directory, files.exit, "\(Limits.instanceLogBytesMax.bytes)", command.workingDirectory,
                    command.program,
                ] + command.arguments,
                environment: command.environment, descriptors: [null, null, null])
            try SmallFile.replace(files.directory + "/supervisor.pid", with: "\(supervisor.id)")
            return supervisor
        } catch {
            throw RuntimeError(
                step: .start, instance: files.id, message: "The instance could not be started: \(error).")
        }
    }

    /// Waits until the supervisor says which process it started, or that it could not.
    private func awaitProcess(
        _ files: InstanceFiles, _ supervisor: ProcessHandle,
    ) async throws(RuntimeError) -> ProcessHandle? {
        let events = events
        do {
            let changes = try events.changes(.appeared, in: files.directory)
            let isInTime = await finishes(within: Limits.containerCreateDeadline) {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await supervisor.ended(events) }
                    group.addTask {
                        var iterator = changes.makeAsyncIterator()
                        while Self.processNumber(files) == nil, await iterator.next(isolation: nil) != nil {}
                    }
                    await group.next()
                    group.cancelAll()
                }
            }
            if let number = Self.processNumber(files) { return ProcessHandle(id: number) }
            supervisor.signal(SIGKILL)
            _ = supervisor.reap()
            let reader = LogReader(files, tail: 1, follow: false, events: events)
            let said = try await reader.next()?.text
            throw RuntimeError(
                step: .start, instance: files.id,
                message:
                    "The instance could not be started: \(said ?? (isInTime ? "its supervisor ended" : "no answer")).")
        } catch let error as RuntimeError {
            throw error
        } catch {
            throw RuntimeError(
                step: .start, instance: files.id, message: "The instance could not be started: \(error).")
        }
    }

    private static func processNumber(_ files: InstanceFiles) -> Int32? {
        // No file yet: no process yet.
        (try? SmallFile.read(files.directory + "/pid")).flatMap { Int32($0) }
    }

    /// Takes over an instance that an earlier daemon started.
    private func adopt(_ record: InstanceRecord) {
        guard !watch.isWatched(record.id), !starting.contains(record.id) else { return }
        let files = files(record.id)
        let process = Self.processNumber(files).flatMap { Self.held($0, file: "environ", mentions: record.id) }
        // Without the file the daemon ended before it had started anything.
        let number = (try? SmallFile.read(files.directory + "/supervisor.pid")).flatMap { Int32($0) }
        let monitor = number.flatMap { Self.held($0, file: "cmdline", mentions: record.id) }
        watch.watch(files, process: process, monitor: monitor) { false }
    }

    /// Holds a process if it is the instance's: after a reboot its number may be anybody's.
    private static func held(_ number: Int32, file: String, mentions id: InstanceID) -> ProcessHandle? {
        guard let handle = ProcessHandle(id: number) else { return nil }
        let text = try? SmallFile.read("/proc/\(number)/\(file)")
        return text?.contains(id.rawValue) == true ? handle : nil
    }
}
