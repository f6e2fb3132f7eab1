import Foundation
import RunaboutModel
import RunaboutRuntime
import RunaboutTestSupport
import Testing

/// What holds for every implementation of `InstanceRuntime`.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct InstanceRuntimeSuite {
    @Test(arguments: Implementation.allCases)
    func aStartedInstanceIsObservedAtItsAddress(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["wait"])
            let started = try await runtime.start(specification)
            #expect(started.timings.createMilliseconds != nil)
            #expect(started.timings.startMilliseconds != nil)
            let observed = try await runtime.observe()
            #expect(
                observed == [
                    RuntimeInstance(
                        id: specification.id, service: specification.service, revision: specification.revision,
                        address: started.address, state: .running)
                ])
            let usage = try #require(await runtime.usage(specification.id))
            #expect(usage.processes >= 1)
        }
    }

    @Test(arguments: Implementation.allCases)
    func startingTwiceIsStartingOnce(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["wait"])
            let first = try await runtime.start(specification)
            let second = try await runtime.start(specification)
            #expect(first.address == second.address)
            #expect(try await runtime.observe().count == 1)
        }
    }

    @Test(arguments: Implementation.allCases)
    func anEndIsReportedWithItsStatusAndStaysVisible(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["exit", "3"])
            _ = try await runtime.start(specification)
            var exits = runtime.exits.makeAsyncIterator()
            let exit = InstanceExit(status: 3, isOutOfMemory: false)
            #expect(await exits.next(isolation: nil) == InstanceExited(id: specification.id, exit: exit))
            #expect(try await runtime.observe().map(\.state) == [.exited(exit)])
            #expect(await runtime.usage(specification.id) == nil)
        }
    }

    @Test(arguments: Implementation.allCases)
    func aSecondRuntimeAdoptsWhatTheFirstStarted(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let running = try bench.specification(["say", "hello", "wait"])
            let ended = try bench.specification(["exit", "4"])
            let started = try await runtime.start(running)
            _ = try await runtime.start(ended)
            var exits = runtime.exits.makeAsyncIterator()
            _ = await exits.next(isolation: nil)

            let next = try await bench.makeRuntime()
            let observed = try await next.observe()
            let states = Dictionary(uniqueKeysWithValues: observed.map { ($0.id, $0.state) })
            #expect(states[running.id] == .running)
            #expect(states[ended.id] == .exited(InstanceExit(status: 4, isOutOfMemory: false)))
            #expect(observed.first { $0.id == running.id }?.address == started.address)
            #expect(try await firstLine(of: next, running.id) { $0 == "hello" } == "hello")
            try await next.freeze(running.id)
            try await next.thaw(running.id)
            try await next.stop(running.id, grace: .seconds(30))
            let after = try await next.observe().first { $0.id == running.id }
            #expect(after?.state == .exited(InstanceExit(status: 143, isOutOfMemory: false)))
        }
    }

    @Test(arguments: Implementation.allCases)
    func freezingAndThawingAreSeenAndMayBeRepeated(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["wait"])
            _ = try await runtime.start(specification)
            try await runtime.freeze(specification.id)
            try await runtime.freeze(specification.id)
            #expect(try await runtime.observe().map(\.state) == [.frozen])
            try await runtime.thaw(specification.id)
            try await runtime.thaw(specification.id)
            #expect(try await runtime.observe().map(\.state) == [.running])
        }
    }

    @Test(arguments: Implementation.allCases)
    func aFrozenInstanceIsStopped(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "wait"])
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, specification.id) { $0 == "ready" }
            try await runtime.freeze(specification.id)
            try await runtime.stop(specification.id, grace: .seconds(30))
            #expect(
                try await runtime.observe().map(\.state)
                    == [.exited(InstanceExit(status: 143, isOutOfMemory: false))])
        }
    }

    @Test(arguments: Implementation.allCases)
    func whatIgnoresTheRequestToEndIsKilled(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["stubborn", "say", "ready", "wait"])
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, specification.id) { $0 == "ready" }
            try await runtime.stop(specification.id, grace: .milliseconds(20))
            try await runtime.stop(specification.id, grace: .milliseconds(20))
            #expect(
                try await runtime.observe().map(\.state)
                    == [.exited(InstanceExit(status: 137, isOutOfMemory: false))])
        }
    }

    @Test(arguments: Implementation.allCases)
    func logsGiveTheLastLinesAndThenNewOnesUntilTheRelease(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["count", "500", "wait"])
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, specification.id) { $0 == "line 500" }
            var tail: [String] = []
            for try await line in runtime.logs(specification.id, tail: 3, follow: false) { tail.append(line.text) }
            #expect(tail == ["line 498", "line 499", "line 500"])
            var nothing = runtime.logs(specification.id, tail: 0, follow: false).makeAsyncIterator()
            #expect(try await nothing.next(isolation: nil) == nil)

            var following = runtime.logs(specification.id, tail: 1, follow: true).makeAsyncIterator()
            #expect(try await following.next(isolation: nil)?.text == "line 500")
            try await runtime.stop(specification.id, grace: .seconds(30))
            try await runtime.release(specification.id)
            #expect(try await following.next(isolation: nil) == nil)
        }
    }

    @Test(arguments: Implementation.allCases)
    func releasingKeepsTheLogUntilItIsForgotten(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specification = try bench.specification(["say", "last words", "wait"])
            let id = specification.id
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, id) { $0 == "last words" }
            await #expect(throws: RuntimeError.self) { try await runtime.release(id) }
            try await runtime.stop(id, grace: .seconds(30))
            try await runtime.release(id)
            try await runtime.release(id)
            #expect(try await runtime.observe().isEmpty)
            var log = runtime.logs(id, tail: 10, follow: true).makeAsyncIterator()
            #expect(try await log.next(isolation: nil)?.text == "last words")
            #expect(try await log.next(isolation: nil) == nil)
            await runtime.forget(id)
            await #expect(throws: RuntimeError.self) {
                for try await _ in runtime.logs(id, tail: 10, follow: false) {}
            }
        }
    }

    @Test(arguments: Implementation.allCases)
    func leftoversAreWhatNeitherRunsNorIsKnown(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let running = try bench.specification(["wait"])
            let known = try bench.specification(["exit", "0"])
            let unknown = try bench.specification(["exit", "0"])
            for specification in [running, known, unknown] { _ = try await runtime.start(specification) }
            var exits = runtime.exits.makeAsyncIterator()
            _ = await exits.next(isolation: nil)
            _ = await exits.next(isolation: nil)
            #expect(await !runtime.collectLeftovers(known: [known.id]).isEmpty)
            #expect(Set(try await runtime.observe().map(\.id)) == [running.id, known.id])
            #expect(await runtime.usage(running.id) != nil)
            #expect(await runtime.collectLeftovers(known: [known.id]).isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases)
    func whatCantBeStartedLeavesNothing(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let template = try bench.specification([])
            var configuration = template.configuration
            configuration.startCommand = ["/bin/nowhere"]
            let specification = InstanceSpecification(
                id: template.id, service: template.service, revision: template.revision, serviceName: "shop",
                image: template.image, configuration: configuration)
            await #expect(throws: RuntimeError.self) { try await runtime.start(specification) }
            #expect(try await runtime.observe().isEmpty)
            #expect(await runtime.collectLeftovers(known: []).isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases)
    func manyStartAndStopAtOnce(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { bench, runtime in
            let specifications = try (0..<8).map { _ in try bench.specification(["say", "ready", "wait"]) }
            let addresses = try await withThrowingTaskGroup(of: InstanceAddress.self) { group in
                for specification in specifications {
                    group.addTask {
                        let started = try await runtime.start(specification)
                        _ = try await firstLine(of: runtime, specification.id) { $0 == "ready" }
                        return started.address
                    }
                }
                return try await group.reduce(into: Set<InstanceAddress>()) { $0.insert($1) }
            }
            #expect(addresses.count == 8)
            #expect(try await runtime.observe().allSatisfy { $0.state == .running })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for specification in specifications {
                    group.addTask {
                        try await runtime.stop(specification.id, grace: .seconds(30))
                        try await runtime.release(specification.id)
                        await runtime.forget(specification.id)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await runtime.observe().isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases)
    func whatDoesNotRunCantBeFrozen(implementation: Implementation) async throws {
        try await RuntimeBench.with(implementation) { _, runtime in
            let id = InstanceID(high: 7, low: 7)
            await #expect(throws: RuntimeError.self) { try await runtime.freeze(id) }
            await #expect(throws: RuntimeError.self) { try await runtime.thaw(id) }
            try await runtime.stop(id, grace: .zero)
            try await runtime.release(id)
            await runtime.forget(id)
        }
    }
}
