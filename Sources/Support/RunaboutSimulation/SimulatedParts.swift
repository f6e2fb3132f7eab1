import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

/// How instances of a revision behave.
struct Behaviour {
    /// What becomes of an instance once its process runs.
    enum Fate {
        /// It listens after a while.
        case serves
        /// It ends before it listens.
        case exits
        /// It never listens.
        case deaf
        /// The kernel kills it for its memory.
        case outOfMemory
        /// The runtime can't start it.
        case unstartable
    }

    var fate = Fate.serves
    /// From the decision to a running process.
    var start: ClosedRange<Int>
    /// From there to the first answer.
    var listen: ClosedRange<Int>
}

/// A process that the simulated runtime holds.
struct Container {
    enum State: Equatable {
        case running
        case frozen
        case exited(InstanceExit)
    }

    let service: Int
    var state = State.running
    let address: InstanceAddress
    /// When it first answers; nil for never.
    var listensAt: MonotonicTime?
    /// Whether it has stopped answering as it should.
    var isSick = false
    /// Requests it has, counted here and not by what is tested.
    var inFlight = 0
}

/// An instance as the control plane has it: the row, which survives, and what it knows, which does not.
struct SimulatedInstance {
    var row: Instance
    var word: ObservedInstance.Runtime
    var isBusy = false
    var isProbed = false
    var since: MonotonicTime

    var observed: ObservedInstance {
        ObservedInstance(instance: row, runtime: isBusy ? .busy : word, since: since)
    }
}

/// One service with all that the control plane and the router have of it.
struct SimulatedService {
    // In the store.
    var row: Service
    var autoScaling: AutoScalingConfiguration
    var revisions: [(revision: Revision, behaviour: Behaviour)] = []
    var active: Revision?
    var target: Revision?
    var operation: Operation?
    var instances: [SimulatedInstance] = []

    // In the control plane's process.
    var memory = ServiceMemory()
    var demand: ServiceDemand?
    var drained: Set<InstanceID> = []
    var probes: [ProbeReport] = []
    var published: ServiceRoute?
    var publishedGeneration: Int64 = 0
    var timerAt: MonotonicTime?
    var isPoked = false

    // In the router's process.
    var admission: ServiceAdmission
    var routed: ServiceRoute?
    var reportAt: MonotonicTime?
    var reported: ServiceDemand?
    var expiryAt: MonotonicTime?

    // For the checks.
    /// Since when the control plane has had the router's word without a gap.
    var demandSince: MonotonicTime?
    var earlierGeneration: Int64?
    /// The greatest limits whose instances and requests may still be there.
    var maxSizeInForce: Int
    var maxConcurrencyInForce: Int

    var isGone: Bool { row.status == .deleted }
    var desired: DesiredService {
        DesiredService(
            service: row, autoScaling: autoScaling, active: active, target: target,
            earlier: revisions.map(\.revision), operation: operation)
    }

    func behaviour(of revision: RevisionID) -> Behaviour? { revisions.first { $0.revision.id == revision }?.behaviour }
}

/// A client's request.
struct SimulatedRequest {
    enum State {
        case waiting(QueueTicket)
        case running(InstanceSlot, InstanceID)
        case ended(RequestOutcome)
    }

    let service: Int
    let since: MonotonicTime
    let work: Duration
    var state: State?
}

/// What happens in a simulated world.
enum WorldEvent {
    case plan(Int)
    case timer(Int)
    case started(Int, InstanceID, epoch: Int)
    case stopped(Int, InstanceID, epoch: Int)
    case froze(Int, InstanceID, epoch: Int, succeeds: Bool)
    case released(Int, InstanceID, epoch: Int)
    case probed(Int, InstanceID, epoch: Int)
    case processEnds(InstanceID, InstanceExit)
    case routerTakes(Int, ServiceRoute?, generation: Int64, connection: Int, isSnapshot: Bool)
    case controlTakesDemand(Int, ServiceDemand, connection: Int)
    case controlTakesDrained(Int, DrainedInstance, connection: Int)
    case connect
    case daemonStarts
    case routerStarts
    case arrive(Int)
    case requestEnds(Int)
    case clientLeaves(Int)
    case expire(Int)
    case report(Int)
    case fault
    case user
    case faultsEnd
    case finale
    case end

    /// Whether it can change rows, processes or published routes; what clients and the link do is checked where it is done.
    var isAboutInstances: Bool {
        switch self {
        case .arrive, .requestEnds, .clientLeaves, .expire, .report, .controlTakesDemand, .controlTakesDrained: false
        case .plan, .timer, .started, .stopped, .froze, .released, .probed, .processEnds, .routerTakes, .connect,
            .daemonStarts, .routerStarts, .fault, .user, .faultsEnd, .finale, .end:
            true
        }
    }
}
