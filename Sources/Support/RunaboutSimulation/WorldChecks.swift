import RunaboutAutoscaling
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

// What must hold, whatever happens.
extension World {
    /// After every event that is about instances.
    mutating func check() {
        let checked = services.map { service in
            CheckedService(
                desired: service.desired, instances: service.instances.map(\.observed), route: service.published,
                maxSize: service.maxSizeInForce)
        }
        var running: Set<InstanceID> = []
        for (id, container) in containers where container.state == .running || container.state == .frozen {
            running.insert(id)
        }
        if isDaemonUp, let problem = PlanChecker.problems(in: checked, running: running).first {
            fail("\(problem)")
        }
        for (index, service) in services.enumerated() {
            if let earlier = service.earlierGeneration, let routed = service.routed, routed.generation < earlier {
                fail("the route of service \(index) went back from \(earlier) to \(routed.generation)")
            }
        }
    }

    /// Nothing ends for want of demand before a whole window of the router's word was had.
    mutating func checkPatience(_ index: Int, _ plan: Plan) {
        guard let decision = plan.decision, decision.rule == .down else { return }
        let window = Duration.seconds(services[index].autoScaling.stabilizationSeconds)
        guard let since = services[index].demandSince, now - since >= window else {
            return fail("service \(index) goes from \(decision.current) to \(decision.desired) before a whole window")
        }
    }

    /// Once faults and requests have ended and time has passed, everything is as it is wanted.
    mutating func checkRest() {
        for (index, service) in services.enumerated() {
            let states = service.instances.map(\.row.state)
            if let operation = service.operation, !operation.status.isEnded {
                fail("service \(index): its operation \(operation.type) never ends; \(states)")
            }
            let wanted = service.row.desired == .running && service.active != nil ? service.autoScaling.minSize : 0
            let serving = service.instances.count { instance in
                instance.row.state == .ready || instance.row.state == .frozen
            }
            if serving != wanted || states.count != wanted {
                fail("service \(index): \(wanted) instances are wanted, there are \(states)")
            }
            if service.instances.contains(where: { $0.row.revision != service.active?.id }) {
                fail("service \(index): an instance of another revision is left")
            }
            if service.row.desired == .deleted, service.routed != nil { fail("service \(index): its route is left") }
            if service.row.desired != .deleted, service.routed?.generation != service.published?.generation {
                fail("service \(index): the router has an old route")
            }
            // What is idle costs nothing.
            if service.row.desired == .running, let timerAt = service.timerAt {
                fail("service \(index): idle, and asks to be planned at \(timerAt)")
            }
        }
    }

    /// Every request has ended, and once nothing goes wrong any more with an answer.
    mutating func checkLedger() {
        for (number, request) in requests.enumerated() {
            guard case .ended(let outcome) = request.state else {
                return fail("request \(number) of service \(request.service) never ends")
            }
            guard number >= firstLastRequest else { continue }
            if case .answered = outcome { continue }
            return fail("the last request of service \(request.service) is not answered: \(outcome)")
        }
    }
}
