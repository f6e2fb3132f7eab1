import RunaboutModel
import RunaboutRouting
import Testing

@Suite struct ServiceAdmissionTests {
    @Test func aHundredRequestsAtThirtyFillFourInstancesEvenly() {
        var machine = admission(route((1...4).map { instance($0) }, maxConcurrency: 30))
        let chosen = machine.arriveAll(1...100, now: at(0))
        for number in 1...4 { #expect(chosen.count { $0 == instanceID(UInt64(number)) } == 25) }
        #expect(machine.inFlight == 100)
        #expect(machine.queued == 0)
    }

    @Test func smallLimitsFillTheFirstInstanceFirst() {
        var machine = admission(route([instance(1), instance(2)], maxConcurrency: 3))
        let chosen = machine.arriveAll(1...4, now: at(0))
        #expect(chosen == [instanceID(1), instanceID(1), instanceID(1), instanceID(2)])
    }

    @Test func whoWaitsLongestGetsTheFreePlace() throws {
        var machine = admission(route([instance(1)], maxConcurrency: 1))
        guard case .admit(let slot) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        guard case .queue(_, .whileServing) = machine.arrive(2, now: at(1)) else { throw Unexpected() }
        guard case .queue(_, .none) = machine.arrive(3, now: at(2)) else { throw Unexpected() }
        #expect(machine.finish(slot).dispatch == Dispatch(request: 2, slot: slot))
        #expect(machine.finish(slot).dispatch == Dispatch(request: 3, slot: slot))
        #expect(machine.finish(slot) == Finish())
    }

    @Test func whoLeavesTheQueueIsPassedOver() throws {
        var machine = admission(route([instance(1)], maxConcurrency: 1))
        guard case .admit(let slot) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        guard case .queue(let ticket, _) = machine.arrive(2, now: at(1)) else { throw Unexpected() }
        guard case .queue = machine.arrive(3, now: at(2)) else { throw Unexpected() }
        let left = machine.leave(ticket)
        #expect(left)
        let leftAgain = machine.leave(ticket)
        #expect(!leftAgain)
        #expect(machine.finish(slot).dispatch?.request == 3)
    }

    @Test func aRequestForAServiceWithoutInstanceIsNewsAtOnce() {
        var machine = admission(route([]))
        guard case .queue(_, .withoutInstance) = machine.arrive(1, now: at(0)) else {
            Issue.record("the request does not wait for an instance")
            return
        }
        let change = machine.change(route([instance(1)], generation: 2))
        #expect(change.dispatched.map(\.request) == [1])
    }

    @Test func aFullQueueRefuses() {
        var machine = admission(route([], queueLengthMax: 2))
        _ = machine.arriveAll(1...2, now: at(0))
        #expect(machine.arrive(3, now: at(0)) == .refuse(.queueFull))
        #expect(machine.takeDemand().queued == 2)
    }

    @Test func whoWaitsTooLongIsRefusedAtItsDeadline() {
        var machine = admission(route([], queueWaitMilliseconds: 1_000))
        _ = machine.arrive(1, now: at(0))
        _ = machine.arrive(2, now: at(300))
        #expect(machine.nextDeadline == at(1_000))
        #expect(machine.expire(now: at(999)).refused.isEmpty)
        #expect(machine.expire(now: at(1_000)).refused == [Refusal(request: 1, code: .queueTimeout)])
        #expect(machine.nextDeadline == at(1_300))
    }

    @Test func pausingFailsWhoWaits() {
        var machine = admission(route([]))
        _ = machine.arrive(1, now: at(0))
        let change = machine.change(route([], generation: 2, availability: .paused))
        #expect(change.refused == [Refusal(request: 1, code: .servicePaused)])
        #expect(machine.arrive(2, now: at(1)) == .refuse(.servicePaused))
    }

    @Test func aFailingServiceRefusesWhatNoInstanceCanTake() throws {
        let failing = RouteAvailability.failing(reason: "exit status 1")
        var machine = admission(route([instance(1)], maxConcurrency: 1, availability: failing))
        guard case .admit = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        #expect(machine.arrive(2, now: at(0)) == .refuse(.serviceFailing))
        #expect(machine.failure == "exit status 1")
    }

    @Test func aDrainingInstanceGetsNothingNewAndIsReportedOnceForEachGeneration() throws {
        var machine = admission(route([instance(1), instance(2)], maxConcurrency: 1))
        guard case .admit(let slot) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        let drainOne = route([instance(1, .draining), instance(2)], generation: 2, maxConcurrency: 1)
        #expect(machine.change(drainOne).drained.isEmpty)
        #expect(machine.arriveAll(2...2, now: at(0)) == [instanceID(2)])
        #expect(machine.finish(slot).drained == DrainedInstance(id: instanceID(1), generation: 2))
        #expect(machine.change(drainOne, isSnapshot: true).drained.isEmpty)
        let again = route([instance(1, .draining), instance(2)], generation: 3, maxConcurrency: 1)
        #expect(machine.change(again).drained == [DrainedInstance(id: instanceID(1), generation: 3)])
    }

    @Test func countsOfInstancesThatStayAreKept() throws {
        var machine = admission(route([instance(1)], maxConcurrency: 2))
        _ = machine.arriveAll(1...2, now: at(0))
        _ = machine.change(route([instance(2), instance(1)], generation: 2, maxConcurrency: 2))
        let demand = machine.takeDemand()
        #expect(
            demand.instances == [
                InstanceDemand(id: instanceID(2), inFlight: 0), InstanceDemand(id: instanceID(1), inFlight: 2),
            ])
        #expect(machine.arriveAll(3...3, now: at(0)) == [instanceID(2)])
    }

    @Test func anInstanceThatLeavesTheRouteIsForgottenWithItsLastRequest() throws {
        var machine = admission(route([instance(1)]))
        guard case .admit(let slot) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        let change = machine.change(route([], generation: 2))
        #expect(change.forgotten.isEmpty)
        #expect(machine.inFlight == 1)
        #expect(machine.finish(slot).forgotten == slot)
    }

    @Test func anOlderGenerationIsRefusedUnlessASnapshotBringsIt() {
        var machine = admission(route([instance(1)], generation: 5))
        #expect(machine.change(route([], generation: 5)).isOlder)
        #expect(machine.change(route([], generation: 4)).isOlder)
        #expect(machine.generation == 5)
        #expect(!machine.change(route([], generation: 4), isSnapshot: true).isOlder)
        #expect(machine.generation == 4)
    }

    @Test func aRequestWhoseInstanceRefusesConnectionsGoesToAnother() throws {
        var machine = admission(route([instance(1), instance(2)]))
        guard case .admit(let first) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        let result = machine.reportUnreachable(first, request: 1, since: at(0), now: at(1))
        guard case .admit(let second) = result.arrival else { throw Unexpected() }
        #expect(machine.instance(in: second) == instanceID(2))
        #expect(machine.arriveAll(2...2, now: at(2)) == [instanceID(2)])
    }

    @Test func aRequestWhoseOnlyInstanceRefusesConnectionsWaitsInItsOldOrder() throws {
        var machine = admission(route([instance(1)], maxConcurrency: 1))
        guard case .admit(let slot) = machine.arrive(1, now: at(0)) else { throw Unexpected() }
        guard case .queue = machine.arrive(2, now: at(1)) else { throw Unexpected() }
        let result = machine.reportUnreachable(slot, request: 1, since: at(0), now: at(2))
        guard case .queue = result.arrival else { throw Unexpected() }
        let trusted = at(2) + Limits.suspectPause
        #expect(machine.nextDeadline == trusted)
        #expect(machine.expire(now: trusted).dispatched == [Dispatch(request: 1, slot: slot)])
        let late = machine.reportUnreachable(slot, request: 1, since: at(0), now: at(1_000))
        #expect(late.arrival == .refuse(.instanceUnreachable))
    }

    @Test func thePeakIsKeptUntilItIsReported() {
        var machine = admission(route([instance(1)], maxConcurrency: 5))
        for request in UInt64(1)...4 {
            guard case .admit(let slot) = machine.arrive(request, now: at(0)) else { return }
            if request > 1 { _ = machine.finish(slot) }
        }
        #expect(machine.takeDemand().peak == 2)
        #expect(machine.takeDemand().peak == 1)
        #expect(machine.takeDemand().accepted == 4)
    }

    @Test func endingARequestThatIsNotThereIsABugOfOurs() async {
        await #expect(processExitsWith: .failure) {
            var machine = admission(route([instance(1)]))
            _ = machine.finish(InstanceSlot(index: 0))
        }
    }
}

struct Unexpected: Error {}
