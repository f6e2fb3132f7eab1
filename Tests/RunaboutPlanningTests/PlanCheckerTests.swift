import RunaboutAutoscaling
import RunaboutHealth
import RunaboutModel
import RunaboutPlanning
import RunaboutRouting
import Testing

/// A checker that finds nothing proves nothing: each kind of problem is shown once.
@Suite struct PlanCheckerTests {
    func kinds(_ timeline: Timeline, running: Set<InstanceID> = [], earlier: Int64? = nil) -> Set<Problem.Kind> {
        let input = timeline.input
        let checked = CheckedService(
            desired: input.desired, instances: input.instances, route: timeline.route, earlierGeneration: earlier)
        return Set(PlanChecker.problems(in: [checked], running: running).map(\.kind))
    }

    /// Two ready instances.
    func two() throws -> Timeline { try Timeline.running(min: 2) }

    @Test func aSoundWorldHasNoProblems() throws {
        #expect(kinds(try two()) == [])
    }

    @Test func sharedAddress() throws {
        var world = try two()
        let address = world.rows[1].instance.address
        world.rows[0].instance.address = address
        #expect(kinds(world) == [.sharedAddress])
    }

    @Test func routeOfGoneDrainingAndFrozenInstances() throws {
        var world = try two()
        world.rows[0].instance.state = .draining
        #expect(kinds(world) == [.routedUnready])
        world.rows[0].instance.state = .frozen
        #expect(kinds(world) == [.routedFrozen])
        world.rows.removeFirst()
        #expect(kinds(world) == [.routedWithoutRow])
    }

    @Test func tooManyInstances() throws {
        var world = try two()
        world.autoScaling = Timeline(max: 1).autoScaling
        #expect(kinds(world) == [.tooMany])
    }

    @Test func strangersAndSteps() throws {
        var world = try two()
        #expect(kinds(world, running: [InstanceID(high: 9, low: 9)]) == [.runningWithoutRow])
        #expect(kinds(world, earlier: 1_000) == [.generationBackwards])
        world.service.status = .operationInProgress
        #expect(kinds(world) == [.operationOutOfStep])
    }

    @Test func readyWithoutAddress() throws {
        var world = try two()
        world.rows[0].instance.address = nil
        #expect(kinds(world) == [.readyWithoutAddress])
    }

    @Test func plansThatStopWhatServesStartTooManyOrSpin() throws {
        let world = try two()
        let input = world.input
        func kinds(_ steps: [PlanStep], wakeAt: MonotonicTime? = nil) -> Set<Problem.Kind> {
            let plan = Plan(steps: steps, wakeAt: wakeAt, memory: input.memory)
            return Set(PlanChecker.problems(of: plan, for: input).map(\.kind))
        }
        let id = world.instances[0]
        let revision = try #require(world.active).id
        #expect(kinds([.stop(id, graceSeconds: 1)]) == [.notDrained])
        #expect(kinds([.freeze(id)]) == [.notDrained])
        #expect(kinds([.thaw(InstanceID(high: 9, low: 9))]) == [.unknownInstance])
        #expect(kinds(Array(repeating: .startInstance(revision), count: 9)) == [.tooMany])
        #expect(kinds(Array(repeating: .startInstance(revision), count: 101)) == [.tooMany, .overCapacity])
        #expect(kinds([.publish(try #require(world.route))]) == [.generationBackwards])
        #expect(kinds([], wakeAt: world.now) == [.spinning])
    }

    @Test func aRouteThatNamesAnInstanceTwice() throws {
        var world = try two()
        let route = try #require(world.route)
        world.route = ServiceRoute(
            service: route.service, hosts: route.hosts, generation: route.generation,
            maxConcurrency: route.maxConcurrency, queueLengthMax: route.queueLengthMax,
            queueWaitMilliseconds: route.queueWaitMilliseconds,
            timeouts: route.timeouts, availability: route.availability,
            instances: route.instances + route.instances)
        #expect(kinds(world) == [.routedTwice])
    }

    @Test func probingAFrozenInstance() throws {
        var world = try two()
        let id = world.instances[0]
        world.change(id) { $0.runtime = .frozen }
        let input = world.input
        let plan = Plan(steps: [.probe(id)], memory: input.memory)
        #expect(PlanChecker.problems(of: plan, for: input).map(\.kind) == [.probedFrozen])
    }
}
