import RouterProbes
import RouterStand
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

extension RouterRobustnessTests {
    /// Attacks from outside on the real program: it ends their connections, stays small and goes on answering others.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct AttackTests {
        @Test(arguments: Attacks.all.map(\.name)) func anAttackIsStood(name: String) async throws {
            let attack = try #require(Attacks.all.first { $0.name == name })
            #expect(descriptorLimit > attack.connections + 200)
            // Bodies that come slowly but steadily are ended by what the service allows a request in all.
            try await Arena.run(totalMilliseconds: 4_000) { arena in
                let before = try arena.stand.figures().descriptors
                let isSilent = ["slow-readers", "pipelined"].contains(name)
                // Who has been answered into the kernel's buffers is idle from then on, and ended by the longest wait of all.
                let report = try await arena.attack(attack, limit: .seconds(isSilent ? 15 : 30))
                let faults = report.faults(processorMax: .milliseconds(300 * processorFactor))
                #expect(faults.isEmpty, "\(faults)")
                try await arena.settles("every descriptor is given back") { $0.descriptors <= before + 8 }
            }
        }

        @Test func aSlowReadersProducerWaits() async throws {
            try await Arena.run(arguments: []) { arena in
                let instance = arena.attacked
                let target = arena.target
                let attack = Attack(name: "held-readers", summary: "", mustEnd: false, connections: 32) {
                    target, count, _ in
                    let crowd = try Crowd(port: target.port)
                    try crowd.connect(count, receiveBuffer: 4_096)
                    for index in crowd.members.indices { crowd.members[index].reads = false }
                    crowd.sendAll("GET \(target.largePath) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
                    // Once the instance can't send any more, all buffers on the way are full.
                    var last = -1
                    while instance.sentBytes != last {
                        last = instance.sentBytes
                        crowd.pump(for: .milliseconds(300))
                    }
                    crowd.closeAll()
                    return AttackOutcome(crowd)
                }
                #expect(target.port == arena.stand.port)
                let report = try await arena.attack(attack)
                let faults = report.faults(processorMax: .milliseconds(300 * processorFactor))
                #expect(faults.isEmpty, "\(faults)")
                // Most of it is in the kernel's buffers between instance and router, of some megabytes each.
                #expect(instance.sentBytes < 32 * AttackedInstance.largeBytes / 4)
            }
        }

        @Test func aClientThatEndsItsSideAfterItsRequestIsLetGo() async throws {
            try await Arena.run { arena in
                let report = try await arena.attack(Attacks.endedEarly)
                #expect(report.outcome.ended == report.outcome.opened)
                let totals = try await arena.stand.totals(of: Arena.attackedService) { totals in
                    totals.clientGone == Int64(report.outcome.opened)
                }
                #expect(totals.platformErrors.isEmpty)
                try await arena.settles("no connection to the instance is left") { _ in arena.attacked.connections <= 64
                }
            }
        }
    }

    /// Instances that misbehave: what they began never looks whole, and others are served.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct MisbehavingInstanceTests {
        @Test(arguments: ["/reset", "/short"]) func aBrokenOffAnswerIsShownAsBrokenOff(path: String) async throws {
            try await Arena.run { arena in
                let attack = Attack(name: "broken-off", summary: "", mustEnd: true, connections: 200) {
                    target, count, limit in
                    let crowd = try Crowd(port: target.port)
                    try crowd.connect(count)
                    crowd.sendAll("GET \(path) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
                    crowd.pump(for: limit) { $0.openCount == 0 }
                    return AttackOutcome(crowd)
                }
                let report = try await arena.attack(attack)
                let faults = report.faults(processorMax: .milliseconds(300 * processorFactor))
                #expect(faults.isEmpty, "\(faults)")
                // Each was told one million bytes or an error page, and got a tenth at most before the end.
                #expect(report.outcome.received < 200 * 200_000)
                let totals = try await arena.stand.totals(of: Arena.attackedService) { totals in
                    totals.platformErrors["instanceClosed"] == 200
                }
                #expect(totals.answered == 64)
            }
        }

        @Test func garbageIsABadGateway() async throws {
            try await Arena.run { arena in
                let attack = Attack(name: "garbage", summary: "", mustEnd: false, connections: 200) {
                    target, count, limit in
                    let crowd = try Crowd(port: target.port)
                    try crowd.connect(count)
                    crowd.sendAll("GET /garbage HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
                    crowd.pump(for: limit) { $0.count(status: 502) == count }
                    return AttackOutcome(crowd)
                }
                let report = try await arena.attack(attack)
                #expect(report.outcome.statuses == [502: 200])
                let faults = report.faults(processorMax: .milliseconds(300 * processorFactor))
                #expect(faults.isEmpty, "\(faults)")
            }
        }
    }
}
