import RunaboutModel
import RunaboutRouting
import RunaboutWire
import Testing

@testable import RunaboutAPI

@Suite struct WireMappingTests {
    private let timings = StartTimings(createMilliseconds: 80, startMilliseconds: 20, healthyMilliseconds: 300)

    private func wake(createdAt: Int64) -> WakeBody {
        let instance = Instance(
            id: InstanceID(high: 1, low: 1),
            service: ServiceID(high: 2, low: 2),
            revision: RevisionID(high: 3, low: 3),
            state: .ready,
            timings: timings,
            createdAt: UnixTime(milliseconds: createdAt),
            updatedAt: UnixTime(milliseconds: createdAt),
        )
        // It came at 10,000, waited 450 ms and had its first byte 3 ms later.
        let report = WakeReport(
            at: UnixTime(milliseconds: 10_453),
            service: instance.service,
            instance: instance.id,
            queueMilliseconds: 450,
            firstByteMilliseconds: 3,
        )
        return WakeBody(report, instance: instance)
    }

    @Test func aStartThatWasWaitedForIsPartOfTheWait() {
        #expect(wake(createdAt: 10_005).timings == StartTimingsBody(timings))
        #expect(wake(createdAt: 9_700).timings == StartTimingsBody(timings))
    }

    @Test func aStartFromBeforeTheRequestIsNone() {
        #expect(wake(createdAt: 9_000).timings == nil)
    }
}
