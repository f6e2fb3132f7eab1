import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutProxy
import RunaboutRouting
import RunaboutTestSupport
import Synchronization
import Testing

/// Admission, demand and drain over real sockets.
@Suite(.timeLimit(.minutes(1))) struct AdmissionTests {
    @Test func aHundredRequestsNeverMeetMoreThanThirtyAtAnInstance() async throws {
        let gate = Gate()
        let instances = try (1...4).map { number in
            try ScriptedInstance(UInt64(number)) { wire, instance in
                while true {
                    _ = try wire.readHead()
                    instance.running { gate.wait() }
                    try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                }
            }
        }
        // Instance 1 alone at first; the burst queues, and one decision brings the other three.
        try await TestProxy.with([route([instances[0].routed()], maxConcurrency: 30)]) { proxy in
            let port = proxy.port
            let wires = try await onThread {
                try (0..<100).map { _ in
                    let wire = try Wire(port: port)
                    try wire.write(get())
                    return wire
                }
            }
            let demand = try await proxy.next { message -> ServiceDemand? in
                guard case .demand(let demand) = message else { return nil }
                return demand.first { $0.inFlight + $0.queued == 100 }
            }
            #expect(demand.inFlight == 30)
            #expect(demand.queued == 70)
            #expect(demand.peak == 100)
            await proxy.publish(route(instances.map { $0.routed() }, generation: 2, maxConcurrency: 30))
            gate.open()
            let answers = try await onThread { wires.map { $0.readToEnd() } }
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
            #expect(instances.map(\.runningMax).max() ?? 0 <= 30)
            #expect(instances.map(\.connections).reduce(0, +) >= 100 - 30)
            let totals = try await proxy.totals { $0.answered == 100 }
            #expect(totals == LedgerTotals(accepted: 100, answered: 100))
        }
    }

    @Test func aFullQueueAnswers429() async throws {
        try await TestProxy.with([route([], queueLengthMax: 1)]) { proxy in
            let port = proxy.port
            let waiting = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire
            }
            try await proxy.queued(1)
            let refused = try await proxy.exchange(get())
            #expect(refused.hasPrefix("HTTP/1.1 429"))
            #expect(refused.contains("Retry-After: 1\r\n"))
            #expect(refused.contains("queueFull"))
            withExtendedLifetime(waiting) {}
        }
    }

    @Test func aLongWaitAnswers429() async throws {
        try await TestProxy.with([route([], queueWaitMilliseconds: 200)]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 429"))
            #expect(answer.contains("queueTimeout"))
        }
    }

    @Test func aWaitForTheFirstInstanceIsReportedAtOnceAndWhenItEnds() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([])]) { proxy in
            let port = proxy.port
            let wire = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire
            }
            try await proxy.queued(1)
            await proxy.publish(route([instance.routed()], generation: 2))
            let answer = try await onThread { wire.readToEnd() }
            #expect(answer.hasSuffix("hello"))
            let wake = try await proxy.next { message -> WakeReport? in
                if case .wake(let report) = message { report } else { nil }
            }
            #expect(wake.instance == instance.id)
            #expect(wake.service == testService)
        }
    }

    @Test func pausedAndFailingServicesSayWhy() async throws {
        try await TestProxy.with([route([], availability: .failing(reason: "exit status 3"))]) { proxy in
            let failing = try await proxy.exchange(get("/", "Accept: text/html\r\n"))
            #expect(failing.hasPrefix("HTTP/1.1 503"))
            #expect(failing.contains("text/html"))
            #expect(failing.contains("exit status 3"))
            await proxy.publish(route([], generation: 2, availability: .paused))
            let paused = try await proxy.exchange(get())
            #expect(paused.contains("servicePaused"))
        }
    }

    @Test func aDrainingInstanceFinishesWhatItHasAndIsReported() async throws {
        let gate = Gate()
        let old = try ScriptedInstance(1) { wire, _ in
            _ = try wire.readHead()
            gate.wait()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")
        }
        let new = try ScriptedInstance(2, answering: "new")
        try await TestProxy.with([route([old.routed()])]) { proxy in
            let port = proxy.port
            let wire = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire
            }
            _ = try await proxy.next { message -> Bool? in
                guard case .demand(let demand) = message else { return nil }
                return demand.contains { $0.inFlight == 1 } ? true : nil
            }
            await proxy.publish(route([old.routed(.draining), new.routed()], generation: 2))
            let newAnswer = try await proxy.exchange(get())
            #expect(newAnswer.hasSuffix("new"))
            gate.open()
            let answer = try await onThread { wire.readToEnd() }
            #expect(answer.hasSuffix("old"))
            let drained = try await proxy.next { message -> DrainedReport? in
                if case .drained(let report) = message { report } else { nil }
            }
            #expect(drained == DrainedReport(service: testService, instance: old.id, generation: 2))
        }
    }

    @Test func routeChangesUnderLoadDropNothing() async throws {
        let instances = try (1...4).map { try ScriptedInstance(UInt64($0), answering: "hello") }
        try await TestProxy.with([route(instances.map { $0.routed() }, maxConcurrency: 4)]) { proxy in
            let port = proxy.port
            async let answered = withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await onThread {
                            let wire = try Wire(port: port)
                            for _ in 0..<150 {
                                try wire.write(keep())
                                guard try wire.readHead().hasPrefix("HTTP/1.1 200") else { return 0 }
                                _ = try wire.read(count: 5)
                            }
                            return 150
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            let seed = UInt64.random(in: 0..<1 << 32)
            var random = SeededGenerator(seed: seed)
            for generation in Int64(2)...60 {
                let states = instances.map { instance in
                    instance.routed(Bool.random(using: &random) ? .ready : .draining)
                }
                let change = Array(states.shuffled(using: &random).dropFirst(Int.random(in: 0...2, using: &random)))
                await proxy.publish(route(change, generation: generation, maxConcurrency: 4))
            }
            await proxy.publish(route(instances.map { $0.routed() }, generation: 1_000, maxConcurrency: 4))
            let count = try await answered
            #expect(count == 1_200, "seed \(seed)")
            let totals = try await proxy.totals { $0.answered == 1_200 }
            #expect(totals == LedgerTotals(accepted: 1_200, answered: 1_200))
        }
    }

    @Test func stoppingLetsRunningRequestsEnd() async throws {
        let gate = Gate()
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            gate.wait()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            let wires = try await onThread {
                let idle = try Wire(port: port)
                let running = try Wire(port: port)
                try running.write(keep())
                return [idle, running]
            }
            _ = try await proxy.next { message -> Bool? in
                guard case .demand(let demand) = message else { return nil }
                return demand.contains { $0.inFlight == 1 } ? true : nil
            }
            proxy.engine.beginStop(within: .seconds(20))
            await proxy.engine.settle()
            gate.open()
            let answers = try await onThread { wires.map { $0.readToEnd() } }
            #expect(answers[0].isEmpty)
            #expect(answers[1].hasSuffix("ok"))
            #expect(answers[1].contains("Connection: close"))
        }
    }

    @Test func stoppingAtOnceEntersWhatItCutsIntoTheLedger() async throws {
        let gate = Gate()
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            gate.wait()
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            let wire = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(keep())
                return wire
            }
            _ = try await proxy.next { message -> Bool? in
                guard case .demand(let demand) = message else { return nil }
                return demand.contains { $0.inFlight == 1 } ? true : nil
            }
            proxy.engine.beginStop(within: .zero)
            let totals = try await proxy.totals { !$0.platformErrors.isEmpty }
            #expect(totals.platformErrors == ["routerStopped": 1])
            withExtendedLifetime(wire) {}
            gate.open()
        }
    }

    @Test func aServiceThatTakesTooLongIsAGatewayTimeout() async throws {
        let gate = Gate()
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            gate.wait()
        }
        try await TestProxy.with([route([instance.routed()], requestTimeoutMilliseconds: 200)]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 504"))
            let totals = try await proxy.totals { !$0.platformErrors.isEmpty }
            #expect(totals.platformErrors == ["requestTimeout": 1])
            gate.open()
        }
    }

    @Test func theTableOutlivesTheControlPlane() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()], generation: 7)]) { proxy in
            proxy.engine.handle(.disconnected("gone"))
            await proxy.engine.settle()
            for _ in 0..<3 {
                let answer = try await proxy.exchange(get())
                #expect(answer.hasSuffix("hello"))
            }
            proxy.engine.handle(.connected(2))
            let hello = try await proxy.next { message -> RouterHello? in
                guard case .hello(let hello) = message, !hello.generations.isEmpty else { return nil }
                return hello
            }
            #expect(hello.generations == [ServiceGeneration(service: testService, generation: 7)])
            let totals = try await proxy.totals { $0.answered == 3 }
            #expect(totals.accepted == 3)
        }
    }
}

/// Holds scripts back until it is opened.
final class Gate: Sendable {
    private let descriptors: [Int32]

    init() {
        var pair: [Int32] = [0, 0]
        pipe(&pair)
        descriptors = pair
    }

    deinit {
        open()
        close(descriptors[0])
    }

    /// Blocks until the gate is open: a pipe whose writing end is closed is readable for all.
    func wait() {
        var events = pollfd(fd: descriptors[0], events: Int16(POLLIN), revents: 0)
        poll(&events, 1, 20_000)
    }

    func open() {
        if isOpened.withLock({ opened in
            defer { opened = true }
            return !opened
        }) {
            close(descriptors[1])
        }
    }

    private let isOpened = Mutex(false)
}
