import Foundation
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Synchronization
import Testing

@testable import RunaboutProxy

/// The admission that loops share decides as its model does, and stays exact when they all use it at once.
@Suite(.timeLimit(.minutes(2))) struct SharedServiceTests {
    @Test func itDecidesAsTheModelDoes() throws {
        let first = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        print("seeds \(first)...\(first + 99)")
        for seed in first..<first + 100 {
            var run = ComparedRun(seed: seed)
            for _ in 0..<300 { try run.step() }
        }
    }

    @Test func noInstanceGetsMoreThanItMayAndNobodyIsForgotten() async throws {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        let crowd = Crowd(instances: 3, limit: 2, loops: 3)
        async let first = onThread { crowd.run(loop: 0, requests: 5_000, seed: seed) }
        async let second = onThread { crowd.run(loop: 1, requests: 5_000, seed: seed &+ 1) }
        async let third = onThread { crowd.run(loop: 2, requests: 5_000, seed: seed &+ 2) }
        let served = try await first + second + third
        #expect(served == 15_000)
        #expect(crowd.overfull.load(ordering: .relaxed) == 0)
        let demand = crowd.service.takeDemand()
        #expect(demand.inFlight == 0)
        #expect(demand.queued == 0)
    }

    @Test func aClosedInstanceTakesNoRequestFromTheNextClaimOn() {
        let cell = InstanceCell(InstanceID(high: 2, low: 1))
        #expect(cell.claim(limit: 2))
        cell.setReady(false)
        #expect(!cell.claim(limit: 2))
        let released = cell.release()
        #expect(released.isEmpty && released.isClosed)
        cell.setReady(true)
        #expect(cell.claim(limit: 1))
        #expect(!cell.claim(limit: 1))
        cell.setSuspect(true)
        #expect(!cell.isOpen && cell.inFlight == 1)
    }
}

/// The shared admission and its model, fed with the same random events.
private struct ComparedRun {
    private let seed: UInt64
    private var random: SeededGenerator
    private var model = ServiceAdmission(service: testService)
    private let shared = SharedService(testService, number: 1)
    private var now = MonotonicTime.zero
    private var generation: Int64 = 0
    private var made: UInt64 = 0
    private var running: [UInt64: (InstanceSlot, InstanceCell)] = [:]
    private var tickets: [UInt64: (QueueTicket, QueueTicket)] = [:]
    private var arrivedAt: [UInt64: MonotonicTime] = [:]
    private var cells: [InstanceID: InstanceCell] = [:]

    init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    mutating func step() throws {
        now = now + .milliseconds(Int64.random(in: 0...40, using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try arrive()
        case 45..<75: try finish()
        case 75..<80: try leave()
        case 80..<85: try unreachable()
        case 85..<93: try change()
        default: try expire()
        }
        let left = model.takeDemand()
        let right = shared.takeDemand()
        guard left == right else { throw Difference(seed, "demand \(right), expected \(left)") }
    }

    private mutating func arrive() throws {
        made += 1
        arrivedAt[made] = now
        shared.countAccepted(1)
        let expected = model.arrive(made, now: now)
        try compare(made, expected, shared.arrive(made, since: now, isNew: true))
    }

    private mutating func compare(_ request: UInt64, _ expected: Arrival, _ arrival: SharedArrival) throws {
        switch (expected, arrival) {
        case (.admit(let slot), .admit(let instance)) where model.instance(in: slot) == instance.cell.id:
            running[request] = (slot, instance.cell)
        case (.queue(let left, let expectedEdge), .queue(let right, let edge)) where edge == expectedEdge:
            tickets[request] = (left, right)
        case (.refuse(let left), .refuse(let right)) where left == right: break
        default: throw Difference(seed, "request \(request): \(arrival), expected \(expected)")
        }
    }

    private mutating func finish() throws {
        guard let request = running.keys.sorted().randomElement(using: &random), let (slot, cell) = running[request]
        else { return }
        running[request] = nil
        let expected = model.finish(slot)
        var settlement = Settlement()
        if shared.release(cell) { settlement = shared.settle(after: cell) }
        try compare(expected.dispatch.map { [$0] } ?? [], settlement.dispatched)
        try compare(expected.drained.map { [$0] } ?? [], settlement.drained)
    }

    private mutating func leave() throws {
        guard let request = tickets.keys.sorted().randomElement(using: &random), let (left, right) = tickets[request]
        else { return }
        tickets[request] = nil
        guard model.leave(left) == shared.leave(right) else { throw Difference(seed, "leaving differs") }
    }

    private mutating func unreachable() throws {
        guard let request = running.keys.sorted().randomElement(using: &random), let (slot, cell) = running[request],
            let since = arrivedAt[request]
        else { return }
        running[request] = nil
        let expected = model.reportUnreachable(slot, request: request, since: since, now: now)
        shared.suspect(cell, now: now)
        if shared.release(cell) {
            let settlement = shared.settle(after: cell)
            try compare([], settlement.dispatched)
            try compare(expected.finish.drained.map { [$0] } ?? [], settlement.drained)
        }
        let arrival: SharedArrival =
            now < since + shared.queueWait
            ? shared.arrive(request, since: since, isNew: false) : .refuse(.instanceUnreachable)
        try compare(request, expected.arrival, arrival)
    }

    private mutating func change() throws {
        generation += 1
        let states: [RouteInstanceState] = [.ready, .ready, .draining]
        let instances = (1...4).filter { _ in Bool.random(using: &random) }.map { number in
            RouteInstance(
                id: InstanceID(high: 2, low: UInt64(number)), address: InstanceAddress(host: "10.0.0.1", port: number),
                state: states.randomElement(using: &random) ?? .ready)
        }
        let availabilities: [RouteAvailability] = [.serving, .serving, .serving, .paused, .failing(reason: "x")]
        let route = ServiceRoute(
            service: testService, hosts: [], generation: generation,
            maxConcurrency: Int.random(in: 1...5, using: &random),
            queueLengthMax: Int.random(in: 0...6, using: &random),
            queueWaitMilliseconds: Int64.random(in: 1...300, using: &random), timeouts: RouteTimeouts(),
            availability: availabilities.randomElement(using: &random) ?? .serving, instances: instances)
        let expected = model.change(route)
        guard let change = shared.change(route, isSnapshot: false) else { throw Difference(seed, "not taken") }
        for instance in change.instances { cells[instance.cell.id] = instance.cell }
        try compare(expected.dispatched, change.settlement.dispatched)
        try compare(expected.refused, change.settlement.refused)
        try compare(expected.drained, change.settlement.drained)
    }

    private mutating func expire() throws {
        let expected = model.expire(now: now)
        let settlement = shared.expire(now: now)
        try compare(expected.dispatched, settlement.dispatched)
        try compare(expected.refused, settlement.refused)
    }

    private mutating func compare(_ expected: [Dispatch], _ dispatched: [SharedDispatch]) throws {
        guard expected.count == dispatched.count else { throw Difference(seed, "\(dispatched), expected \(expected)") }
        for (left, right) in zip(expected, dispatched) {
            guard left.request == right.request, model.instance(in: left.slot) == right.instance.cell.id else {
                throw Difference(seed, "\(right), expected \(left)")
            }
            tickets[left.request] = nil
            running[left.request] = (left.slot, right.instance.cell)
        }
    }

    private mutating func compare(_ expected: [Refusal], _ refused: [Refusal]) throws {
        guard expected == refused else { throw Difference(seed, "\(refused), expected \(expected)") }
        for refusal in refused { tickets[refusal.request] = nil }
    }

    private func compare(_ expected: [DrainedInstance], _ drained: [DrainedInstance]) throws {
        guard expected == drained else { throw Difference(seed, "\(drained), expected \(expected)") }
    }
}

private struct Difference: Error, CustomStringConvertible {
    let description: String

    init(_ seed: UInt64, _ what: String) { description = "seed \(seed): \(what)" }
}

/// Threads that use one service's admission as loops do, each instance counted a second time beside it.
private final class Crowd: Sendable {
    private final class Counter: Sendable { let count = Atomic<Int>(0) }
    private final class Inbox: Sendable { let dispatches = Mutex<[SharedDispatch]>([]) }

    let service = SharedService(testService, number: 1)
    /// How often an instance was found with more requests than it may have.
    let overfull = Atomic<Int>(0)
    private let cells: [InstanceCell]
    private let limit: Int
    private let present: [InstanceID: Counter]
    private let inboxes: [Inbox]

    init(instances: Int, limit: Int, loops: Int) {
        self.limit = limit
        let routed = (1...instances).map {
            RouteInstance(
                id: InstanceID(high: 2, low: UInt64($0)), address: InstanceAddress(host: "10.0.0.1", port: $0),
                state: .ready)
        }
        let route = ServiceRoute(
            service: testService, hosts: [], generation: 1, maxConcurrency: limit, queueLengthMax: 1_000_000,
            queueWaitMilliseconds: 1_000_000, timeouts: RouteTimeouts(), availability: .serving, instances: routed)
        cells = service.change(route, isSnapshot: false)?.instances.map(\.cell) ?? []
        present = Dictionary(uniqueKeysWithValues: cells.map { ($0.id, Counter()) })
        inboxes = (0..<loops).map { _ in Inbox() }
    }

    /// Lets requests arrive and end in random order until all have been served; gives how many were.
    func run(loop: Int, requests: Int, seed: UInt64) -> Int {
        var random = SeededGenerator(seed: seed)
        var running: [InstanceCell] = []
        var (made, served, waiting) = (0, 0, 0)
        let deadline = clockNow() + 60_000_000_000
        while served < requests, clockNow() < deadline {
            for dispatch in inboxes[loop].dispatches.withLock({ all in
                defer { all = [] }
                return all
            }) {
                waiting -= 1
                enter(dispatch.instance.cell, &running)
            }
            if made < requests, running.count + waiting < 8, Bool.random(using: &random) {
                made += 1
                arrive(UInt64(loop) << requestLoopShift | UInt64(made), &running, &waiting)
            } else if !running.isEmpty {
                leave(running.remove(at: Int.random(in: running.indices, using: &random)))
                served += 1
            } else {
                sched_yield()
            }
        }
        return served
    }

    private func arrive(_ number: UInt64, _ running: inout [InstanceCell], _ waiting: inout Int) {
        if !service.hasWaiting, let cell = cells.first(where: { $0.claim(limit: UInt64(limit)) }) {
            service.noteClaim()
            enter(cell, &running)
            return
        }
        switch service.arrive(number, since: MonotonicTime(nanoseconds: clockNow()), isNew: true) {
        case .admit(let instance): enter(instance.cell, &running)
        case .queue: waiting += 1
        case .refuse: overfull.add(1, ordering: .relaxed)
        }
    }

    private func enter(_ cell: InstanceCell, _ running: inout [InstanceCell]) {
        let count = present[cell.id]?.count.add(1, ordering: .sequentiallyConsistent).newValue ?? 0
        if count > limit { overfull.add(1, ordering: .relaxed) }
        running.append(cell)
    }

    private func leave(_ cell: InstanceCell) {
        present[cell.id]?.count.subtract(1, ordering: .sequentiallyConsistent)
        guard service.release(cell) else { return }
        for dispatch in service.settle(after: cell).dispatched {
            inboxes[loop(of: dispatch.request)].dispatches.withLock { $0.append(dispatch) }
        }
    }
}
