import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Testing

@testable import RouterStand

/// What is kept of what a router says.
@Suite struct MessageLogTests {
    private func demand(_ generation: Int64) -> RouterMessage {
        .demand([
            ServiceDemand(
                service: testService, generation: generation, inFlight: 0, queued: 0, peak: 0, accepted: 0,
                instances: [])
        ])
    }

    @Test func itKeepsTheNewestAndCountsTheRest() throws {
        let log = MessageLog()
        let count = 2 * MessageLog.messagesMax + 1
        for generation in 1...count { log.append(demand(Int64(generation))) }
        #expect(log.read { $0.dropped } == MessageLog.messagesMax)
        #expect(log.read { $0.messages.count } == count - MessageLog.messagesMax)
        #expect(log.read { $0.messages.last } == demand(Int64(count)))
        #expect(log.read { $0.generations[testService] } == Int64(count))
    }

    @Test func aNewConnectionForgetsWhatTheOldOneSaid() {
        let log = MessageLog()
        log.append(.hello(RouterHello(version: 1, processID: 1, startedAt: UnixTime(milliseconds: 0), generations: [])))
        log.append(demand(3))
        log.restart()
        #expect(log.read { $0.hello } == nil)
        #expect(log.read { $0.generations.isEmpty })
        #expect(log.read { $0.messages.count } == 2)
    }
}
