public import Logging
public import NIOCore
public import RunaboutLink
public import RunaboutModel
package import RunaboutPlanning
public import RunaboutRouting
public import RunaboutRuntime
public import RunaboutStore
public import ServiceLifecycle
import Synchronization

/// What the reconciler works on.
public struct ReconcilerParts: Sendable {
    /// Where desired state is read and observed state is written.
    public var store: Store
    /// Where instances run.
    public var runtime: any InstanceRuntime
    /// Where routes go and demand comes from.
    public var link: any RouterLink
    /// Runs timers and probes.
    public var eventLoopGroup: any EventLoopGroup
    /// Where state changes are said.
    public var logger: Logger
    /// The clock of people.
    public var wallClock: @Sendable () -> UnixTime
    /// The machine's memory; nil when it can't be told.
    public var machineMemory: @Sendable () -> MachineMemory?
    /// Draws the ids of instances.
    public var generator: any RandomNumberGenerator & Sendable

    /// Takes all parts; memory is the machine's and ids come from the system's generator unless a test says otherwise.
    public init(
        store: Store,
        runtime: any InstanceRuntime,
        link: any RouterLink,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        wallClock: @escaping @Sendable () -> UnixTime,
        machineMemory: @escaping @Sendable () -> MachineMemory? = MachineMemory.current,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    ) {
        self.store = store
        self.runtime = runtime
        self.link = link
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.wallClock = wallClock
        self.machineMemory = machineMemory
        self.generator = generator
    }
}

/// How the reconciler begins and ends.
public struct ReconcilerSettings: Sendable {
    /// Goes up with each start of the daemon; its routes are above all of earlier starts.
    public var epoch: Int64
    /// Whether instances are ended and released when the reconciler ends, or left running for the next one.
    public var endsInstances: Bool

    /// Takes both values.
    public init(epoch: Int64, endsInstances: Bool) {
        self.epoch = epoch
        self.endsInstances = endsInstances
    }
}

/// Makes instances and routes follow what the store says: observe, plan, execute, forever.
///
/// Nothing is polled: a service is looked at when it is poked, when an instance of it ends, when the router says
/// something of it, when a probe or another effect reports and when its last plan asked for it. Each time everything is
/// read anew. One service is never planned twice at the same time; several services are.
public final class Reconciler: ServiceLifecycle.Service {
    struct State {
        var agenda = Agenda()
        var timers = TimerHeap<TimerKey>()
        var armed: (at: MonotonicTime, timer: Scheduled<Void>)?
        var table: LiveTable
        var records = RecordBuffer(limit: Limits.recordsBufferedMax)
        var traffic = TrafficTable()
        /// Services that have not had their first plan; nil before they are known, empty once all had it.
        var unplanned: Set<ServiceID>?
        var generator: any RandomNumberGenerator & Sendable
        /// Failures that were logged and have not ended, so that each is logged once.
        var storeFailure: String?
        var recordFailures = 0
    }

    enum TimerKey: Hashable {
        case service(ServiceID)
        case unbusy(InstanceID)
        case writeRecords
    }

    let parts: ReconcilerParts
    let settings: ReconcilerSettings
    let planner: @Sendable (PlanInput) -> Plan
    let prober: Prober
    let state: Mutex<State>
    let timerLoop: any EventLoop
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation
    private let hellos: AsyncStream<RouterHello>
    let hello: AsyncStream<RouterHello>.Continuation

    /// Takes what it works on; nothing happens before ``run()``.
    public convenience init(parts: ReconcilerParts, settings: ReconcilerSettings) {
        self.init(parts: parts, settings: settings, planner: plan)
    }

    /// Takes another planner too, for tests.
    package init(
        parts: ReconcilerParts, settings: ReconcilerSettings, planner: @escaping @Sendable (PlanInput) -> Plan,
    ) {
        self.parts = parts
        self.settings = settings
        self.planner = planner
        self.prober = Prober(group: parts.eventLoopGroup)
        self.timerLoop = parts.eventLoopGroup.next()
        // The generation's upper half is the epoch: routes of this start are above those of every earlier one.
        self.state = Mutex(
            State(table: LiveTable(generationBase: settings.epoch << 32), generator: parts.generator))
        // One pending wake-up is enough: what is to be done is in the agenda.
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (hellos, hello) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Wakes the loop for one service.
    ///
    /// Never blocks; many pokes before the next look are one.
    public func poke(_ service: ServiceID) {
        state.withLock { $0.agenda.poke(service) }
        wakeup.yield()
    }

    /// The router's newest word on a service; nil when there is none, or no router.
    public func demand(of service: ServiceID) -> ServiceDemand? {
        state.withLock { $0.table.services[service]?.demand }
    }

    /// What routers counted since the daemon started.
    public var traffic: PlatformTraffic { state.withLock { $0.traffic.traffic } }

    /// Routers that connect, newest kept.
    ///
    /// One consumer.
    public var connectedRouters: AsyncStream<RouterHello> { hellos }

    /// Reconciles until the daemon ends, then ends instances where the settings say so.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.reconcileUntilCancelled() }
        await withUncancelledTask {
            if self.settings.endsInstances { await self.endAllInstances() }
            await self.writeRecords()
        }
    }

    private func reconcileUntilCancelled() async {
        // Taken before the runtime is observed, so that no end falls between the two.
        let exits = parts.runtime.exits
        guard await startUp() else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watchExits(exits) }
            group.addTask { await self.watchLink() }
            wakeup.yield()
            for await _ in wakeups {
                for job in state.withLock({ $0.agenda.next() }) {
                    group.addTask {
                        await self.perform(job)
                        self.state.withLock { $0.agenda.finished(job) }
                        self.wakeup.yield()
                    }
                }
            }
            group.cancelAll()
        }
        state.withLock { $0.armed?.timer.cancel() }
    }

    private func perform(_ job: Job) async {
        switch job {
        case .reconcile(let service): await reconcile(service)
        case .effect(let effect): await perform(effect)
        case .writeRecords: await writeRecords()
        }
    }

    /// Changes what is known of an instance, if it is known; gives its service.
    @discardableResult
    func update(_ id: InstanceID, _ body: (inout LiveInstance) -> Void) -> ServiceID? {
        state.withLock { $0.table.update(id, body) }
    }

    /// Changes what is known of a service, if it is known.
    @discardableResult
    func update<Value: Sendable>(_ service: ServiceID, _ body: (inout LiveService) -> Value) -> Value? {
        state.withLock { $0.table.update(service, body) }
    }

    /// Has the loop look at its agenda.
    func wake() { wakeup.yield() }

    // MARK: Time

    /// The clock that timers run on.
    func now() -> MonotonicTime { MonotonicTime(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }

    /// Sets a key's timer, or takes it away.
    func setTimer(_ key: TimerKey, at deadline: MonotonicTime?) {
        state.withLock { state in
            state.timers.set(key, at: deadline)
            arm(&state)
        }
    }

    /// Has a key's timer fire no later than this.
    func setTimer(_ key: TimerKey, notAfter deadline: MonotonicTime) {
        state.withLock { state in
            state.timers.setEarlier(key, at: deadline)
            arm(&state)
        }
    }

    private func arm(_ state: inout State) {
        guard let earliest = state.timers.earliest else { return }
        if let armed = state.armed, armed.at <= earliest { return }
        state.armed?.timer.cancel()
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, earliest.nanoseconds)))
        let timer = timerLoop.scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            fireTimers()
        }
        state.armed = (earliest, timer)
    }

    private func fireTimers() {
        let now = now()
        state.withLock { state in
            state.armed = nil
            for key in state.timers.popDue(now) {
                switch key {
                case .service(let service): state.agenda.poke(service)
                case .writeRecords: state.agenda.enqueue(.writeRecords)
                case .unbusy(let id):
                    if let service = state.table.update(id, { $0.isBusy = false }) { state.agenda.poke(service) }
                }
            }
            arm(&state)
        }
        wakeup.yield()
    }
}
