import OCI
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

/// A machine with services, a control plane, a router, clients and bad luck, on virtual time.
///
/// The planner (with the autoscaler and health in it) and the router's admission are the real ones; what they ask for is
/// carried out here, late, twice, half or not at all. After every event the world is checked.
struct World {
    let settings: SimulationSettings
    var chance: Chance
    var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
    var events = EventQueue<WorldEvent>()
    var services: [SimulatedService] = []
    var containers: [InstanceID: Container] = [:]
    var requests: [SimulatedRequest] = []
    /// How many instances the machine's memory holds.
    var room = 0

    /// Goes up with each start of the control plane.
    var epoch = 1
    var isDaemonUp = true
    /// Whether the control plane ends in the middle of its next plan.
    var endsInPlan = false
    var isRouterUp = true
    /// Goes up with each connection; what was sent over an earlier one is lost.
    var connection = 0
    var isConnected = false
    var lastToRouter = MonotonicTime.zero
    var lastToControl = MonotonicTime.zero

    var isFaulty = true
    var canFreeze = true
    var losesProbes = false
    /// The first of the requests that are sent when everything has come to rest.
    var firstLastRequest = Int.max
    var isOver = false

    var steps = 0
    var plans = 0
    var ids: UInt64 = 0
    var trace: Trace
    var failure: String?

    init(_ settings: SimulationSettings) {
        self.settings = settings
        chance = Chance(seed: settings.seed)
        trace = Trace(isKept: settings.keepsTrace)
        let count = chance.number(1...2)
        for index in 0..<count { addService(index) }
        room = services.reduce(chance.number(1...6)) { $0 + max($1.autoScaling.minSize, 1) }
        scheduleLife()
    }

    /// Runs the world to its end, or to the first thing that is wrong.
    mutating func run() {
        while !isOver, failure == nil, let next = events.pop() {
            now = max(now, next.at)
            steps += 1
            guard steps < SimulationSettings.stepsMax else { return fail("it does not come to rest") }
            perform(next.event)
            if next.event.isAboutInstances { check() }
        }
        if failure == nil { checkLedger() }
    }

    mutating func fail(_ message: String) {
        guard failure == nil else { return }
        failure = message
        note(99) { world in "FAILED: \(world.failure ?? "")" }
    }

    /// Adds to the trace: always to its digest, in words only where they are kept.
    mutating func note(_ kind: UInt64, _ value: UInt64 = 0, _ words: (World) -> String) {
        trace.mix(kind, value, now)
        guard trace.isKept else { return }
        let words = words(self)
        trace.add("\((now - MonotonicTime(nanoseconds: 1_000_000_000_000)).wholeMilliseconds) ms  \(words)")
    }

    mutating func later(_ event: WorldEvent, in delay: Duration) { events.push(event, at: now + delay) }

    /// The same, after a time of the range, in milliseconds.
    mutating func later(_ event: WorldEvent, within range: ClosedRange<Int>) {
        let delay = chance.milliseconds(range)
        later(event, in: delay)
    }

    mutating func newID() -> UInt64 {
        ids += 1
        return ids
    }

    private mutating func scheduleLife() {
        for index in services.indices { poke(index) }
        later(.connect, within: 1...50)
        for _ in 0..<chance.number(2...8) { later(.fault, within: 1_000...SimulationSettings.faultyMilliseconds) }
        for _ in 0..<chance.number(1...4) { later(.user, within: 500...SimulationSettings.faultyMilliseconds) }
        for index in services.indices {
            for _ in 0..<chance.number(1...4) { scheduleBurst(index) }
        }
        later(.faultsEnd, in: .milliseconds(SimulationSettings.faultyMilliseconds))
        later(.finale, in: .milliseconds(SimulationSettings.faultyMilliseconds) + SimulationSettings.calm)
    }

    private mutating func scheduleBurst(_ index: Int) {
        let start = chance.milliseconds(200...SimulationSettings.faultyMilliseconds)
        for _ in 0..<chance.number(1...14) {
            let spread = chance.milliseconds(0...3_000)
            later(.arrive(index), in: start + spread)
        }
    }

    private mutating func addService(_ index: Int) {
        let service = ServiceID(high: 1, low: UInt64(index))
        let minSize = chance.number(0...2)
        let scaling = AutoScalingConfiguration(
            id: AutoScalingConfigurationID(high: 2, low: UInt64(index)), name: "sim-\(index)", revision: 1,
            maxConcurrency: chance.number(1...5), minSize: minSize, maxSize: max(minSize, 1) + chance.number(0...3),
            stabilizationSeconds: chance.number(5...60), createdAt: UnixTime(milliseconds: 0))
        let row = Service(
            id: service, name: "service-\(index)", host: "service-\(index).localhost", desired: .running,
            status: .operationInProgress, generation: 1, activeRevision: nil, targetRevision: nil,
            autoScaling: scaling.id, createdAt: UnixTime(milliseconds: 0), updatedAt: UnixTime(milliseconds: 0),
            deletedAt: nil)
        services.append(
            SimulatedService(
                row: row, autoScaling: scaling, admission: ServiceAdmission(service: service),
                maxSizeInForce: scaling.maxSize, maxConcurrencyInForce: scaling.maxConcurrency))
        services[index].memory = ServiceMemory(routeGeneration: Int64(epoch) << 32)
        deploy(index, .createService)
    }

    /// Begins an operation that moves a service to a new revision.
    mutating func deploy(_ index: Int, _ type: OperationType) {
        var configuration = InstanceConfiguration(startDeadlineSeconds: 10, stopGraceSeconds: 2)
        configuration.healthCheck.intervalSeconds = 20
        configuration.healthCheck.unhealthyThreshold = 2
        let number = services[index].revisions.count + 1
        guard let digest = Digest(algorithm: .sha256, hex: String(repeating: "0", count: 64)) else { return }
        let revision = Revision(
            id: RevisionID(high: 3, low: newID()), service: services[index].row.id, number: number, imageName: "sim",
            imageDigest: digest, configuration: configuration, createdAt: UnixTime(milliseconds: 0))
        services[index].revisions.append((revision, drawBehaviour()))
        services[index].target = revision
        begin(index, type)
    }

    mutating func begin(_ index: Int, _ type: OperationType) {
        services[index].operation = Operation(
            id: OperationID(high: 4, low: newID()), service: services[index].row.id, type: type, status: .inProgress,
            startedAt: UnixTime(milliseconds: 0))
        services[index].row.status = .operationInProgress
        services[index].row.generation += 1
    }

    private mutating func drawBehaviour() -> Behaviour {
        let slow = chance.isTrue(percent: 20)
        var behaviour = Behaviour(start: slow ? 500...3_000 : 20...300, listen: slow ? 500...4_000 : 0...200)
        switch chance.number(1...20) {
        case 1: behaviour.fate = .exits
        case 2: behaviour.fate = .deaf
        case 3: behaviour.fate = .outOfMemory
        case 4: behaviour.fate = .unstartable
        default: break
        }
        return behaviour
    }
}
