import RunaboutModel
import Testing

/// A service's life, told as the plans that make it.
@Suite struct PlannerTests {
    @Test func aLifeFromCreationToDeletion() throws {
        var service = Timeline(window: 20)
        // Created, and its first instance answers.
        try service.settle()
        try service.startAndPass()
        // A burst of 100 requests at 30 each, over within two seconds.
        service.report(inFlight: 30, queued: 70, peak: 100)
        try service.settle()
        try service.startAndPass()
        try service.pass(.seconds(2))
        service.report(inFlight: 0, peak: 100)
        // Nothing for ten seconds: all are frozen. After the window three of them end.
        try service.pass(.seconds(10))
        service.drainAll()
        try service.pass(.seconds(40))
        // One request.
        service.report(inFlight: 0, queued: 1)
        try service.settle()
        service.report(inFlight: 1)
        // A new revision, while that request runs.
        service.deploy(service.revision(2))
        try service.settle()
        try service.startAndPass()
        service.drainAll()
        try service.settle()
        // Deleted.
        service.begin(.deleteService)
        service.service.desired = .deleted
        try service.settle()
        service.drainAll()
        try service.settle()
        #expect(service.story == Self.life)
    }

    static let life = """
        0.0 route [], start
        0.0 probe #2
        0.0 route [#2], #2 ready, switch, succeeded: running
        0.0 start, start, start
        0.0 route [#2]
        0.0 probe #3, probe #4, probe #5
        0.0 route [#2, #3, #4, #5], #3 ready, #4 ready, #5 ready
        5.0 probe #2, probe #3, probe #4, probe #5
        10.0 probe #2, probe #3, probe #4, probe #5
        12.0 route [#2 draining, #3 draining, #4 draining, #5 draining]
        12.0 route [], freeze #2, freeze #3, freeze #4, freeze #5
        12.0 #2 frozen, #3 frozen, #4 frozen, #5 frozen
        22.0 route [], #4 stopping, #5 stopping, stop #4, stop #5
        22.0 #4 stopped, #5 stopped, release #4, release #5
        27.0 #3 stopping, stop #3
        27.0 #3 stopped, release #3
        52.0 thaw #2, route [#2], #2 ready
        52.0 start
        52.0 probe #7
        52.0 route [#2 draining, #7], #2 draining, #7 ready, switch, succeeded: running
        52.0 route [#7], #2 stopping, stop #2
        52.0 #2 stopped, release #2
        52.0 route [#7 draining], #7 draining
        52.0 route [], #7 stopping, stop #7
        52.0 #7 stopped, release #7
        52.0 no route, succeeded: deleted
        """
}
