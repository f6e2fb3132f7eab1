import Foundation
import Glibc
import RouterProbes
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

extension RouterRobustnessTests {
    /// The router is stopped and replaced, and the control plane dies, while clients ask without a break.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct RestartTests {
        /// Clients that ask all the time: half on connections that they keep, half on new ones.
        private struct Clients {
            let all: [Bystander]

            init(port: Int, host: String, each count: Int) {
                all = (0..<2 * count).map { number in
                    Bystander(port: port, host: host, habit: number % 2 == 0 ? .kept : .new, pauseMilliseconds: 5)
                }
            }

            /// Runs the body while they ask; gives what they got together.
            func whileAsking(_ body: () async throws -> Void) async throws -> Bystander.Tally {
                let all = all
                async let asking: [Void] = onThreads(all.count, name: "client") { all[$0].run() }
                let failure: (any Error)?
                do {
                    try await body()
                    failure = nil
                } catch {
                    failure = error
                }
                for client in all { client.stop() }
                _ = await asking
                if let failure { throw failure }
                var sum = Bystander.Tally()
                for client in all { sum += client.soFar }
                return sum
            }

            /// Waits until they have got so many more answers.
            func answered(_ more: Int) async throws {
                let all = all
                let before = all.reduce(0) { $0 + $1.soFar.answered }
                try await within(.seconds(60), "\(more) more answers") {
                    while all.reduce(0, { $0 + $1.soFar.answered }) < before + more {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                }
            }
        }

        private func configuration(_ instance: AttackedInstance, _ socket: Int32? = nil, _ generation: Int64 = 1)
            -> RouterStand.Configuration
        {
            RouterStand.Configuration(
                routes: [Arena.route(Arena.quietService, Arena.quietHost, instance, generation: generation)],
                arguments: ["--drain-seconds", "20"], sockets: socket.map { [$0] } ?? [])
        }

        @Test func aRouterThatTakesOverTheListenersCostsNoRequest() async throws {
            let instance = try AttackedInstance()
            let listener = try StandListener().open()
            defer { close(listener.descriptor) }
            try await instance.whileServing {
                let clients = Clients(port: listener.port, host: Arena.quietHost, each: 8)
                var stand = try await RouterStand.start(configuration(instance, listener.descriptor))
                var statuses: [Int32] = []
                let tally = try await clients.whileAsking {
                    for generation in 2...5 {
                        try await clients.answered(200)
                        // The new one takes connections before the old one stops to.
                        let next = try await RouterStand.start(
                            configuration(instance, listener.descriptor, Int64(generation)))
                        statuses.append(try await stand.stop(within: .seconds(30)))
                        stand = next
                    }
                    try await clients.answered(200)
                }
                #expect(tally.failures.isEmpty, "\(tally.failures.count): \(tally.failures.prefix(5))")
                #expect(tally.answered > 1_000)
                #expect(statuses == [0, 0, 0, 0])
                print(
                    "\(tally.answered) requests over 4 restarts, \(tally.repeated) repeated, slowest \(tally.slowest)")
                #expect(try await stand.stop(within: .seconds(30)) == 0)
            }
        }

        @Test func aStopLetsRunningRequestsEnd() async throws {
            try await Arena.run(arguments: ["--drain-seconds", "60"]) { arena in
                let port = arena.stand.port
                let stand = arena.stand
                let received = try await onThread(name: "client") {
                    Result {
                        let crowd = try Crowd(port: port)
                        try crowd.connect(4, receiveBuffer: 65_536)
                        for index in crowd.members.indices { crowd.members[index].reads = false }
                        crowd.sendAll("GET /large HTTP/1.1\r\nHost: \(Arena.attackedHost)\r\n\r\n")
                        crowd.pump(for: .milliseconds(500))
                        try Self.drain(stand, port)
                        crowd.readOn()
                        crowd.pump(for: .seconds(60)) { $0.openCount == 0 }
                        return crowd.members.map(\.received)
                    }
                }.get()
                #expect(received.allSatisfy { $0 > AttackedInstance.largeBytes }, "\(received)")
                #expect(try await stand.stop(within: .seconds(30)) == 0)
            }
        }

        @Test func aConnectionThatComesWhileNobodyAcceptsIsServedByTheNextRouter() async throws {
            let instance = try AttackedInstance()
            let listener = try StandListener().open()
            defer { close(listener.descriptor) }
            try await instance.whileServing {
                // With a second loop, which hears of the stop in its own time, it would still accept for a moment.
                var old = configuration(instance, listener.descriptor)
                old.arguments += ["--loops", "1"]
                let first = try await RouterStand.start(old)
                let port = listener.port
                // A request that runs keeps the old router from ending.
                let attempt: Result<(SendableCrowd, SendableCrowd), any Error> = await onThread(name: "client") {
                    Result {
                        let holder = try SendableCrowd(port: port)
                        try holder.crowd.connect(1)
                        holder.crowd.sendAll("GET /silent HTTP/1.1\r\nHost: \(Arena.quietHost)\r\n\r\n")
                        holder.crowd.pump(for: .milliseconds(200))
                        try Self.drain(first, port)
                        let waiting = try SendableCrowd(port: port)
                        try waiting.crowd.connect(8)
                        waiting.crowd.sendAll("GET / HTTP/1.1\r\nHost: \(Arena.quietHost)\r\n\r\n")
                        waiting.crowd.pump(for: .milliseconds(500)) { $0.count(status: 200) > 0 }
                        return (holder, waiting)
                    }
                }
                let (holder, waiting) = try attempt.get()
                #expect(waiting.crowd.count(status: 200) == 0 && waiting.crowd.openCount == 8)
                let second = try await RouterStand.start(configuration(instance, listener.descriptor, 2))
                let answered = await onThread(name: "client") {
                    waiting.crowd.pump(for: .seconds(20)) { $0.count(status: 200) == 8 }
                    holder.crowd.closeAll()
                    return waiting.crowd.count(status: 200)
                }
                #expect(answered == 8)
                #expect(try await first.stop(within: .seconds(30)) == 0)
                #expect(try await second.stop(within: .seconds(30)) == 0)
            }
        }

        /// Tells a router to stop and returns once it has begun to, which is when it closes unused connections.
        private static func drain(_ stand: RouterStand, _ port: Int) throws {
            let idle = try Crowd(port: port)
            try idle.connect(1)
            idle.sendAll("GET / HTTP/1.1\r\nHost: \(Arena.quietHost)\r\n\r\n")
            guard idle.pump(for: .seconds(20), until: { $0.count(status: 200) == 1 }) else {
                throw ProbeFailure("no answer before the stop")
            }
            stand.signal(SIGTERM)
            guard idle.pump(for: .seconds(20), until: { $0.openCount == 0 }) else {
                throw ProbeFailure("an unused connection is still open after the stop")
            }
        }

        /// A crowd that one thread after the other uses, never two at once.
        private final class SendableCrowd: @unchecked Sendable {
            let crowd: Crowd
            init(port: Int) throws { crowd = try Crowd(port: port) }
        }

        @Test func aControlPlaneThatIsKilledCostsNoRequest() async throws {
            let instance = try AttackedInstance()
            try await instance.whileServing {
                try await RouterStand.with(configuration(instance)) { stand in
                    let clients = Clients(port: stand.port, host: Arena.quietHost, each: 4)
                    let tally = try await clients.whileAsking {
                        for _ in 0..<3 {
                            try await clients.answered(100)
                            stand.cutLink()
                            try await clients.answered(100)
                            try await stand.restoreLink()
                        }
                        try await clients.answered(100)
                    }
                    #expect(tally.failures.isEmpty, "\(tally.failures.prefix(5))")
                    #expect(tally.answered >= 700)
                    // Everything that was counted meanwhile is told to the new one.
                    let totals = try await stand.totals(of: Arena.quietService) { totals in
                        totals.answered >= Int64(tally.answered)
                    }
                    #expect(totals.platformErrors.isEmpty)
                }
            }
        }
    }
}
