import RunaboutHealth
import RunaboutModel
import RunaboutRouting

// Says what the router is to do, and which instances are probed.
extension Planner {
    /// Publishes the service's route where it differs from the last, and once after a start.
    mutating func route() {
        if service.desired == .deleted, operation == nil, candidates.isEmpty {
            guard memory.route != nil else { return }
            memory.routeGeneration += 1
            memory.route = nil
            routes.append(.withdraw(service.id, generation: memory.routeGeneration))
            return
        }
        if let published = memory.route, published == newRoute(generation: published.generation) { return }
        memory.routeGeneration += 1
        let route = newRoute(generation: memory.routeGeneration)
        memory.route = route
        routes.append(.publish(route))
    }

    private func newRoute(generation: Int64) -> ServiceRoute {
        let configuration = (active ?? target)?.configuration ?? InstanceConfiguration()
        let living = active.map { active in candidates.count { $0.isLive && $0.row.revision == active.id } } ?? 0
        return ServiceRoute(
            service: service.id,
            // A service that is being deleted answers no more; its instances are listed until they have drained.
            hosts: service.desired == .deleted ? [] : [service.host],
            generation: generation,
            maxConcurrency: scaling.maxConcurrency,
            queueLengthMax: queueLengthMax(maxConcurrency: scaling.maxConcurrency, instances: living),
            queueWaitMilliseconds: queueWaitMilliseconds(startMilliseconds: memory.learnedStartMilliseconds),
            timeouts: routeTimeouts(of: configuration),
            instanceProtocol: configuration.instanceProtocol,
            availability: availability,
            instances: candidates.compactMap { routeInstance($0) },
        )
    }

    private func routeInstance(_ candidate: Candidate) -> RouteInstance? {
        guard let address = candidate.row.address else { return nil }
        switch candidate.state {
        case .draining:
            return RouteInstance(id: candidate.id, address: address, state: .draining)
        case .ready:
            guard candidate.row.revision == active?.id else { return nil }
            switch candidate.notes.freezing {
            case nil: return RouteInstance(id: candidate.id, address: address, state: .ready)
            case .draining: return RouteInstance(id: candidate.id, address: address, state: .draining)
            case .asked: return nil
            }
        case .pending, .creating, .starting, .frozen, .stopping, .stopped, .failed:
            return nil
        }
    }

    private var availability: RouteAvailability {
        guard isWantedRunning else { return .paused }
        guard let active else {
            return target == nil ? .failing(reason: "No deployment of this service has succeeded.") : .serving
        }
        let canServe = candidates.contains {
            $0.row.revision == active.id && ($0.state == .ready || $0.state == .frozen)
        }
        guard !canServe, let crashes = memory.crashes[active.id], crashes.count >= Limits.crashesUntilFailing,
            crashes.notBefore > now
        else { return .serving }
        return .failing(reason: "Its instances ended \(crashes.count) times in a row. \(crashes.reason)")
    }

    /// Probes what is due, and sees to it that what comes due later is not missed.
    mutating func probe() {
        if case .failing = availability, let end = backoffEnd(of: active?.id) { wake(at: end) }
        for index in candidates.indices {
            let candidate = candidates[index]
            guard candidate.state == .starting || candidate.state == .ready, candidate.runtime == .running,
                candidate.notes.freezing == nil, candidate.notes.thawAskedAt == nil, candidate.row.address != nil
            else { continue }
            let check = configuration(of: candidate).healthCheck
            guard var health = candidate.notes.health else { continue }
            if health.takeProbe(at: now, check) { probes.append(.probe(candidate.id)) }
            candidates[index].notes.health = health
            wake(at: health.due(check))
        }
    }
}

/// What the router is told of a configuration's timeouts.
private func routeTimeouts(of configuration: InstanceConfiguration) -> RouteTimeouts {
    func milliseconds(_ seconds: Int) -> Int64 { Int64(seconds) * 1_000 }
    return RouteTimeouts(
        connectMilliseconds: milliseconds(configuration.connectTimeoutSeconds),
        responseHeaderMilliseconds: milliseconds(
            configuration.responseHeaderTimeoutSeconds ?? configuration.requestTimeoutSeconds),
        idleMilliseconds: milliseconds(configuration.idleTimeoutSeconds),
        totalMilliseconds: milliseconds(configuration.requestTimeoutSeconds),
    )
}

/// How many requests of a service may wait: 10 for each that its instances take at once, and at least 1,000.
///
/// 4 instances at 30 each: `max(1000, 10 × 30 × 4)` = 1,200. Without an instance it counts as one.
package func queueLengthMax(maxConcurrency: Int, instances: Int) -> Int {
    max(Limits.queueLengthFloor, Limits.queuePerConcurrency * maxConcurrency * max(instances, 1))
}

/// How long a request of a service may wait: 3.5 times what its starts take, and at least 10 s.
///
/// A start of 8 s: 28 s. A start of 200 ms: 10 s.
package func queueWaitMilliseconds(startMilliseconds: Int64) -> Int64 {
    max(Limits.queueWaitFloor.wholeMilliseconds, startMilliseconds * Limits.queueWaitStartPercent / 100)
}
