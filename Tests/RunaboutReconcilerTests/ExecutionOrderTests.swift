import GRDB
import RunaboutModel
import RunaboutPlanning
import RunaboutReconciler
import RunaboutRouting
import Synchronization
import Testing

@testable import RunaboutRuntime
@testable import RunaboutStore

struct ExecutionOrderTests {
    /// What had happened by the time a route was published.
    private struct Seen: Equatable {
        let isThawed: Bool
        let rowsWritten: Int?
    }

    /// Makes one plan of the reconciler a given one, the first time a condition holds; all others are the real ones.
    private func planner(
        instead steps: @escaping @Sendable (PlanInput) -> [PlanStep]?,
    ) -> @Sendable (PlanInput) -> Plan {
        let isDone = Mutex(false)
        return { input in
            let real = plan(input)
            return isDone.withLock { isDone in
                guard !isDone, let steps = steps(input) else { return real }
                isDone = true
                return Plan(steps: steps, wakeAt: nil, memory: real.memory)
            }
        }
    }

    @Test func aThawAndTheRouteComeBeforeTheRow() async throws {
        let world = try await World.make()
        let seen = Mutex<[Seen]>([])
        let host = world.host
        let store = world.store
        let link = FakeLink { call in
            guard case .publish(let route) = call, route.queueLengthMax == 77 else { return }
            let isThawed = host.calls.contains { call in
                if case .thaw = call { return true }
                return false
            }
            let rows = try? store.writer.read { database in
                try Int.fetchOne(database, sql: "SELECT count(*) FROM instance WHERE reason = 'written last'")
            }
            seen.withLock { $0.append(Seen(isThawed: isThawed, rowsWritten: rows)) }
        }
        let service = try await world.create(1)
        let planner = planner { input in
            guard input.desired.operation == nil, let instance = input.instances.first?.instance,
                instance.state == .ready
            else { return nil }
            let route = ServiceRoute(
                service: service, hosts: ["x"], generation: 1 << 40, maxConcurrency: 1, queueLengthMax: 77,
                queueWaitMilliseconds: 1, timeouts: RouteTimeouts(totalMilliseconds: 1), availability: .serving,
                instances: [])
            return [
                .setInstanceState(instance.id, .frozen, reason: "written last"), .thaw(instance.id), .publish(route),
            ]
        }
        try await world.running(world.reconciler(link, planner: planner)) {
            _ = try await world.eventually("the row is written") { transaction in
                try transaction.snapshot(of: service)?.instances.first { $0.reason == "written last" }
            }
        }
        #expect(seen.withLock { $0 } == [Seen(isThawed: true, rowsWritten: 0)])
    }

    @Test func whatTheStoreRefusesIsKeptAndWrittenLater() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let service = try await world.create(1)
        let reconciler = world.reconciler(link)
        try await world.running(reconciler) {
            _ = try await world.endedOperation(of: service)
            let before = try await world.snapshot(of: service).instances.map(\.id)
            try await world.setFailing(true, table: "instance")
            world.host.end(before[0], exit: InstanceExit(status: 9, isOutOfMemory: false))
            // The route goes on without the row.
            try await link.wait("the dead one leaves the route") { link in
                link.route(of: service)?.instances.contains { $0.id == before[0] } == false
            }
            #expect(try await world.snapshot(of: service).instances.first { $0.id == before[0] }?.state == .ready)
            try await world.setFailing(false, table: "instance")
            try await link.wait("another takes its place") { link in
                link.route(of: service)?.instances.map(\.state) == [.ready]
            }
            let ended = try await world.store.read { try $0.instances(of: service, includesEnded: true) }
            let row = ended.first { $0.id == before[0] }
            #expect(row?.state == .failed)
            #expect(row?.exit == InstanceExit(status: 9, isOutOfMemory: false))
        }
    }

    @Test func anOutOfMemoryEndIsWrittenAsSuch() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let service = try await world.create(1)
        try await world.running(world.reconciler(link)) {
            _ = try await world.endedOperation(of: service)
            let id = try await world.snapshot(of: service).instances[0].id
            world.host.end(id, exit: InstanceExit(status: 137, isOutOfMemory: true))
            let row = try await world.eventually("the end is written") { transaction in
                try transaction.instances(of: service, includesEnded: true).first { $0.id == id && $0.state == .failed }
            }
            #expect(row.exit?.isOutOfMemory == true)
        }
    }
}
