import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

@testable import RunaboutProxy

@Suite struct LedgerBookTests {
    private let service = ServiceID(high: 1, low: 1)
    private let run = RouterRun(processID: 7, startedAt: UnixTime(milliseconds: 1))

    private func counted(_ answered: Int64) -> ServiceTraffic {
        ServiceTraffic(
            totals: LedgerTotals(accepted: answered, answered: answered),
            traffic: TrafficTotals(responses: [0, 0, answered], requestBytes: answered))
    }

    @Test func loopsAreAddedUpAndAStatusIsToldWhenItChanged() throws {
        let said = Mutex<[RouterMessage]>([])
        let connections = Atomic<Int>(0)
        let voice = RouterVoice { message, _ in said.withLock { $0.append(message) } }
        let hello = RouterHello(
            version: linkVersion, processID: 7, startedAt: UnixTime(milliseconds: 1), generations: [])
        voice.connect(1, hello: hello)
        let book = LedgerBook(run: run, loops: 2) { $0.clientConnections = connections.load(ordering: .relaxed) }
        func next() -> [RouterMessage] {
            said.withLock { said in
                defer { said = [] }
                return said.filter { if case .hello = $0 { false } else { true } }
            }
        }

        book.add([(service, counted(3))], entries: [], dropped: 0, voice)
        book.add([(service, counted(4)), (nil, counted(1))], entries: [], dropped: 2, voice)
        let reports = next().compactMap { message -> LedgerReport? in
            if case .ledger(let report) = message { report } else { nil }
        }
        #expect(reports.map(\.run) == [run, run])
        #expect(reports.map(\.dropped) == [0, 2])
        #expect(reports.last?.totals.first { $0.service == service }?.totals.answered == 7)
        #expect(reports.last?.totals.first { $0.service == service }?.traffic.requestBytes == 7)

        // Nothing counted, nothing said; a connection is.
        book.add([], entries: [], dropped: 0, voice)
        #expect(next().isEmpty)
        connections.store(5, ordering: .relaxed)
        book.add([], entries: [], dropped: 0, voice)
        #expect(next() == [.status(RouterStatus(run: run, loops: 2, clientConnections: 5))])

        // Whoever comes new hears everything, but for services that are gone.
        book.sayAll(voice)
        let all = next()
        guard case .ledger(let report) = all.first else { throw SocketFailure("no ledger was said") }
        #expect(Set(report.totals.map(\.service)) == [service, nil])
        #expect(all.count == 2)
        book.forget(service)
        book.sayAll(voice)
        guard case .ledger(let rest) = next().first else { throw SocketFailure("no ledger was said") }
        #expect(rest.totals.map(\.service) == [nil])
    }
}
