import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

// What happens, and what goes wrong.
extension World {
    mutating func perform(_ event: WorldEvent) {
        switch event {
        case .plan(let index):
            plan(index)
        case .timer(let index):
            guard isDaemonUp, let at = services[index].timerAt, at <= now else { return }
            services[index].timerAt = nil
            plan(index)
        case .started(let index, let id, let epoch) where epoch == self.epoch:
            finishStart(index, id)
        case .stopped(let index, let id, let epoch) where epoch == self.epoch:
            change(index, id) { $0.isBusy = false }
            poke(index)
        case .froze(let index, let id, let epoch, let succeeds):
            if succeeds, containers[id]?.state == .running { containers[id]?.state = .frozen }
            guard epoch == self.epoch else { return }
            adopt(index, id)
            poke(index)
        case .released(let index, let id, let epoch):
            containers[id] = nil
            guard epoch == self.epoch else { return }
            services[index].instances.removeAll { $0.row.id == id }
            poke(index)
        case .probed(let index, let id, let epoch) where epoch == self.epoch:
            takeProbe(index, id)
        case .started, .stopped, .probed:
            return
        case .processEnds(let id, let exit):
            endProcess(id, exit)
        case .routerTakes(let index, let route, let generation, let connection, let isSnapshot):
            guard connection == self.connection else { return }
            routerTakes(index, route, generation: generation, isSnapshot: isSnapshot)
        case .controlTakesDemand(let index, let demand, let connection):
            if connection == self.connection { takeDemand(index, demand) }
        case .controlTakesDrained(let index, let drained, let connection):
            if connection == self.connection { takeDrained(index, drained) }
        case .connect:
            connect()
        case .daemonStarts:
            startDaemon()
        case .routerStarts:
            isRouterUp = true
            later(.connect, within: 1...100)
        case .arrive(let index):
            arrive(index)
        case .requestEnds(let request):
            endRequest(request)
        case .clientLeaves(let request):
            clientLeaves(request)
        case .expire(let index):
            expire(index)
        case .report(let index):
            report(index)
        case .fault:
            breakSomething()
        case .user:
            useSomething()
        case .faultsEnd:
            endFaults()
        case .finale:
            checkRest()
            firstLastRequest = requests.count
            for index in services.indices where isServing(index) { arrive(index) }
            later(.end, in: SimulationSettings.finale)
        case .end:
            isOver = true
        }
    }

    private func isServing(_ index: Int) -> Bool {
        services[index].row.desired == .running && services[index].active != nil
    }

    private mutating func endProcess(_ id: InstanceID, _ exit: InstanceExit) {
        guard let container = containers[id] else { return }
        if case .exited = container.state { return }
        note(20) { _ in "\(digits(id)) ends with \(exit.status)" }
        containers[id]?.state = .exited(exit)
        for request in requests.indices {
            guard case .running(_, id) = requests[request].state else { continue }
            leaveInstance(request, .platformError(.instanceClosed))
        }
        guard isDaemonUp else { return }
        change(container.service, id) { $0.word = .exited(exit) }
        poke(container.service)
    }

    private mutating func breakSomething() {
        guard isFaulty else { return }
        let running = services.flatMap(\.instances).map(\.row.id).filter { containers[$0]?.state == .running }
        let kind = chance.number(1...10)
        note(21, UInt64(kind)) { _ in "fault \(kind)" }
        switch kind {
        case 1, 2:
            guard !running.isEmpty else { return }
            let id = running[chance.number(0...running.count - 1)]
            endProcess(id, InstanceExit(status: 137, isOutOfMemory: chance.isTrue(percent: 30)))
        case 3:
            guard !running.isEmpty else { return }
            containers[running[chance.number(0...running.count - 1)]]?.isSick = true
        case 4: canFreeze.toggle()
        case 5: losesProbes.toggle()
        case 6: endDaemon()
        case 7: endsInPlan = true
        case 8: endRouter()
        case 9:
            guard isConnected else { return }
            disconnect()
            later(.connect, within: 1...2_000)
        default:
            reboot()
        }
    }

    /// The machine loses power: only the store is left.
    private mutating func reboot() {
        note(22) { _ in "the machine starts anew" }
        endRouter()
        endDaemon()
        containers = [:]
    }

    private mutating func useSomething() {
        let index = chance.number(0...services.count - 1)
        let service = services[index]
        guard isDaemonUp, service.operation?.status.isEnded != false, !service.isGone else { return }
        let kind = chance.number(1...10)
        note(23, UInt64(kind)) { _ in "use \(kind) of service \(index)" }
        switch (kind, service.row.desired) {
        case (1, _):
            services[index].row.desired = .deleted
            begin(index, .deleteService)
        case (2...4, .running) where service.active != nil:
            services[index].row.desired = .paused
            begin(index, .pauseService)
            later(.user, within: 100...20_000)
        case (_, .paused):
            services[index].row.desired = .running
            begin(index, .resumeService)
        case (5, .running):
            rescale(index)
        case (_, .running):
            deploy(index, .updateService)
        default:
            return
        }
        poke(index)
    }

    private mutating func rescale(_ index: Int) {
        let old = services[index].autoScaling
        let minSize = min(old.minSize, chance.number(0...2))
        services[index].autoScaling = AutoScalingConfiguration(
            id: old.id, name: old.name, revision: old.revision + 1, maxConcurrency: chance.number(1...5),
            minSize: minSize, maxSize: max(minSize, chance.number(1...4)),
            stabilizationSeconds: old.stabilizationSeconds, createdAt: old.createdAt)
        let new = services[index].autoScaling
        services[index].maxSizeInForce = max(services[index].maxSizeInForce, new.maxSize)
        services[index].maxConcurrencyInForce = max(services[index].maxConcurrencyInForce, new.maxConcurrency)
    }

    private mutating func endFaults() {
        note(24) { _ in "the faults end" }
        isFaulty = false
        canFreeze = true
        losesProbes = false
        endsInPlan = false
        for id in services.flatMap(\.instances).map(\.row.id) { containers[id]?.isSick = false }
    }
}
