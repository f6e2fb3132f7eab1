import Foundation
import Glibc
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

extension IntegrationTests {
    /// Processes are killed, and what can go on does.
    @Suite(.serialized) struct FaultTests {
        @Test func anInstanceKilledUnderLoadIsReplacedAndOnlyItsRequestsFail() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(maxConcurrency: 10, minSize: 2, maxSize: 4)
                let control = try platform.control
                let before = try await control.wait(service, "two instances are ready") { $0.readyCount == 2 }
                let victim = try #require(before.instances.first?.id)

                let (_, answers) = try await platform.load.steadily(
                    lines: 8, "/slow?ms=50", host: platform.host(service)
                ) {
                    let pids = Remains.processes(of: platform).filter { $0.command.hasPrefix("/sample-service") }
                    let pid = try #require(pids.first { platform.instance(of: $0.pid) == victim.description }?.pid)
                    kill(pid, SIGKILL)
                    try await control.wait(service, "the killed instance is replaced") { service in
                        service.readyCount >= 2 && !service.instances.contains { $0.id == victim }
                    }
                }

                let failed = answers.filter { $0.status != 200 }
                // Least in flight: of 8 requests at once, at most 8 were on the one that was killed.
                #expect(failed.count <= 8, "\(failed)")
                let entries = try await control.ask("each failure has its entry") {
                    let found = try await control.explain(service).failures.filter { $0.instance == victim }
                    return found.count >= failed.count ? found : nil
                }
                #expect(entries.count == failed.count, "\(entries) for \(failed)")
                let ended = try await control.instances(service).first { $0.id == victim }
                #expect(ended?.state == .failed && ended?.exit?.status == 137, "\(String(describing: ended))")
            }
        }

        @Test func aCrashLoopIsVisibleAndOthersDoNotNotice() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let steady = try await platform.deploySample("steady")
                let crashing = try await platform.deploySample(
                    "crashing", configuration: Platform.configuration(["CRASH_AFTER_MS": "1500"]))
                let control = try platform.control

                let (_, answers) = try await platform.load.steadily(
                    lines: 2, "/slow?ms=20", host: platform.host(steady)
                ) {
                    _ = try await control.watch("the crash loop backs off", seconds: 60) {
                        let decision = try await control.explain(crashing).decisions.first
                        let failed = try await control.instances(crashing).filter { $0.state == .failed }
                        return decision?.bound == "crashBackoff" && failed.count >= 2 ? failed : nil
                    }
                }
                #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.filter { $0.status != 200 })")
                let failed = try await control.instances(crashing).filter { $0.state == .failed }
                // The first process of a container can't be ended by its own SIGABRT; `abort` then ends it by SIGSEGV.
                #expect(failed.allSatisfy { [134, 139].contains($0.exit?.status) }, "\(failed)")
            }
        }

        @Test func aDaemonKilledUnderLoadCostsNoRequestAndAdoptsItsInstances() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(
                    maxConcurrency: 4, minSize: 1, maxSize: 3, stabilizationSeconds: 10)
                let control = try platform.control
                let host = platform.host(service)

                let (kept, answers) = try await platform.load.steadily(lines: 10, "/slow?ms=30", host: host) {
                    let before = try await control.wait(service, "three instances are ready") { $0.readyCount == 3 }
                    let pids = Set(
                        Remains.processes(of: platform).filter { $0.command.hasPrefix("/sample") }.map(\.pid))
                    #expect(pids.count == 3)
                    try await platform.killDaemon()
                    // Without a daemon requests are answered: as many as a second brings, all through the old table.
                    let meanwhile = await platform.load.together(12, "/slow?ms=200", host: host)
                    #expect(meanwhile.allSatisfy { $0.status == 200 }, "\(meanwhile)")
                    let restartedAt = UnixTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
                    try await platform.start()
                    let after = try await control.service(service)
                    #expect(Set(after.instances.map(\.id)) == Set(before.instances.map(\.id)))
                    let later = Set(
                        Remains.processes(of: platform).filter { $0.command.hasPrefix("/sample") }.map(\.pid))
                    #expect(later == pids, "the same processes must go on")
                    return (count: before.instances.count, restartedAt: restartedAt)
                }
                #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.filter { $0.status != 200 })")
                #expect(answers.count > 50)

                // The load is over: nothing may go before the new daemon has seen a whole window of 10 s.
                try await control.wait(service, "it scales down at last", seconds: 90) {
                    $0.instances.count < kept.count
                }
                let events = try await control.call(PageBody<EventBody>.self, .GET, "/v1/events?limit=1000").items
                let first = try #require(
                    events.first { $0.kind == "instance.draining" && $0.at.time > kept.restartedAt })
                #expect(first.at.time.milliseconds - kept.restartedAt.milliseconds >= 10_000, "\(first)")
            }
        }

        @Test func aRouterKilledUnderLoadRefusesNoConnection() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(maxConcurrency: 20, minSize: 2, maxSize: 2)
                let control = try platform.control
                let host = platform.host(service)
                let router = try #require(
                    Remains.processes(of: platform).first { $0.command.contains("runabout-router") })
                let (_, answers) = try await platform.load.steadily(lines: 8, "/slow?ms=10", host: host) {
                    kill(router.pid, SIGKILL)
                    _ = try await control.ask("another router serves", seconds: 30) {
                        let routers = Remains.processes(of: platform).filter { $0.command.contains("runabout-router") }
                        guard let other = routers.first, other.pid != router.pid else { return nil as Bool? }
                        let health = try await control.call(HealthBody.self, .GET, "/v1/health")
                        return health.isRouterConnected ? true : nil
                    }
                    let after = await platform.load.together(20, "/slow?ms=10", host: host)
                    #expect(after.allSatisfy { $0.status == 200 }, "\(after.filter { $0.status != 200 })")
                }
                let failed = answers.filter { $0.status != 200 }
                // Those that were running on the killed router are cut off; no later one is turned away.
                #expect(failed.count <= 8, "\(failed)")
                #expect(failed.allSatisfy { $0.error?.lowercased().contains("refused") != true }, "\(failed)")
            }
        }

        @Test func afterARebootServicesComeBackAndLeftoversAreGone() async throws {
            try await withPlatform { platform in
                try await platform.pushSample()
                let service = try await platform.deploySample(minSize: 2, maxSize: 2)
                let control = try platform.control
                let before = try await control.wait(service, "two instances are ready") { $0.readyCount == 2 }
                try await platform.killDaemon()
                await Remains.killAll(of: platform)

                try await platform.start()
                let after = try await control.wait(service, "two new instances are ready") { service in
                    service.readyCount == 2
                        && service.instances.allSatisfy { now in
                            !before.instances.contains { $0.id == now.id }
                        }
                }
                let answer = await platform.load.get("/", host: platform.host(service))
                #expect(answer.status == 200)
                let old = Set(before.instances.map(\.id.description))
                let remains = try await Remains.of(platform)
                #expect(!remains.contains { line in old.contains { line.contains($0) } }, "\(remains)")
                #expect(after.instances.count == 2)
            }
        }
    }
}

extension Platform {
    /// The id of the instance that a process of the sample is.
    func instance(of pid: pid_t) -> String? {
        let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
        return environment.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .first { $0.hasPrefix("RUNABOUT_INSTANCE=") }.map { String($0.dropFirst("RUNABOUT_INSTANCE=".count)) }
    }
}
