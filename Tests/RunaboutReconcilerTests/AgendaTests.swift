import RunaboutModel
import Testing

@testable import RunaboutReconciler

struct AgendaTests {
    private let one = ServiceID(high: 0, low: 1)
    private let two = ServiceID(high: 0, low: 2)

    private func services(_ jobs: [Job]) -> [ServiceID] {
        jobs.compactMap { job in
            guard case .reconcile(let service) = job else { return nil }
            return service
        }
    }

    @Test func manyPokesBeforeALookAreOne() {
        var agenda = Agenda()
        for _ in 0..<5 { agenda.poke(one) }
        agenda.poke(two)
        #expect(services(agenda.next()) == [one, two])
        #expect(agenda.next().isEmpty)
    }

    @Test func aServicePokedWhileItRunsRunsOnceMoreAndNeverTwiceAtATime() {
        var agenda = Agenda()
        agenda.poke(one)
        #expect(services(agenda.next()) == [one])
        agenda.poke(one)
        agenda.poke(one)
        #expect(agenda.next().isEmpty)
        agenda.finished(.reconcile(one))
        #expect(services(agenda.next()) == [one])
        agenda.finished(.reconcile(one))
        #expect(agenda.next().isEmpty)
    }

    @Test func noMoreServicesRunThanAllowedAndNoneIsForgotten() {
        var agenda = Agenda()
        let all = (0..<100).map { ServiceID(high: 1, low: $0) }
        for service in all { agenda.poke(service) }
        var seen = services(agenda.next())
        #expect(seen.count == Limits.reconcilesAtOnceMax)
        var ended = 0
        while ended < seen.count {
            agenda.finished(.reconcile(seen[ended]))
            ended += 1
            seen += services(agenda.next())
        }
        #expect(seen == all)
    }

    @Test func probesDoNotWaitForStarts() {
        var agenda = Agenda()
        let address = InstanceAddress(host: "127.0.0.1", port: 1)
        for number in 0..<UInt64(Limits.effectsAtOnceMax + 5) {
            agenda.enqueue(.effect(.freeze(InstanceID(high: 0, low: number), one)))
        }
        #expect(agenda.next().count == Limits.effectsAtOnceMax)
        agenda.enqueue(
            .effect(
                .probe(InstanceID(high: 0, low: 1), one, address, HealthCheckConfiguration(), .http1)))
        #expect(agenda.next().count == 1)
    }
}
