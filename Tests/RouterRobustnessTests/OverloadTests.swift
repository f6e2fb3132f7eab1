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
    /// More than there is room for: of connections, of descriptors, of one service.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct OverloadTests {
        /// Requests that wait for an instance's answer, as long polls do.
        private static func held(_ count: Int, closes: Bool = true) -> Attack {
            Attack(name: "held", summary: "", mustEnd: false, connections: count) { target, count, limit in
                let crowd = try Crowd(port: target.port)
                try crowd.connect(count)
                crowd.sendAll("GET \(target.silentPath) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
                crowd.pump(for: .seconds(3))
                let outcome = AttackOutcome(crowd)
                crowd.closeAll()
                return outcome
            }
        }

        @Test(
            .enabled(if: descriptorLimit >= 20_000, "9,500 connections and their other ends need 20,000 descriptors"))
        func thousandsOfIdleConnectionsCostLittleAndGiveEverythingBack() async throws {
            try await Arena.run(arguments: []) { arena in
                let before = try arena.stand.figures()
                let count = 9_500
                let report = try await arena.attack(Self.held(count))
                #expect(report.outcome.statuses == [0: count])
                #expect(report.outcome.ended == 0)
                // Two connections each. Source: the peers need 1 to 8 KB, and 10 KB were the goal.
                let faults = report.faults(
                    processorMax: .seconds(3 * processorFactor), grownKibibytesMax: 10 * count)
                #expect(faults.isEmpty, "\(faults)")
                print("\(report.grownKibibytes * 1_024 / count) bytes for each idle proxied connection")
                try await arena.settles("every descriptor is given back") { $0.descriptors <= before.descriptors + 8 }
            }
        }

        @Test func anOverloadedServiceRefusesWhatItCanNotQueueAndNobodyElseNotices() async throws {
            try await Arena.run(arguments: [], maxConcurrency: 1, queueLengthMax: 100) { arena in
                let attack = Attack(name: "overload", summary: "", mustEnd: false, connections: 1_500) {
                    target, count, limit in
                    let crowd = try Crowd(port: target.port)
                    try crowd.connect(count)
                    crowd.sendAll("GET \(target.silentPath) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
                    crowd.pump(for: limit) { $0.count(status: 429) == count - 101 }
                    let outcome = AttackOutcome(crowd)
                    crowd.closeAll()
                    return outcome
                }
                let report = try await arena.attack(attack)
                // One at the instance, a hundred in the queue, the rest refused at once.
                #expect(report.outcome.statuses == [0: 101, 429: 1_399])
                let faults = report.faults(processorMax: .milliseconds(300 * processorFactor))
                #expect(faults.isEmpty, "\(faults)")
                let totals = try await arena.stand.totals(of: Arena.attackedService) { totals in
                    // Each loop reports by itself.
                    totals.clientGone == 101 && totals.platformErrors.values.reduce(0, +) == 1_399
                }
                #expect(totals.platformErrors == ["queueFull": 1_399])
            }
        }

        @Test func aConnectionThatAsksWithoutEndDoesNotKeepOthersWaiting() async throws {
            try await Arena.run(arguments: []) { arena in
                let attack = Attack(name: "greedy", summary: "", mustEnd: false, connections: 8) { target, count, _ in
                    let crowd = try Crowd(port: target.port)
                    try crowd.connect(count)
                    let requests = String(repeating: "GET / HTTP/1.1\r\nHost: \(target.host)\r\n\r\n", count: 200)
                    for _ in 0..<200 {
                        crowd.sendAll(requests)
                        crowd.pump(for: .milliseconds(10))
                    }
                    crowd.closeAll()
                    return AttackOutcome(crowd)
                }
                let report = try await arena.attack(attack)
                #expect(report.outcome.received > 0)
                let faults = report.faults(processorMax: .seconds(60))
                #expect(faults.isEmpty, "\(faults)")
            }
        }

        @Test func aRouterThatMayOpenFewFilesTakesNoMoreConnectionsThanItCanServe() async throws {
            try await withTemporaryDirectory { directory in
                let program = directory.appending(path: "router")
                let script = "#!/bin/sh\nexec prlimit --nofile=256:256 '\(try RouterProgram.besideUs())' \"$@\"\n"
                try script.write(to: program, atomically: false, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
                try await Arena.run(arguments: [], program: program.path) { arena in
                    // The rest waits in the kernel until there is room.
                    _ = try await starve(arena)
                }
            }
        }

        @Test func aRouterWithoutAnyDescriptorLeftRefusesWithTheOneItKept() async throws {
            try await Arena.run(arguments: []) { arena in
                let tool = Foundation.Process()
                tool.executableURL = URL(filePath: "/usr/bin/prlimit")
                tool.arguments = ["--pid", "\(arena.stand.processID)", "--nofile=256:256"]
                try tool.run()
                tool.waitUntilExit()
                #expect(tool.terminationStatus == 0)
                let refused = try await starve(arena)
                #expect(refused > 0)
                // What was refused is told to the control plane.
                let told: RouterStatus = try await arena.stand.next("a status with refusals") { message in
                    guard case .status(let status) = message, status.refusedConnections > 0 else { return nil }
                    return status
                }
                #expect(told.loops >= 1)
            }
        }

        /// What became of 600 connections.
        private struct Starved: Sendable {
            var processorShare = 0.0
            var answered = 0
            var refused = 0
            var recovered = 0
        }

        /// 600 connections where there are descriptors for 256: those that are served stay so, and when they go others come.
        ///
        /// Gives how many were refused.
        private func starve(_ arena: Arena) async throws -> Int {
            let port = arena.stand.port
            let stand = arena.stand
            let attempt: Result<Starved, any Error> = await onThread(name: "starve") {
                Result { try Self.starve(port, stand) }
            }
            let found = try attempt.get()
            print("out of descriptors: \(found.processorShare * 100) % of a processor, \(found.refused) of 600 refused")
            #expect(found.processorShare <= 0.05)
            #expect(found.answered == 20)
            #expect(found.recovered == 50)
            return found.refused
        }

        private static func starve(_ port: Int, _ stand: RouterStand) throws -> Starved {
            var found = Starved()
            let request = "GET / HTTP/1.1\r\nHost: \(Arena.quietHost)\r\n\r\n"
            let kept = try Crowd(port: port)
            try kept.connect(20)
            kept.sendAll(request)
            guard kept.pump(for: .seconds(20), until: { $0.count(status: 200) == 20 }) else {
                throw ProbeFailure("the first 20 connections were not served")
            }
            let more = try Crowd(port: port)
            try more.connect(600)
            // What is refused is refused now; what waits in the kernel waits.
            more.pump(for: .seconds(2))
            let before = try stand.figures().processorNanoseconds
            more.pump(for: .seconds(3))
            found.processorShare = Double(try stand.figures().processorNanoseconds - before) / 3e9
            let receivedBefore = kept.members.map(\.received)
            kept.sendAll(request)
            kept.pump(for: .seconds(20)) { crowd in
                zip(crowd.members, receivedBefore).allSatisfy { $0.0.received > $0.1 }
            }
            found.answered = zip(kept.members, receivedBefore).count { $0.0.received > $0.1 }
            found.refused = more.count(status: 503)
            more.closeAll()
            // While it still finds out which of the 600 are gone it may refuse; then it does not any more.
            let deadline = monotonicNow() + .seconds(30)
            while found.recovered < 50, monotonicNow() < deadline {
                let fresh = try Crowd(port: port)
                try fresh.connect(50)
                fresh.sendAll(request)
                fresh.pump(for: .seconds(10)) { crowd in crowd.members.allSatisfy { $0.status != 0 } }
                found.recovered = fresh.count(status: 200)
            }
            return found
        }
    }
}
