import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

// The router's process, the link to it, and the clients.
extension World {
    // MARK: Link

    mutating func connect() {
        guard isDaemonUp, isRouterUp, !isConnected else { return }
        note(10) { _ in "router and control plane connect" }
        connection += 1
        isConnected = true
        for index in services.indices { tellRouter(index, isSnapshot: true) }
    }

    mutating func disconnect() {
        isConnected = false
        connection += 1
        for index in services.indices {
            services[index].demand = nil
            services[index].demandSince = nil
            services[index].reported = nil
            poke(index)
        }
    }

    mutating func tellRouter(_ index: Int, isSnapshot: Bool) {
        guard isConnected else { return }
        lastToRouter = max(lastToRouter, now + chance.milliseconds(0...3))
        let service = services[index]
        events.push(
            .routerTakes(
                index, service.published, generation: service.publishedGeneration, connection: connection,
                isSnapshot: isSnapshot),
            at: lastToRouter)
    }

    mutating func routerTakes(_ index: Int, _ route: ServiceRoute?, generation: Int64, isSnapshot: Bool) {
        services[index].earlierGeneration = services[index].routed?.generation
        let change: RouteChange
        if let route {
            change = services[index].admission.change(route, isSnapshot: isSnapshot)
            if change.isOlder { return }
            services[index].routed = route
        } else {
            guard services[index].routed != nil else { return }
            change = services[index].admission.withdraw()
            services[index].routed = nil
        }
        for refusal in change.refused { end(Int(refusal.request), .platformError(refusal.code)) }
        for dispatch in change.dispatched { send(index, Int(dispatch.request), dispatch.slot) }
        let drained = isSnapshot ? services[index].admission.drainedInstances() : change.drained
        for instance in drained { tellDrained(index, instance) }
        services[index].reported = isSnapshot ? nil : services[index].reported
        scheduleReport(index, in: isSnapshot ? .zero : Limits.demandReportInterval)
        scheduleExpiry(index)
    }

    private mutating func tellDrained(_ index: Int, _ drained: DrainedInstance) {
        guard isConnected else { return }
        lastToControl = max(lastToControl, now + chance.milliseconds(0...3))
        events.push(.controlTakesDrained(index, drained, connection: connection), at: lastToControl)
    }

    mutating func takeDrained(_ index: Int, _ drained: DrainedInstance) {
        guard drained.generation >= services[index].publishedGeneration else { return }
        services[index].drained.insert(drained.id)
        poke(index)
    }

    mutating func takeDemand(_ index: Int, _ demand: ServiceDemand) {
        services[index].demand = demand
        services[index].demandSince = services[index].demandSince ?? now
        poke(index)
    }

    private mutating func scheduleReport(_ index: Int, in delay: Duration) {
        let at = now + delay
        if let scheduled = services[index].reportAt, scheduled <= at { return }
        services[index].reportAt = at
        events.push(.report(index), at: at)
    }

    mutating func report(_ index: Int) {
        guard services[index].reportAt == now else { return }
        services[index].reportAt = nil
        guard isConnected, services[index].routed != nil else { return }
        let demand = services[index].admission.takeDemand()
        guard demand != services[index].reported else { return }
        services[index].reported = demand
        lastToControl = max(lastToControl, now + chance.milliseconds(0...3))
        events.push(.controlTakesDemand(index, demand, connection: connection), at: lastToControl)
    }

    private mutating func scheduleExpiry(_ index: Int) {
        guard let deadline = services[index].admission.nextDeadline else { return }
        if let scheduled = services[index].expiryAt, scheduled <= deadline { return }
        services[index].expiryAt = deadline
        events.push(.expire(index), at: deadline)
    }

    mutating func expire(_ index: Int) {
        services[index].expiryAt = nil
        let expiry = services[index].admission.expire(now: now)
        for refusal in expiry.refused { end(Int(refusal.request), .platformError(refusal.code)) }
        for dispatch in expiry.dispatched { send(index, Int(dispatch.request), dispatch.slot) }
        scheduleReport(index, in: Limits.demandReportInterval)
        scheduleExpiry(index)
    }

    mutating func endRouter() {
        guard isRouterUp else { return }
        note(11) { _ in "the router ends" }
        isRouterUp = false
        disconnect()
        for request in requests.indices {
            switch requests[request].state {
            case .ended, nil: continue
            case .waiting: break
            case .running(_, let id): containers[id]?.inFlight -= 1
            }
            end(request, .platformError(.routerStopped))
        }
        for index in services.indices {
            services[index].admission = ServiceAdmission(service: services[index].row.id)
            services[index].routed = nil
            services[index].earlierGeneration = nil
            services[index].reportAt = nil
            services[index].expiryAt = nil
        }
        later(.routerStarts, within: 10...1_000)
    }

    // MARK: Requests

    mutating func arrive(_ index: Int) {
        let request = requests.count
        requests.append(
            SimulatedRequest(service: index, since: now, work: chance.milliseconds(1...6_000), state: nil))
        guard isRouterUp else { return end(request, .platformError(.routerStopped)) }
        guard services[index].routed?.hosts.isEmpty == false else { return end(request, .platformError(.noSuchHost)) }
        let arrival = services[index].admission.arrive(UInt64(request), now: now)
        settle(index, request, arrival)
        if isFaulty, chance.isTrue(percent: 10) { later(.clientLeaves(request), within: 1...3_000) }
    }

    private mutating func settle(_ index: Int, _ request: Int, _ arrival: Arrival) {
        switch arrival {
        case .admit(let slot):
            send(index, request, slot)
        case .queue(let ticket, let edge):
            requests[request].state = .waiting(ticket)
            switch edge {
            case .none: scheduleReport(index, in: Limits.demandReportInterval)
            case .whileServing: scheduleReport(index, in: Limits.demandSettle)
            case .withoutInstance: scheduleReport(index, in: .zero)
            }
            scheduleExpiry(index)
        case .refuse(let code):
            end(request, .platformError(code))
        }
        scheduleReport(index, in: Limits.demandReportInterval)
    }

    /// The router sends a request to an instance.
    private mutating func send(_ index: Int, _ request: Int, _ slot: InstanceSlot) {
        let id = services[index].admission.instance(in: slot)
        switch containers[id]?.state {
        case .running:
            break
        case .frozen:
            return fail("request \(request) is sent to \(digits(id)), which is frozen")
        case .exited, nil:
            let since = requests[request].since
            let unreachable = services[index].admission.reportUnreachable(
                slot, request: UInt64(request), since: since, now: now)
            settle(index, request, unreachable.arrival)
            return finish(index, unreachable.finish)
        }
        containers[id]?.inFlight += 1
        let inFlight = containers[id]?.inFlight ?? 0
        if inFlight > services[index].maxConcurrencyInForce {
            fail("\(digits(id)) has \(inFlight) requests, at most \(services[index].maxConcurrencyInForce)")
        }
        requests[request].state = .running(slot, id)
        later(.requestEnds(request), in: requests[request].work)
    }

    private mutating func finish(_ index: Int, _ finish: Finish) {
        if let dispatch = finish.dispatch { send(index, Int(dispatch.request), dispatch.slot) }
        if let drained = finish.drained { tellDrained(index, drained) }
        scheduleReport(index, in: Limits.demandReportInterval)
        scheduleExpiry(index)
    }

    /// A request at an instance ends, however that is.
    mutating func leaveInstance(_ request: Int, _ outcome: RequestOutcome) {
        guard case .running(let slot, let id) = requests[request].state else { return }
        let index = requests[request].service
        containers[id]?.inFlight -= 1
        end(request, outcome)
        let freed = services[index].admission.finish(slot)
        finish(index, freed)
    }

    mutating func endRequest(_ request: Int) {
        guard case .running(_, let id) = requests[request].state else { return }
        if containers[id]?.state == .frozen { return fail("request \(request) was frozen with \(digits(id))") }
        let isSick = containers[id]?.isSick == true
        leaveInstance(request, isSick ? .platformError(.instanceClosed) : .answered(status: 200))
    }

    mutating func clientLeaves(_ request: Int) {
        switch requests[request].state {
        case .ended, nil:
            return
        case .running:
            leaveInstance(request, .clientGone)
        case .waiting(let ticket):
            let index = requests[request].service
            guard services[index].admission.leave(ticket) else {
                return fail("request \(request) waits and the router does not know it")
            }
            end(request, .clientGone)
            scheduleReport(index, in: Limits.demandReportInterval)
        }
    }

    private mutating func end(_ request: Int, _ outcome: RequestOutcome) {
        if case .ended = requests[request].state { return fail("request \(request) ended twice") }
        requests[request].state = .ended(outcome)
        note(12, UInt64(request)) { _ in "request \(request) ends: \(outcome)" }
    }
}
