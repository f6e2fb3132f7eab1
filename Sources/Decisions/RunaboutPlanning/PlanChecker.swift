public import RunaboutModel
public import RunaboutRouting

/// One thing that is wrong with a world or a plan.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// What kind of wrong.
    public enum Kind: String, Sendable, CaseIterable {
        /// Two instances that have not ended listen at one address.
        case sharedAddress
        /// The route names an instance that has no row.
        case routedWithoutRow
        /// The route has requests sent to an instance that is not ready, or belongs to a revision that does not serve.
        case routedUnready
        /// The route names an instance that gets no CPU.
        case routedFrozen
        /// The route names an instance twice.
        case routedTwice
        /// More instances than `maxSize`, or than `maxSize` for each of two revisions in a deployment.
        case tooMany
        /// Something runs under an id that has no row.
        case runningWithoutRow
        /// An operation is under way and its service's status does not say so, or the other way about.
        case operationOutOfStep
        /// A route or a withdrawal has no higher generation than the one before.
        case generationBackwards
        /// An instance is ready and nobody knows where it listens.
        case readyWithoutAddress
        /// A plan names an instance it was not told of.
        case unknownInstance
        /// A plan ends or freezes an instance that the router still sends requests to.
        case notDrained
        /// A plan starts more than the memory holds.
        case overCapacity
        /// A plan probes what can't answer.
        case probedFrozen
        /// A plan does nothing and asks for the next at once.
        case spinning
    }

    /// What kind of wrong.
    public let kind: Kind
    /// The ids and numbers, one sentence.
    public let message: String

    /// The kind and the sentence.
    public var description: String { "\(kind.rawValue): \(message)" }
}

/// One service of a world that is checked.
public struct CheckedService: Sendable {
    /// What is wanted.
    public var desired: DesiredService
    /// Every instance that is not released.
    public var instances: [ObservedInstance]
    /// The route as the router has it; nil when it has none.
    public var route: ServiceRoute?
    /// The generation the router had before; nil when it had none.
    public var earlierGeneration: Int64?
    /// The greatest `maxSize` whose instances may still be there.
    public var maxSize: Int

    /// Takes all values.
    public init(
        desired: DesiredService,
        instances: [ObservedInstance],
        route: ServiceRoute?,
        earlierGeneration: Int64? = nil,
        maxSize: Int? = nil,
    ) {
        self.desired = desired
        self.instances = instances
        self.route = route
        self.earlierGeneration = earlierGeneration
        self.maxSize = maxSize ?? desired.autoScaling.maxSize
    }
}

/// Lists all that is wrong with a world.
///
/// Runs in every test of the planner and at every simulated step.
public enum PlanChecker {
    /// What is wrong with these services and what runs for them.
    public static func problems(in services: [CheckedService], running: Set<InstanceID>) -> [Problem] {
        var problems = services.flatMap { service in
            routeProblems(service) + countProblems(service) + rowProblems(service)
        }
        var addresses: [InstanceAddress: InstanceID] = [:]
        for observed in services.flatMap(\.instances) where !observed.instance.state.isEnded {
            guard let address = observed.instance.address else { continue }
            if let other = addresses.updateValue(observed.instance.id, forKey: address) {
                problems.append(
                    Problem(
                        kind: .sharedAddress,
                        message: "\(other.short) and \(observed.instance.id.short) at \(address)"))
            }
        }
        let rows = Set(services.flatMap(\.instances).map(\.instance.id))
        for id in running.subtracting(rows).sorted() {
            problems.append(Problem(kind: .runningWithoutRow, message: id.short))
        }
        return problems
    }

    private static func routeProblems(_ service: CheckedService) -> [Problem] {
        guard let route = service.route else { return [] }
        var problems: [Problem] = []
        func add(_ kind: Problem.Kind, _ message: String) { problems.append(Problem(kind: kind, message: message)) }
        if let earlier = service.earlierGeneration, route.generation < earlier {
            add(.generationBackwards, "\(route.generation) after \(earlier)")
        }
        if Set(route.instances.map(\.id)).count < route.instances.count {
            add(.routedTwice, "generation \(route.generation)")
        }
        for routed in route.instances {
            guard let observed = service.instances.first(where: { $0.instance.id == routed.id }) else {
                add(.routedWithoutRow, routed.id.short)
                continue
            }
            let row = observed.instance
            if row.state == .frozen || observed.runtime == .frozen && routed.state == .ready {
                add(.routedFrozen, "\(routed.id.short) is \(row.state), \(observed.runtime)")
            } else if routed.state == .ready, row.state != .ready || row.revision != service.desired.active?.id {
                add(.routedUnready, "\(routed.id.short) is \(row.state) of revision \(row.revision.short)")
            }
        }
        return problems
    }

    private static func countProblems(_ service: CheckedService) -> [Problem] {
        let living = service.instances.filter { isLiving($0) }
        let most = max(service.maxSize, 1)
        return Dictionary(grouping: living, by: \.instance.revision)
            .filter { $0.value.count > most }
            .map { Problem(kind: .tooMany, message: "\($0.value.count) of revision \($0.key.short), at most \(most)") }
            .sorted { $0.message < $1.message }
    }

    /// Whether an instance serves, or could, or will: not one that ends, or has ended though its row does not say so.
    private static func isLiving(_ observed: ObservedInstance) -> Bool {
        switch (observed.instance.state, observed.runtime) {
        case (.draining, _), (.stopping, _), (.stopped, _), (.failed, _): false
        case (_, .exited), (_, .absent), (_, .startFailed): false
        case (_, .busy), (_, .running), (_, .frozen): true
        }
    }

    private static func rowProblems(_ service: CheckedService) -> [Problem] {
        var problems: [Problem] = []
        let isUnderWay = service.desired.operation.map { !$0.status.isEnded } ?? false
        if isUnderWay != (service.desired.service.status == .operationInProgress) {
            problems.append(
                Problem(
                    kind: .operationOutOfStep,
                    message: "\(service.desired.service.status) with operation \(isUnderWay ? "under way" : "ended")"))
        }
        for observed in service.instances where observed.instance.state == .ready && observed.instance.address == nil {
            problems.append(Problem(kind: .readyWithoutAddress, message: observed.instance.id.short))
        }
        return problems
    }

    /// What is wrong with a plan for an input.
    public static func problems(of plan: Plan, for input: PlanInput) -> [Problem] {
        var problems: [Problem] = []
        func add(_ kind: Problem.Kind, _ message: String) { problems.append(Problem(kind: kind, message: message)) }
        let known = Set(input.instances.map(\.instance.id))
        var generation = input.memory.routeGeneration
        var route = input.memory.route
        var starts: [RevisionID: Int] = [:]
        var ending: Set<InstanceID> = []
        for step in plan.steps {
            if let id = step.instance, !known.contains(id) { add(.unknownInstance, "\(step)") }
            switch step {
            case .startInstance(let revision):
                starts[revision, default: 0] += 1
            case .publish(let next):
                if next.generation <= generation { add(.generationBackwards, "\(next.generation) after \(generation)") }
                generation = next.generation
                route = next
            case .withdraw(_, let next):
                if next <= generation { add(.generationBackwards, "\(next) after \(generation)") }
                generation = next
                route = nil
            case .stop(let id, _), .freeze(let id):
                if route?.instances.contains(where: { $0.id == id && $0.state == .ready }) == true {
                    add(.notDrained, "\(step)")
                }
            case .probe(let id):
                if input.instances.contains(where: { $0.instance.id == id && $0.runtime == .frozen }) {
                    add(.probedFrozen, id.short)
                }
            case .setInstanceState(let id, let state, _):
                if [.draining, .stopping, .stopped, .failed].contains(state) { ending.insert(id) }
            case .thaw, .release, .activate, .endOperation:
                break
            }
        }
        let started = starts.values.reduce(0, +)
        if started > max(input.capacity, 0) { add(.overCapacity, "\(started) of \(input.capacity)") }
        for (revision, count) in starts {
            let living = input.instances.count { observed in
                observed.instance.revision == revision && isLiving(observed) && !ending.contains(observed.instance.id)
            }
            let most = max(input.desired.autoScaling.maxSize, 1)
            if living + count > most { add(.tooMany, "\(count) starts beside \(living), at most \(most)") }
        }
        if plan.steps.isEmpty, let wakeAt = plan.wakeAt, wakeAt <= input.now { add(.spinning, "at \(input.now)") }
        return problems
    }
}

extension PlanStep {
    /// The instance a step is about; nil when it is about none that exists.
    public var instance: InstanceID? {
        switch self {
        case .setInstanceState(let id, _, _), .probe(let id), .freeze(let id), .thaw(let id), .stop(let id, _),
            .release(let id):
            id
        case .startInstance, .publish, .withdraw, .activate, .endOperation:
            nil
        }
    }
}
