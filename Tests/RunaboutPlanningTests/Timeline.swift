import OCI
import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

/// One service on a clock of its own, with a runtime and a router that do what the plan says and nothing else.
///
/// Its defaults are valid, so that a test states only what matters to it. Each plan is checked, and so is the world after it.
struct Timeline {
    struct Row {
        var instance: Instance
        var runtime: ObservedInstance.Runtime
        var since: MonotonicTime
    }

    var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
    var service: Service
    var autoScaling: AutoScalingConfiguration
    var active: Revision?
    var target: Revision?
    /// Every revision that was ever deployed.
    private var revisions: [Revision] = []
    var operation: RunaboutModel.Operation?
    var rows: [Row] = []
    var demand: ServiceDemand?
    var drained: Set<InstanceID> = []
    var probes: [ProbeReport] = []
    var memory = ServiceMemory()
    var capacity = 100
    var route: ServiceRoute?
    /// Probes that were asked for and have not reported.
    var probing: [InstanceID] = []
    var canFreeze = true
    /// Whether stopped processes end at once.
    var stopsEnd = true
    var wakeAt: MonotonicTime?
    var decision: ScaleDecision?
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)
    private var told: [String] = []
    private var ids: UInt64 = 100
    private var accepted: Int64 = 0

    static let serviceID = ServiceID(high: 0, low: 1)

    init(min: Int = 1, max: Int = 10, concurrency: Int = 30, window: Int = 60) {
        let scaling = AutoScalingConfigurationID(high: 0, low: 2)
        autoScaling = AutoScalingConfiguration(
            id: scaling, name: "test", revision: 1, maxConcurrency: concurrency, minSize: min, maxSize: max,
            stabilizationSeconds: window, createdAt: UnixTime(milliseconds: 0))
        service = Service(
            id: Self.serviceID, name: "hello", host: "hello.localhost", desired: .running,
            status: .operationInProgress, generation: 1, activeRevision: nil, targetRevision: nil, autoScaling: scaling,
            createdAt: UnixTime(milliseconds: 0), updatedAt: UnixTime(milliseconds: 0), deletedAt: nil)
        deploy(revision(1), as: .createService)
    }

    /// A service that was deployed and has its instances ready.
    static func running(min: Int = 1, max: Int = 10, concurrency: Int = 30, window: Int = 60) throws -> Timeline {
        var timeline = Timeline(min: min, max: max, concurrency: concurrency, window: window)
        try timeline.plan()
        try timeline.startAndPass()
        #expect(timeline.service.status == .running)
        return timeline
    }

    func revision(_ number: Int, _ change: (inout InstanceConfiguration) -> Void = { _ in }) -> Revision {
        var configuration = InstanceConfiguration()
        change(&configuration)
        guard let digest = Digest(algorithm: .sha256, hex: String(repeating: "a", count: 64)) else {
            preconditionFailure("64 digits are a digest")
        }
        return Revision(
            id: RevisionID(high: 1, low: UInt64(number)), service: Self.serviceID, number: number, imageName: "hello",
            imageDigest: digest, configuration: configuration, createdAt: UnixTime(milliseconds: 0))
    }

    mutating func begin(_ type: OperationType) {
        ids += 1
        operation = RunaboutModel.Operation(
            id: OperationID(high: 3, low: ids), service: Self.serviceID, type: type, status: .inProgress,
            startedAt: UnixTime(milliseconds: 0))
        service.status = .operationInProgress
    }

    mutating func deploy(_ revision: Revision, as type: OperationType = .updateService) {
        begin(type)
        target = revision
        revisions.append(revision)
    }

    /// What is left when the control plane starts anew: rows and what runs.
    mutating func restart() {
        memory = ServiceMemory(routeGeneration: memory.routeGeneration + 1_000)
        demand = nil
        drained = []
        probes = []
        probing = []
        for index in rows.indices { rows[index].since = now }
    }

    // MARK: Planning

    var input: PlanInput {
        PlanInput(
            desired: DesiredService(
                service: service, autoScaling: autoScaling, active: active, target: target, earlier: revisions,
                operation: operation),
            instances: rows.map { ObservedInstance(instance: $0.instance, runtime: $0.runtime, since: $0.since) },
            demand: demand, drained: drained, probes: probes, memory: memory, capacity: capacity, now: now)
    }

    /// Plans once, checks and carries out.
    @discardableResult
    mutating func plan() throws -> [PlanStep] {
        let input = input
        let plan = RunaboutPlanning.plan(input)
        #expect(PlanChecker.problems(of: plan, for: input) == [])
        probes = []
        memory = plan.memory
        wakeAt = plan.wakeAt
        decision = plan.decision
        tell(plan.steps)
        for step in plan.steps { apply(step) }
        let checked = CheckedService(desired: self.input.desired, instances: self.input.instances, route: route)
        #expect(PlanChecker.problems(in: [checked], running: []) == [])
        return plan.steps
    }

    /// Plans until nothing is to be done at this moment.
    @discardableResult
    mutating func settle() throws -> [PlanStep] {
        var all: [PlanStep] = []
        for _ in 0..<20 {
            let steps = try plan()
            if steps.isEmpty { return all }
            all += steps
        }
        Issue.record("still planning after 20 rounds: \(all.suffix(4))")
        return all
    }

    /// Lets time pass, planning whenever the last plan asked to be woken; probes pass at once unless told otherwise.
    @discardableResult
    mutating func pass(_ duration: Duration, probesPass: Bool = true) throws -> [PlanStep] {
        let end = now + duration
        var all: [PlanStep] = []
        for _ in 0..<10_000 {
            all += try settle()
            if !probing.isEmpty, probesPass {
                report(.passed)
                continue
            }
            guard let wakeAt, wakeAt <= end else {
                now = end
                return all
            }
            now = max(now, wakeAt)
        }
        Issue.record("too many plans within \(duration)")
        return all
    }

    private mutating func apply(_ step: PlanStep) {
        switch step {
        case .startInstance(let revision):
            ids += 1
            let row = Instance(
                id: InstanceID(high: 2, low: ids), service: Self.serviceID, revision: revision, state: .creating,
                createdAt: UnixTime(milliseconds: Int64(ids)), updatedAt: UnixTime(milliseconds: 0))
            rows.append(Row(instance: row, runtime: .busy, since: now))
        case .setInstanceState(let id, let state, let reason):
            let now = now
            change(id) { row in
                row.instance.state = state
                row.instance.reason = reason ?? row.instance.reason
                row.since = now
            }
        case .probe(let id): probing.append(id)
        case .freeze(let id): if canFreeze { change(id) { $0.runtime = .frozen } }
        case .thaw(let id): change(id) { $0.runtime = .running }
        case .stop(let id, _):
            if stopsEnd { change(id) { $0.runtime = .exited(InstanceExit(status: 143, isOutOfMemory: false)) } }
        case .release(let id): rows.removeAll { $0.instance.id == id }
        case .publish(let next):
            route = next
            drained = []
        case .withdraw: route = nil
        case .activate(let id):
            if let target, target.id == id { active = target }
        case .endOperation(_, let status, let failure, let serviceStatus, _):
            operation?.status = status
            operation?.failure = failure
            target = nil
            service.status = serviceStatus
        }
    }

    // MARK: Events

    mutating func change(_ id: InstanceID, _ body: (inout Row) -> Void) {
        guard let index = rows.firstIndex(where: { $0.instance.id == id }) else { return }
        body(&rows[index])
    }

    /// Every start that is under way comes to a running process.
    mutating func finishStarts() {
        for index in rows.indices where rows[index].instance.state == .creating {
            rows[index].runtime = .running
            rows[index].instance.state = .starting
            rows[index].since = now
            rows[index].instance.address = InstanceAddress(host: "10.0.0.1", port: 1_000 + Int(ids) * 10 + index)
        }
    }

    mutating func report(_ result: ProbeResult) {
        for id in probing { probes.append(ProbeReport(instance: id, result: result, at: now)) }
        probing = []
    }

    /// Everything that starts becomes ready, and what follows from it is done.
    mutating func startAndPass() throws {
        finishStarts()
        try settle()
        report(.passed)
        try settle()
    }

    mutating func exit(_ id: InstanceID, status: Int = 1, outOfMemory: Bool = false) {
        change(id) { $0.runtime = .exited(InstanceExit(status: status, isOutOfMemory: outOfMemory)) }
    }

    /// The router reports, under the route it has.
    mutating func report(inFlight: Int, queued: Int = 0, peak: Int = 0, each: [InstanceID: Int] = [:]) {
        accepted += Int64(inFlight + queued)
        demand = ServiceDemand(
            service: Self.serviceID, generation: route?.generation ?? 0, inFlight: inFlight, queued: queued, peak: peak,
            accepted: accepted,
            instances: (route?.instances ?? []).map { InstanceDemand(id: $0.id, inFlight: each[$0.id] ?? 0) })
    }

    /// The router says that everything it lists as draining has no request left.
    mutating func drainAll() {
        drained = Set((route?.instances ?? []).filter { $0.state == .draining }.map(\.id))
    }

    // MARK: Looking

    /// Everything that was planned, as text: seconds from the beginning, then the steps, instances by their number.
    var story: String { told.joined(separator: "\n") }

    private mutating func tell(_ steps: [PlanStep]) {
        guard !steps.isEmpty else { return }
        let tenths = (now - start).wholeMilliseconds / 100
        told.append("\(tenths / 10).\(tenths % 10) " + steps.map { words($0) }.joined(separator: ", "))
    }

    private func words(_ step: PlanStep) -> String {
        func number(_ id: InstanceID) -> String { "#\((Int(id.rawValue.suffix(8), radix: 16) ?? 0) - 100)" }
        switch step {
        case .startInstance: return "start"
        case .setInstanceState(let id, let state, _): return "\(number(id)) \(state.rawValue)"
        case .probe(let id): return "probe \(number(id))"
        case .freeze(let id): return "freeze \(number(id))"
        case .thaw(let id): return "thaw \(number(id))"
        case .stop(let id, _): return "stop \(number(id))"
        case .release(let id): return "release \(number(id))"
        case .publish(let route):
            let instances = route.instances.map { number($0.id) + ($0.state == .draining ? " draining" : "") }
            return "route [\(instances.joined(separator: ", "))]"
        case .withdraw: return "no route"
        case .activate: return "switch"
        case .endOperation(_, let status, _, let serviceStatus, _):
            return "\(status.rawValue): \(serviceStatus.rawValue)"
        }
    }

    var states: [InstanceState] { rows.map(\.instance.state) }
    func count(_ state: InstanceState) -> Int { states.count { $0 == state } }
    var instances: [InstanceID] { rows.map(\.instance.id) }
    var routedReady: [InstanceID] { (route?.instances ?? []).filter { $0.state == .ready }.map(\.id) }
}
