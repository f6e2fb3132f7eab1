import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

// The control plane's process: it plans, and carries out what the plan says.
extension World {
    /// Asks for a plan shortly; many pokes before it are one.
    mutating func poke(_ index: Int) {
        guard isDaemonUp, !services[index].isPoked else { return }
        services[index].isPoked = true
        later(.plan(index), within: 0...1)
    }

    mutating func plan(_ index: Int) {
        services[index].isPoked = false
        guard isDaemonUp else { return }
        let service = services[index]
        guard !service.isGone || !service.instances.isEmpty || service.published != nil else { return }
        let input = PlanInput(
            desired: service.desired, instances: service.instances.map(\.observed), demand: service.demand,
            drained: service.drained, probes: service.probes, memory: service.memory, capacity: capacity, now: now)
        let plan = settings.planner(input)
        plans += 1
        services[index].probes = []
        services[index].memory = plan.memory
        services[index].timerAt = plan.wakeAt
        if let wakeAt = plan.wakeAt { events.push(.timer(index), at: wakeAt) }
        note(1, UInt64(plan.steps.count)) { _ in
            "plan \(index): \(plan.steps.map(describe).joined(separator: " · "))"
                + (plan.decision.map { " [\($0.rule) \($0.current) → \($0.desired)]" } ?? "")
        }
        for problem in PlanChecker.problems(of: plan, for: input) { fail("plan of service \(index): \(problem)") }
        checkPatience(index, plan)
        carryOut(plan.steps, index)
    }

    private var capacity: Int { max(room - services.reduce(0) { $0 + $1.instances.count }, 0) }

    private mutating func carryOut(_ steps: [PlanStep], _ index: Int) {
        var left = steps.count
        if endsInPlan, !steps.isEmpty { left = chance.number(0...steps.count) }
        for step in steps.prefix(left) { carryOut(step, index) }
        if endsInPlan, !steps.isEmpty {
            endsInPlan = false
            endDaemon()
        }
    }

    private mutating func carryOut(_ step: PlanStep, _ index: Int) {
        switch step {
        case .startInstance(let revision): start(revision, index)
        case .setInstanceState(let id, let state, let reason):
            let now = now
            change(index, id) { instance in
                instance.row.state = state
                instance.row.reason = reason ?? instance.row.reason
                instance.since = now
            }
        case .probe(let id): probe(index, id)
        case .freeze(let id):
            if let container = containers[id], container.inFlight > 0 { fail("\(digits(id)) is frozen with requests") }
            change(index, id) { $0.isBusy = true }
            let succeeds = canFreeze || !isFaulty
            later(.froze(index, id, epoch: epoch, succeeds: succeeds), within: 1...10)
        case .thaw(let id):
            if containers[id]?.state == .frozen { containers[id]?.state = .running }
            change(index, id) { if $0.word == .frozen { $0.word = .running } }
        case .stop(let id, let grace): stop(index, id, grace)
        case .release(let id):
            change(index, id) { $0.isBusy = true }
            later(.released(index, id, epoch: epoch), within: 1...30)
        case .publish(let route):
            services[index].published = route
            services[index].publishedGeneration = route.generation
            services[index].drained = []
            tellRouter(index, isSnapshot: false)
        case .withdraw(_, let generation):
            services[index].published = nil
            services[index].publishedGeneration = generation
            tellRouter(index, isSnapshot: false)
        case .activate(let id):
            services[index].active = services[index].revisions.first { $0.revision.id == id }?.revision
            services[index].row.activeRevision = id
        case .endOperation(_, let status, let failure, let serviceStatus, _):
            services[index].operation?.status = status
            services[index].operation?.failure = failure
            services[index].target = nil
            services[index].row.status = serviceStatus
        }
    }

    mutating func change(_ index: Int, _ id: InstanceID, _ body: (inout SimulatedInstance) -> Void) {
        guard let position = services[index].instances.firstIndex(where: { $0.row.id == id }) else { return }
        body(&services[index].instances[position])
    }

    // MARK: Effects

    private mutating func start(_ revision: RevisionID, _ index: Int) {
        guard let behaviour = services[index].behaviour(of: revision) else { return fail("an unknown revision starts") }
        let id = InstanceID(high: 5, low: newID())
        let row = Instance(
            id: id, service: services[index].row.id, revision: revision, state: .creating,
            createdAt: UnixTime(milliseconds: Int64(ids)), updatedAt: UnixTime(milliseconds: 0))
        services[index].instances.append(SimulatedInstance(row: row, word: .absent, isBusy: true, since: now))
        later(.started(index, id, epoch: epoch), within: behaviour.start)
    }

    /// A start comes to its end: a process runs, and the row says where.
    mutating func finishStart(_ index: Int, _ id: InstanceID) {
        guard let instance = services[index].instances.first(where: { $0.row.id == id }),
            let behaviour = services[index].behaviour(of: instance.row.revision)
        else { return }
        if behaviour.fate == .unstartable {
            change(index, id) { instance in
                instance.isBusy = false
                instance.word = .startFailed("The image can't be run here.")
            }
            return poke(index)
        }
        runProcess(index, id, behaviour)
        adopt(index, id)
        poke(index)
    }

    mutating func runProcess(_ index: Int, _ id: InstanceID, _ behaviour: Behaviour) {
        let number = Int(newID())
        let address = InstanceAddress(host: "10.0.\(number / 250).\(number % 250)", port: 8_080)
        var container = Container(service: index, address: address)
        switch behaviour.fate {
        case .serves: container.listensAt = now + chance.milliseconds(behaviour.listen)
        case .exits: later(.processEnds(id, InstanceExit(status: 1, isOutOfMemory: false)), within: 1...500)
        case .outOfMemory:
            later(.processEnds(id, InstanceExit(status: 137, isOutOfMemory: true)), within: 1...500)
        case .deaf, .unstartable: break
        }
        containers[id] = container
    }

    /// Writes what is found of a running process into its row.
    mutating func adopt(_ index: Int, _ id: InstanceID) {
        guard let container = containers[id] else { return }
        let now = now
        change(index, id) { instance in
            instance.isBusy = false
            if instance.row.address == nil {
                instance.row.address = container.address
                if instance.row.state == .pending || instance.row.state == .creating { instance.row.state = .starting }
                instance.since = now
            }
            switch container.state {
            case .running: instance.word = .running
            case .frozen: instance.word = .frozen
            case .exited(let exit): instance.word = .exited(exit)
            }
        }
    }

    private mutating func stop(_ index: Int, _ id: InstanceID, _ grace: Int) {
        if let container = containers[id], container.inFlight > 0, container.state == .running {
            fail("\(digits(id)) is stopped with \(container.inFlight) requests")
        }
        change(index, id) { $0.isBusy = true }
        if containers[id]?.state == .frozen { containers[id]?.state = .running }
        let delay = chance.milliseconds(5...grace * 1_000)
        later(.processEnds(id, InstanceExit(status: 143, isOutOfMemory: false)), in: delay)
        later(.stopped(index, id, epoch: epoch), in: delay)
    }

    private mutating func probe(_ index: Int, _ id: InstanceID) {
        guard let position = services[index].instances.firstIndex(where: { $0.row.id == id }),
            !services[index].instances[position].isProbed
        else { return }
        services[index].instances[position].isProbed = true
        if isFaulty, losesProbes, chance.isTrue(percent: 30) {
            // The report is lost, or comes very late.
            if chance.isTrue(percent: 50) { later(.probed(index, id, epoch: epoch), in: .seconds(20)) }
            return
        }
        let answers = containers[id].map { !$0.isSick || $0.state != .running } ?? true
        later(.probed(index, id, epoch: epoch), in: answers ? chance.milliseconds(1...20) : .seconds(2))
    }

    mutating func takeProbe(_ index: Int, _ id: InstanceID) {
        change(index, id) { $0.isProbed = false }
        let result: ProbeResult
        switch containers[id]?.state {
        case .running:
            let listens = containers[id]?.listensAt.map { $0 <= now } ?? false
            result =
                containers[id]?.isSick == true
                ? .failed("no answer within 2 s") : listens ? .passed : .failed("connection refused")
        case .frozen: result = .failed("no answer within 2 s")
        case .exited, nil: result = .failed("connection refused")
        }
        services[index].probes.append(ProbeReport(instance: id, result: result, at: now))
        poke(index)
    }

    // MARK: Life and death

    mutating func endDaemon() {
        guard isDaemonUp else { return }
        note(2) { _ in "the control plane ends" }
        isDaemonUp = false
        disconnect()
        // What it was making is there or not; what it was stopping ends by itself.
        for index in services.indices {
            for instance in services[index].instances where instance.isBusy && instance.row.state == .creating {
                guard chance.isTrue(percent: 50), let behaviour = services[index].behaviour(of: instance.row.revision),
                    behaviour.fate != .unstartable
                else { continue }
                runProcess(index, instance.row.id, behaviour)
            }
        }
        epoch += 1
        later(.daemonStarts, within: 50...4_000)
    }

    mutating func startDaemon() {
        note(3) { _ in "the control plane starts" }
        isDaemonUp = true
        for index in services.indices {
            services[index].memory = ServiceMemory(routeGeneration: Int64(epoch) << 32)
            services[index].demand = nil
            services[index].demandSince = nil
            services[index].drained = []
            services[index].probes = []
            services[index].published = nil
            services[index].timerAt = nil
            services[index].isPoked = false
            for position in services[index].instances.indices {
                services[index].instances[position].isBusy = false
                services[index].instances[position].isProbed = false
                services[index].instances[position].word = .absent
                services[index].instances[position].since = now
                adopt(index, services[index].instances[position].row.id)
            }
        }
        for index in services.indices { plan(index) }
        later(.connect, within: 1...100)
    }
}
