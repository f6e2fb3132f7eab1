import RunaboutAutoscaling
import RunaboutHealth
import RunaboutLink
import RunaboutModel
import RunaboutPlanning
import RunaboutReconciler
import RunaboutRouting
import RunaboutStore
import RunaboutTestSupport
import Synchronization
import Testing

@testable import RunaboutRuntime

struct ReconcilerTests {
    private func demand(
        _ service: ServiceID, inFlight: Int, queued: Int, accepted: Int64, _ link: FakeLink,
    ) -> RouterMessage {
        let route = link.route(of: service)
        return .demand([
            ServiceDemand(
                service: service, generation: route?.generation ?? 0, inFlight: inFlight, queued: queued,
                peak: inFlight + queued, accepted: accepted,
                instances: (route?.instances ?? []).map { InstanceDemand(id: $0.id, inFlight: inFlight) })
        ])
    }

    @Test func aNewServiceBecomesReadyAndIsRouted() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let service = try await world.create(1)
        try await world.running(world.reconciler(link)) {
            let operation = try await world.endedOperation(of: service)
            #expect(operation.status == .succeeded)
            try await link.wait("a ready instance is routed") { link in
                link.route(of: service)?.instances.map(\.state) == [.ready]
            }
            let snapshot = try await world.snapshot(of: service)
            #expect(snapshot.service.status == .running)
            #expect(snapshot.active?.number == 1)
            #expect(snapshot.instances.map(\.state) == [.ready])
            #expect(snapshot.instances.first?.timings.healthyMilliseconds != nil)
            #expect(link.route(of: service)?.generation ?? 0 > 1 << 32)
        }
    }

    @Test func theTableIsCompleteOnlyAfterEveryServiceWasPlanned() async throws {
        let world = try await World.make()
        let link = FakeLink()
        var services: [ServiceID] = []
        for number in 1...30 { services.append(try await world.create(UInt64(number))) }
        let all = Set(services)
        try await world.running(world.reconciler(link)) {
            try await link.wait("the table is complete") { link in
                link.calls.contains { call in
                    if case .complete = call { return true }
                    return false
                }
            }
            var routed: Set<ServiceID> = []
            for call in link.calls {
                if case .publish(let route) = call { routed.insert(route.service) }
                if case .complete = call { break }
            }
            #expect(routed == all)
        }
    }

    @Test func aHundredRequestsAtThirtyAreFourInstancesByOneDecision() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let service = try await world.create(1)
        let reconciler = world.reconciler(link)
        try await world.running(reconciler) {
            _ = try await world.endedOperation(of: service)
            link.say(demand(service, inFlight: 30, queued: 70, accepted: 100, link))
            try await link.wait("four are routed") { $0.route(of: service)?.instances.count == 4 }
            #expect(reconciler.demand(of: service)?.queued == 70)
        }
        let decisions = try await world.store.read { try $0.records(of: service, kind: .scaleDecision, limit: 50) }
        #expect(decisions.count { $0.body.contains(#""rule":"up""#) && $0.body.contains(#""desired":4"#) } == 1)
        #expect(!decisions.contains { $0.body.contains(#""desired":2"#) || $0.body.contains(#""desired":3"#) })
    }

    @Test func aCrashingServiceBacksOffAndAnotherDoesNotNotice() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let steady = try await world.create(1)
        let crashing = try await world.create(2)
        try await world.running(world.reconciler(link)) {
            _ = try await world.endedOperation(of: crashing)
            _ = try await world.endedOperation(of: steady)
            let before = try await world.snapshot(of: steady).instances.map(\.id)
            let exit = InstanceExit(status: 1, isOutOfMemory: false)
            world.host.setBehaviour { _ in FakeBehaviour(immediateExit: exit) }
            for instance in try await world.snapshot(of: crashing).instances { world.host.end(instance.id, exit: exit) }
            try await link.wait("the route says that it fails") { link in
                if case .failing = link.route(of: crashing)?.availability { return true }
                return false
            }
            #expect(try await world.snapshot(of: steady).instances.map(\.id) == before)
        }
        let decisions = try await world.store.read { try $0.records(of: crashing, kind: .scaleDecision, limit: 50) }
        #expect(decisions.contains { $0.body.contains(#""bound":"crashBackoff""#) })
    }

    @Test func aNewDaemonAdoptsWhatRunsAndStartsAndStopsNothing() async throws {
        let world = try await World.make()
        let first = FakeLink()
        let service = try await world.create(1)
        try await world.running(world.reconciler(first)) {
            _ = try await world.endedOperation(of: service)
            first.say(demand(service, inFlight: 30, queued: 70, accepted: 100, first))
            try await first.wait("four are routed") { $0.route(of: service)?.instances.count == 4 }
        }
        let before = Set(try await world.snapshot(of: service).instances.map(\.id))
        let callsBefore = world.host.calls.count
        let second = FakeLink()
        let (looks, look) = AsyncStream.makeStream(of: Void.self)
        let observing: @Sendable (PlanInput) -> Plan = { input in
            if input.demand?.accepted == 1 { look.yield() }
            return plan(input)
        }
        try await world.running(world.reconciler(second, epoch: 2, planner: observing)) {
            try await second.wait("the table is complete") { link in
                link.route(of: service)?.instances.filter { $0.state == .ready }.count == 4
            }
            second.say(demand(service, inFlight: 0, queued: 0, accepted: 0, second))
            second.say(demand(service, inFlight: 1, queued: 0, accepted: 1, second))
            try await within(.seconds(20), "the new demand is planned for") { for await _ in looks { return } }
        }
        let decision = try await world.store.read { try $0.records(of: service, kind: .scaleDecision, limit: 1).first }
        #expect(decision?.body.contains(#""rule":"watching""#) == true)
        #expect(Set(try await world.snapshot(of: service).instances.map(\.id)) == before)
        let since = world.host.calls.dropFirst(callsBefore)
        #expect(
            !since.contains { call in
                switch call {
                case .start, .stop, .release: true
                case .freeze, .thaw, .forget, .observe, .collectLeftovers, .shutDown: false
                }
            })
        #expect(second.route(of: service)?.generation ?? 0 > first.route(of: service)?.generation ?? 0)
    }

    @Test func aFailedDeploymentTellsTheLastLinesAndTheExit() async throws {
        let world = try await World.make()
        let link = FakeLink()
        world.host.setBehaviour { _ in
            FakeBehaviour(
                lines: ["starting", "no database"], immediateExit: InstanceExit(status: 3, isOutOfMemory: false))
        }
        let service = try await world.create(1)
        try await world.running(world.reconciler(link)) {
            let operation = try await world.endedOperation(of: service)
            #expect(operation.status == .failed)
            #expect(operation.failure?.code == .instanceExited)
            #expect(operation.failure?.logLines == ["starting", "no database"])
            #expect(operation.failure?.exit == InstanceExit(status: 3, isOutOfMemory: false))
            #expect(try await world.snapshot(of: service).service.status == .createFailed)
        }
    }

    @Test func aServiceIsPausedResumedAndDeleted() async throws {
        let world = try await World.make()
        let link = FakeLink()
        let service = try await world.create(1)
        let reconciler = world.reconciler(link)
        try await world.running(reconciler) {
            _ = try await world.endedOperation(of: service)
            try await world.begin(.pauseService, of: service, operation: 2, desired: .paused)
            reconciler.poke(service)
            #expect(try await world.endedOperation(of: service).status == .succeeded)
            #expect(try await world.snapshot(of: service).service.status == .paused)
            #expect(link.route(of: service)?.availability == .paused)

            try await world.begin(.resumeService, of: service, operation: 3)
            reconciler.poke(service)
            #expect(try await world.endedOperation(of: service).status == .succeeded)
            #expect(try await world.snapshot(of: service).service.status == .running)

            try await world.begin(.deleteService, of: service, operation: 4, desired: .deleted)
            reconciler.poke(service)
            #expect(try await world.endedOperation(of: service).status == .succeeded)
            _ = try await world.eventually("nothing is held") { transaction in
                try transaction.unreleasedInstances().isEmpty ? true : nil
            }
        }
        #expect(world.host.instances.isEmpty)
        let withdrawn = link.calls.contains { call in
            if case .withdraw = call { return true }
            return false
        }
        #expect(withdrawn)
    }

    @Test func aRunThatEndsItsInstancesKeepsTheServiceForTheNextRun() async throws {
        let world = try await World.make()
        let service = try await world.create(1)
        try await world.running(world.reconciler(FakeLink(), endsInstances: true)) {
            _ = try await world.endedOperation(of: service)
        }
        #expect(world.host.instances.isEmpty)
        #expect(try await world.snapshot(of: service).instances.isEmpty)
        let link = FakeLink()
        try await world.running(world.reconciler(link, epoch: 2)) {
            try await link.wait("it serves again") { $0.route(of: service)?.instances.map(\.state) == [.ready] }
        }
    }

    @Test func anInstanceNobodyKnowsIsEndedAndReleased() async throws {
        let world = try await World.make()
        let revision = try world.revision(1, of: ServiceID(high: 1, low: 9), InstanceConfiguration())
        let id = InstanceID(high: 9, low: 9)
        _ = try await FakeInstanceRuntime(host: world.host).start(
            InstanceSpecification(
                id: id, service: revision.service, revision: revision.id, serviceName: "gone",
                image: revision.imageDigest, configuration: revision.configuration))
        let link = FakeLink()
        try await world.running(world.reconciler(link)) {
            try await link.wait("the table is complete") { !$0.calls.isEmpty }
        }
        #expect(world.host.instances.isEmpty)
    }
}
