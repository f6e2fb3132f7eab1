import Foundation
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@testable import RunaboutReconciler

@Suite struct TrafficTableTests {
    private static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999)
    private let service = ServiceID(high: 1, low: 1)

    private func run(_ number: Int) -> RouterRun {
        RouterRun(processID: Int32(number), startedAt: UnixTime(milliseconds: Int64(number)))
    }

    private func report(_ number: Int, _ answered: Int64, of service: ServiceID?) -> LedgerReport {
        LedgerReport(
            entries: [], dropped: 0,
            totals: [
                ServiceTotals(
                    service: service, totals: LedgerTotals(accepted: answered, answered: answered),
                    traffic: TrafficTotals(responses: [0, 0, answered], requestBytes: 10 * answered))
            ],
            run: run(number))
    }

    @Test func theNewestTotalsOfARouterReplaceItsEarlierOnes() {
        var table = TrafficTable()
        table.take(report(1, 5, of: service))
        table.take(report(1, 8, of: service))
        table.take(report(1, 2, of: nil))
        #expect(table.traffic.services[service]?.totals.answered == 8)
        #expect(table.traffic.services[service]?.traffic.requestBytes == 80)
        #expect(table.traffic.withoutService.totals.answered == 2)
    }

    @Test func aRestartedRouterCountsOnWhereTheEarlierOneEnded() {
        var table = TrafficTable()
        table.take(report(1, 8, of: service))
        table.take(report(2, 1, of: service))
        #expect(table.traffic.services[service]?.totals.answered == 9)
        // The old one still ends requests while the new one serves.
        table.take(report(1, 10, of: service))
        table.take(report(2, 4, of: service))
        #expect(table.traffic.services[service]?.totals.answered == 14)
    }

    @Test func noCountGoesDownHoweverOftenRoutersAreReplaced() {
        var random = SeededGenerator(seed: Self.seed)
        var table = TrafficTable()
        var naive: [Int: Int64] = [:]
        var newest = 1
        var last: Int64 = 0
        for _ in 0..<500 {
            if Int.random(in: 0..<10, using: &random) == 0 { newest += 1 }
            // Never more at once than are kept apart: what is older has ended.
            let number = max(1, newest - Int.random(in: 0..<Limits.routersCountedMax, using: &random))
            guard number > newest - Limits.routersCountedMax else { continue }
            naive[number, default: 0] += Int64.random(in: 0...5, using: &random)
            let isOld = number < newest && naive[number] == nil
            guard !isOld else { continue }
            table.take(report(number, naive[number] ?? 0, of: service))
            let sum = table.traffic.services[service]?.totals.answered ?? 0
            #expect(sum >= last, "seed \(Self.seed)")
            last = sum
        }
    }

    @Test func routersBeyondTheLimitBecomePartOfTheBase() {
        var table = TrafficTable()
        for number in 1...Limits.routersCountedMax + 3 { table.take(report(number, 10, of: service)) }
        let sum = Int64(10 * (Limits.routersCountedMax + 3))
        #expect(table.traffic.services[service]?.totals.answered == sum)
        table.take(report(Limits.routersCountedMax + 3, 11, of: service))
        #expect(table.traffic.services[service]?.totals.answered == sum + 1)
    }

    @Test func whatIsKnownOfAServiceThatIsGoneGoesToo() {
        var table = TrafficTable()
        for number in 1...Limits.routersCountedMax + 1 { table.take(report(number, 10, of: service)) }
        table.forget(service)
        #expect(table.traffic == PlatformTraffic())
    }

    @Test func theRouterThatStartedLastSpeaksForItself() {
        var table = TrafficTable()
        table.take(RouterStatus(run: run(2), loops: 2, clientConnections: 7))
        table.take(RouterStatus(run: run(1), loops: 1))
        #expect(table.traffic.router?.loops == 2)
        table.take(RouterStatus(run: run(2), loops: 2, clientConnections: 9))
        #expect(table.traffic.router?.clientConnections == 9)
        table.take(RouterStatus(run: run(3), loops: 4))
        #expect(table.traffic.router?.loops == 4)
    }
}
