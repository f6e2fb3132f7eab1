import RunaboutAutoscaling
import RunaboutModel
import Testing

@Suite struct DesiredInstanceCountTests {
    static let now = MonotonicTime(nanoseconds: 0)

    /// 30 requests at an instance, 1...10 instances, one there, nothing to do; a test changes what matters to it.
    func decide(
        inFlight: Int = 0, queued: Int = 0, current: Int = 1, _ change: (inout ScaleInput) -> Void = { _ in },
    ) -> ScaleDecision {
        var input = ScaleInput(
            now: Self.now, load: .init(inFlight: inFlight, queued: queued), maxConcurrency: 30, minSize: 1, maxSize: 10,
            current: current)
        change(&input)
        return desiredInstanceCount(input)
    }

    @Test(arguments: [(0, 0), (1, 1), (29, 1), (30, 1), (31, 2), (60, 2), (100, 4)])
    func instancesAreTheRequestsByThirtyRoundedUp(_ requests: Int, _ instances: Int) {
        #expect(instancesFor(requests: requests, maxConcurrency: 30) == instances)
    }

    @Test func hundredRequestsAtThirtyAreFourInOneDecision() {
        let decision = decide(inFlight: 30, queued: 70)
        #expect(decision.desired == 4)
        #expect(decision.wanted == 4)
        #expect(decision.rule == .up)
        #expect(decision.bound == .none)
    }

    @Test func instancesThatStartAreCounted() {
        #expect(decide(inFlight: 30, queued: 70, current: 4).rule == .steady)
    }

    @Test func maxSizeMemoryAndBackoffBoundTheWayUp() {
        #expect(decide(queued: 1_000).desired == 10)
        #expect(decide(queued: 1_000).bound == .maxSize)
        let memory = decide(queued: 100) { $0.capacity = 2 }
        #expect(memory.desired == 3)
        #expect(memory.bound == .memory)
        let crashes = decide(queued: 100) { $0.isBackingOff = true }
        #expect(crashes.desired == 1)
        #expect(crashes.bound == .crashBackoff)
        #expect(decide(queued: 100) { $0.capacity = -1 }.desired == 1)
    }

    @Test func minSizeHoldsWithoutRequestsAndZeroLetsGo() {
        #expect(decide(current: 0).desired == 1)
        #expect(decide(current: 0).bound == .minSize)
        let zero = decide(current: 1) { $0.minSize = 0 }
        #expect(zero.desired == 0)
        #expect(zero.rule == .down)
    }

    @Test func neverBelowTheWindowsGreatest() {
        let held = decide(inFlight: 1, current: 4) { $0.windowLoad = 100 }
        #expect(held.desired == 4)
        #expect(held.rule == .held)
        let down = decide(inFlight: 1, current: 4) { $0.windowLoad = 70 }
        #expect(down.desired == 3)
    }

    @Test func tenBecomeFiveThenThreeThenTwoThenOne() {
        var counts = [10]
        while let last = counts.last, last > 1 { counts.append(decide(inFlight: 1, current: last).desired) }
        #expect(counts == [10, 5, 3, 2, 1])
    }

    @Test func nothingEndsWithoutARouterOrBeforeAWindow() {
        #expect(decide(current: 4) { $0.load = nil }.rule == .watching)
        #expect(decide(current: 4) { $0.load = nil }.desired == 4)
        #expect(decide(current: 4) { $0.isWatching = true }.desired == 4)
        #expect(decide(current: 4) { $0.isSettling = true }.rule == .held)
        // What is missing starts all the same.
        #expect(decide(current: 0) { $0.load = nil }.desired == 1)
    }

    @Test func theDecisionKeepsItsNumbers() {
        let decision = decide(inFlight: 3, queued: 4, current: 2) { $0.windowLoad = 45 }
        #expect(decision.inFlight == 3)
        #expect(decision.queued == 4)
        #expect(decision.maxConcurrency == 30)
        #expect(decision.windowMax == 2)
        #expect(decision.current == 2)
        #expect(decision.at == Self.now)
    }

    /// For every input: within bounds, up only when wanted, down only to the window and by half at most.
    @Test func holdsForAllSmallInputs() {
        for load in 0...7 {
            for window in 0...7 {
                for current in 0...6 {
                    for minSize in 0...2 {
                        let decision = decide(queued: load, current: current) { input in
                            input.maxConcurrency = 2
                            input.windowLoad = window
                            input.minSize = minSize
                            input.maxSize = 3
                        }
                        let want = min(max((load + 1) / 2, minSize), 3)
                        #expect(decision.wanted == want)
                        #expect(decision.windowMax >= want && decision.windowMax <= 3)
                        if decision.desired > current { #expect(decision.desired == want) }
                        if decision.desired < current {
                            #expect(decision.desired >= decision.windowMax)
                            #expect(current - decision.desired <= max(current / 2, 1))
                        }
                    }
                }
            }
        }
    }
}
