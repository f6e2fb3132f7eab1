import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@Suite struct TrafficTests {
    @Test(arguments: [
        (0, ResponseClass.none), (99, .none), (101, .informational), (204, .successful), (304, .redirected),
        (429, .clientError), (503, .serverError), (600, .none), (999, .none), (-1, .none),
    ])
    func aStatusHasAClass(status: Int, kind: ResponseClass) {
        #expect(ResponseClass(status: status) == kind)
    }

    @Test func classesAreNamedAsPrometheusUsersNameThem() {
        #expect(ResponseClass.allCases.map(\.label) == ["none", "1xx", "2xx", "3xx", "4xx", "5xx"])
    }

    @Test func sumsDoNotDependOnWhatIsEmpty() {
        let some = TrafficTotals(
            responses: [1, 0, 4], requestBytes: 10, responseBytes: 20,
            duration: LatencyTotals(counts: [3, 2], sumNanoseconds: 5),
            queueWait: LatencyTotals(counts: [5], sumNanoseconds: 0))
        var sum = TrafficTotals()
        sum += some
        #expect(sum == some)
        sum += TrafficTotals()
        #expect(sum == some)
        sum += some
        #expect(sum.responses == [2, 0, 8])
        #expect(sum.duration == LatencyTotals(counts: [6, 4], sumNanoseconds: 10))
        #expect(sum.duration.count == 10)
        #expect(sum.count(of: .successful) == 8)
        #expect(sum.count(of: .serverError) == 0)
    }

    @Test func endsAreAddedUpByReason() {
        var sum = LedgerTotals(accepted: 5, answered: 2, clientGone: 1, platformErrors: ["queueFull": 2])
        sum += LedgerTotals(accepted: 3, answered: 1, platformErrors: ["queueFull": 1, "badRequest": 1])
        #expect(
            sum
                == LedgerTotals(
                    accepted: 8, answered: 3, clientGone: 1, platformErrors: ["queueFull": 3, "badRequest": 1]))
        var traffic = ServiceTraffic(totals: sum)
        traffic += ServiceTraffic(totals: sum, traffic: TrafficTotals(requestBytes: 7))
        #expect(traffic.totals.accepted == 16)
        #expect(traffic.traffic.requestBytes == 7)
    }
}
