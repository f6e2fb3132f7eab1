import Foundation
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

/// Drives the machine and the naive model with the same random legal events and compares everything after each.
@Suite struct AdmissionModelTests {
    @Test func theMachineDoesWhatTheNaiveModelDoes() throws {
        let first = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        for seed in first..<first + 200 {
            var run = AdmissionRun(seed: seed)
            for _ in 0..<300 { try run.step() }
            try run.settle()
        }
        print("seeds \(first)...\(first + 199)")
    }
}

struct AdmissionRun {
    private let seed: UInt64
    private var random: SeededGenerator
    private var machine = ServiceAdmission(service: serviceID(1))
    private var naive = NaiveAdmission()
    private var now = MonotonicTime.zero
    private var generation: Int64 = 0
    private var nextRequest: UInt64 = 0
    private var slots: [UInt64: InstanceSlot] = [:]
    private var tickets: [UInt64: QueueTicket] = [:]
    private var arrivedAt: [UInt64: MonotonicTime] = [:]
    private var drainedOnce: Set<String> = []

    init(seed: UInt64) {
        self.seed = seed
        self.random = SeededGenerator(seed: seed)
    }

    mutating func step() throws {
        now = now + .milliseconds(Int64.random(in: 0...40, using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try arrive()
        case 45..<75: try finishOne()
        case 75..<80: try leave()
        case 80..<85: try unreachable()
        case 85..<93: try change()
        default: try expire()
        }
        try compare()
    }

    /// Ends everything and expects nothing left.
    mutating func settle() throws {
        while let request = slots.keys.min() {
            try finish(request)
            try compare()
        }
        now = now + .seconds(1_000)
        try expire()
        while let request = slots.keys.min() { try finish(request) }
        try compare()
        guard machine.inFlight == 0 else { throw Mismatch(seed, "requests are left") }
    }

    private mutating func arrive() throws {
        let request = nextRequest
        nextRequest += 1
        arrivedAt[request] = now
        let expected = naive.route == nil ? nil : naive.arrive(request, since: now)
        let arrival = machine.arrive(request, now: now)
        if let expected { try place(request, arrival, expected) }
    }

    private mutating func place(
        _ request: UInt64, _ arrival: Arrival, _ expected: NaiveAdmission.Answer,
    ) throws {
        switch (arrival, expected) {
        case (.admit(let slot), .instance(let id)) where machine.instance(in: slot) == id: slots[request] = slot
        case (.queue(let ticket, _), .queued): tickets[request] = ticket
        case (.refuse(let code), .refused(let other)) where code == other: break
        default: throw Mismatch(seed, "request \(request): \(arrival), expected \(expected)")
        }
    }

    private mutating func finishOne() throws {
        guard let request = slots.keys.sorted().randomElement(using: &random) else { return }
        try finish(request)
    }

    private mutating func finish(_ request: UInt64) throws {
        guard let slot = slots.removeValue(forKey: request) else { return }
        let finish = machine.finish(slot)
        try note(finish.drained)
        try check([finish.dispatch].compactMap(\.self), naive.finish(request))
    }

    private mutating func leave() throws {
        guard let request = tickets.keys.sorted().randomElement(using: &random) else { return }
        guard let ticket = tickets.removeValue(forKey: request), machine.leave(ticket) else {
            throw Mismatch(seed, "request \(request) does not wait")
        }
        naive.waiting.removeAll { $0.request == request }
    }

    private mutating func unreachable() throws {
        guard let request = slots.keys.sorted().randomElement(using: &random), let route = naive.route else { return }
        guard let slot = slots.removeValue(forKey: request), let since = arrivedAt[request] else { return }
        let result = machine.reportUnreachable(slot, request: request, since: since, now: now)
        try note(result.finish.drained)
        naive.suspect(request, until: now + Limits.suspectPause)
        if now >= since + .milliseconds(route.queueWaitMilliseconds) {
            guard result.arrival == .refuse(.instanceUnreachable) else { throw Mismatch(seed, "waits for too long") }
        } else {
            try place(request, result.arrival, naive.arrive(request, since: since, isNew: false))
        }
    }

    private mutating func change() throws {
        generation += 1
        let numbers = (1...6).map { UInt64($0) }.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
        let instances = numbers.map { instance($0, Int.random(in: 0..<4, using: &random) == 0 ? .draining : .ready) }
        let availability: RouteAvailability =
            switch Int.random(in: 0..<12, using: &random) {
            case 0: .paused
            case 1: .failing(reason: "exit")
            default: .serving
            }
        let new = route(
            instances, generation: generation, maxConcurrency: Int.random(in: 1...6, using: &random),
            queueLengthMax: Int.random(in: 0...8, using: &random),
            queueWaitMilliseconds: Int64.random(in: 100...2_000, using: &random), availability: availability)
        let result = machine.change(new)
        for drained in result.drained { try note(drained) }
        let expected = naive.change(new)
        try check(result.dispatched, expected.dispatched)
        guard Set(result.refused.map(\.request)) == expected.refused else { throw Mismatch(seed, "refused others") }
        for refusal in result.refused { tickets[refusal.request] = nil }
    }

    private mutating func expire() throws {
        let expected = naive.expire(now: now)
        let result = machine.expire(now: now)
        guard result.refused.map(\.request) == expected.refused else { throw Mismatch(seed, "others timed out") }
        for refusal in result.refused { tickets[refusal.request] = nil }
        try check(result.dispatched, expected.dispatched)
    }

    private mutating func check(_ dispatched: [Dispatch], _ expected: [(UInt64, InstanceID)]) throws {
        guard dispatched.count == expected.count else {
            throw Mismatch(seed, "dispatched \(dispatched), expected \(expected)")
        }
        for (dispatch, (request, id)) in zip(dispatched, expected) {
            guard dispatch.request == request, machine.instance(in: dispatch.slot) == id else {
                throw Mismatch(seed, "dispatched \(dispatch), expected \(request) to \(id)")
            }
            tickets[request] = nil
            slots[request] = dispatch.slot
        }
    }

    private mutating func note(_ drained: DrainedInstance?) throws {
        guard let drained else { return }
        guard drained.generation == generation else {
            throw Mismatch(seed, "drained under generation \(drained.generation)")
        }
        guard drainedOnce.insert("\(drained.id) \(drained.generation)").inserted else {
            throw Mismatch(seed, "\(drained.id) drained twice under \(drained.generation)")
        }
    }

    private mutating func compare() throws {
        guard let route = naive.route else { return }
        let demand = machine.takeDemand()
        guard demand.inFlight == naive.running.count, demand.queued == naive.waiting.count else {
            throw Mismatch(seed, "\(demand.inFlight)+\(demand.queued)")
        }
        for instance in demand.instances {
            guard instance.inFlight == naive.inFlight(instance.id) else { throw Mismatch(seed, "count of \(instance)") }
        }
        let drained = route.instances.filter { $0.state == .draining && naive.inFlight($0.id) == 0 }.map(\.id)
        guard machine.drainedInstances().map(\.id) == drained else { throw Mismatch(seed, "drained") }
        guard drained.allSatisfy({ drainedOnce.contains("\($0) \(generation)") }) else {
            throw Mismatch(seed, "a drained instance was not reported")
        }
    }
}

struct Mismatch: Error, CustomStringConvertible {
    let description: String
    init(_ seed: UInt64, _ text: String) { description = "SEED=\(seed): \(text)" }
}
