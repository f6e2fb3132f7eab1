import Cgroups
import Foundation
import Glibc
import LinuxEvents
import LinuxNetworking
public import Logging
import OCI
public import OCILayers
import OCIRuntime
public import RunaboutModel

/// Runs instances as containers: conmon and an OCI runtime, over unpacked layers, in network namespaces kept ready.
///
/// All it knows is on disk and in the kernel; an object made by a later daemon over the same directories goes on where
/// this one stopped.
public actor OCIInstanceRuntime: InstanceRuntime {
    /// `oci`.
    public nonisolated let name = "oci"
    /// What instances lack on this host.
    public nonisolated let missingIsolation: [String]
    /// Ends of instances.
    public nonisolated let exits: AsyncStream<InstanceExited>

    let settings: RuntimeSettings
    let images: any ImageProvider
    let network: InstanceNetwork
    let runc: Runc
    let hierarchy: CgroupHierarchy
    nonisolated let events: KernelEvents
    let watch: ExitWatch
    /// Instances that are being made: on disk already, and not to be taken for ended ones.
    var starting: Set<InstanceID> = []
    private let logger: Logger

    /// Makes the host ready and gives the runtime.
    ///
    /// - Throws: ``RuntimeError`` with step `host` or `network` when this host can't run containers: not root, a
    ///   program or kernel feature missing, the state directory on overlayfs. The message says what to do.
    public static func open(
        _ settings: RuntimeSettings, images: any ImageProvider, logger: Logger,
    ) async throws(RuntimeError) -> OCIInstanceRuntime {
        try HostInspection.prepare(settings)
        let runc = try await HostInspection.program(settings)
        let events: KernelEvents
        let hierarchy: CgroupHierarchy
        let watch: ExitWatch
        do throws(LinuxError) {
            events = try KernelEvents()
            hierarchy = try CgroupHierarchy.detect()
            watch = try ExitWatch(events, directory: settings.stateDirectory + "/exits")
        } catch {
            throw HostInspection.host("This host can't run containers: \(error).")
        }
        let network = InstanceNetwork(settings.network)
        let used = InstanceFiles.all(state: settings.stateDirectory).ids.compactMap {
            InstanceFiles($0, state: settings.stateDirectory).readRecord()?.network
        }
        let missing: [String]
        do {
            missing = try await network.setUp(inUse: Set(used))
        } catch {
            throw RuntimeError(step: .network, instance: nil, message: "\(error)")
        }
        return OCIInstanceRuntime(
            settings: settings, images: images, network: network, runc: runc, hierarchy: hierarchy, events: events,
            watch: watch, missingIsolation: missing, logger: logger)
    }

    private init(
        settings: RuntimeSettings,
        images: any ImageProvider,
        network: InstanceNetwork,
        runc: Runc,
        hierarchy: CgroupHierarchy,
        events: KernelEvents,
        watch: ExitWatch,
        missingIsolation: [String],
        logger: Logger,
    ) {
        self.settings = settings
        self.images = images
        self.network = network
        self.runc = runc
        self.hierarchy = hierarchy
        self.events = events
        self.watch = watch
        self.exits = watch.exits
        self.missingIsolation = missingIsolation
        self.logger = logger
    }

    /// Which program runs containers here: `runc` or `crun`.
    public nonisolated var program: String { runc.program }

    /// Makes and starts an instance; one that was started before is left as it is.
    public func start(_ specification: InstanceSpecification) async throws(RuntimeError) -> StartedInstance {
        let files = files(specification.id)
        if let record = files.readRecord() {
            adopt(record)
            return StartedInstance(address: record.address, timings: StartTimings())
        }
        let clock = ContinuousClock()
        let begin = clock.now
        starting.insert(specification.id)
        defer { starting.remove(specification.id) }
        let process = try await create(specification, files)
        let created = clock.now
        do {
            try await runc.start(specification.id.rawValue)
        } catch {
            await undo(specification.id)
            throw RuntimeError(
                step: .start, instance: specification.id, message: "The container could not be started: \(error).")
        }
        let started = clock.now
        ContainerBundle(files.bundle).removeConfiguration()
        guard let record = files.readRecord() else {
            throw RuntimeError(
                step: .start, instance: specification.id, message: "The instance was released while it started.")
        }
        watchProcess(record, process: process)
        logger.debug("instance started", metadata: ["instance.id": "\(specification.id)"])
        return StartedInstance(
            address: record.address,
            timings: StartTimings(
                createMilliseconds: (created - begin).wholeMilliseconds,
                startMilliseconds: (started - created).wholeMilliseconds))
    }

    /// Freezes every process of the instance.
    public func freeze(_ id: InstanceID) async throws(RuntimeError) {
        try requireRunning(id, step: .freeze)
        do {
            try await cgroup(id).freeze(events, within: Limits.freezeDeadline)
        } catch {
            throw RuntimeError(
                step: .freeze, instance: id, message: "Instance \(id.short) could not be frozen: \(error).")
        }
    }

    /// Thaws every process of the instance.
    public func thaw(_ id: InstanceID) async throws(RuntimeError) {
        try requireRunning(id, step: .thaw)
        do {
            try await cgroup(id).thaw(events, within: Limits.freezeDeadline)
        } catch {
            throw RuntimeError(
                step: .thaw, instance: id, message: "Instance \(id.short) could not be thawed: \(error).")
        }
    }

    /// Ends the instance's processes.
    public func stop(_ id: InstanceID, grace: Duration) async throws(RuntimeError) {
        guard let record = files(id).readRecord() else { return }
        adopt(record)
        guard watch.exit(of: id) == nil else { return }
        let cgroup = cgroup(id)
        // A frozen process takes no signal; what can't be thawed is killed below, which thaws again.
        try? await cgroup.thaw(events, within: Limits.freezeDeadline)
        watch.process(of: id)?.signal(record.stopSignal)
        if await finishes(within: grace, { [watch] in await watch.ended(id) }) { return }
        watch.process(of: id)?.signal(SIGKILL)
        let isGone = await cgroup.killAll(events, within: Limits.killDeadline)
        if isGone, await finishes(within: Limits.killDeadline, { [watch] in await watch.ended(id) }) { return }
        throw RuntimeError(
            step: .stop, instance: id,
            message: "Instance \(id.short) did not end within \(Limits.killDeadline) after SIGKILL; a process of it "
                + "probably waits for a disk.")
    }

    /// Releases what an ended instance held; its log stays.
    public func release(_ id: InstanceID) async throws(RuntimeError) {
        guard let record = files(id).readRecord() else { return }
        adopt(record)
        guard watch.exit(of: id) != nil else {
            throw RuntimeError(
                step: .release, instance: id, message: "Instance \(id.short) still runs; stop it before releasing it.")
        }
        try await dismantle(record)
    }

    /// Deletes the log of a released instance.
    public func forget(_ id: InstanceID) async {
        guard files(id).readRecord() == nil else { return }
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

    /// What the instance uses now.
    public func usage(_ id: InstanceID) async -> InstanceUsage? {
        guard watch.isWatched(id), watch.exit(of: id) == nil, let usage = cgroup(id).usage() else { return nil }
        return InstanceUsage(
            cpuNanoseconds: usage.cpuNanoseconds, memory: ByteCount(bytes: usage.memoryBytes),
            processes: usage.processes)
    }

    /// Gives back what is kept ready; bridge and rules too when no instance is left.
    public func shutDown() async {
        await network.tearDown()
        let parent = Cgroup(settings.cgroupParent, in: hierarchy)
        guard parent.children.isEmpty else { return }
        // Both are empty directories then; what keeps one from being removed is for the next run to find.
        try? parent.remove()
        rmdir(settings.rootsDirectory)
    }
}

extension OCIInstanceRuntime {
    nonisolated func files(_ id: InstanceID) -> InstanceFiles { InstanceFiles(id, state: settings.stateDirectory) }

    nonisolated func cgroup(_ id: InstanceID) -> Cgroup { Cgroup("\(settings.cgroupParent)/\(id)", in: hierarchy) }

    nonisolated func rootFileSystem(_ id: InstanceID) -> RootFileSystem {
        RootFileSystem(path: "\(settings.rootsDirectory)/\(id)", directory: files(id).directory)
    }

    private func state(_ id: InstanceID) -> RuntimeInstance.State {
        if let exit = watch.exit(of: id) { return .exited(exit) }
        return cgroup(id).isFrozen == true ? .frozen : .running
    }

    private func requireRunning(_ id: InstanceID, step: RuntimeError.Step) throws(RuntimeError) {
        if let record = files(id).readRecord() { adopt(record) }
        guard watch.isWatched(id), watch.exit(of: id) == nil else {
            throw RuntimeError(step: step, instance: id, message: "Instance \(id.short) does not run.")
        }
    }

    /// Takes over an instance that an earlier daemon started; what is watched already stays as it is.
    func adopt(_ record: InstanceRecord) {
        guard !watch.isWatched(record.id), !starting.contains(record.id) else { return }
        let bundle = ContainerBundle(files(record.id).bundle)
        watchProcess(record, process: bundle.number(in: "pid").flatMap { held($0, of: record.id) })
    }

    private func watchProcess(_ record: InstanceRecord, process: ProcessHandle?) {
        let files = files(record.id)
        let cgroup = cgroup(record.id)
        let monitor = ContainerBundle(files.bundle).number(in: "conmon.pid").flatMap { number -> ProcessHandle? in
            guard let handle = ProcessHandle(id: number) else { return nil }
            return Self.mentions("/proc/\(number)/cmdline", record.id) ? handle : nil
        }
        watch.watch(files, process: process, monitor: monitor) { (cgroup.outOfMemoryKills ?? 0) > 0 }
    }

    /// Holds a process if it is the instance's: after a reboot its number may be anybody's.
    private func held(_ number: Int32, of id: InstanceID) -> ProcessHandle? {
        guard let handle = ProcessHandle(id: number) else { return nil }
        return Self.mentions("/proc/\(number)/cgroup", id) ? handle : nil
    }

    private static func mentions(_ file: String, _ id: InstanceID) -> Bool {
        // A process that ended meanwhile mentions nothing.
        (try? SmallFile.read(file))?.contains(id.rawValue) ?? false
    }
}
