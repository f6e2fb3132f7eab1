import Glibc
import RouterStand
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Testing

@testable import RouterProbes

/// The router as the program that users run, held against every rule and every attack.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RouterTests {
    @Test(arguments: [false, true])
    func theRouterKeepsEveryRule(isTLS: Bool) async throws {
        let origin = try HTTP2Origin()
        defer { origin.stop() }
        try await RouterStand.with(try configuration(origin)) { stand in
            let judge = HTTP2Judge(target(stand, isTLS: isTLS), origin: origin)
            let rules = HTTP2Rule.all
            let verdicts = await onThreads(rules.count, name: "probe", atOnce: 4) { judge.verdict(rules[$0]) }
            for (rule, verdict) in zip(rules, verdicts) {
                switch verdict {
                case .kept: continue
                case .notApplicable: #expect(doesNotApply(rule, isTLS: isTLS), "\(rule): \(verdict)")
                case .keptQuietly, .broken: Issue.record("\(rule): \(verdict)")
                }
            }
        }
    }

    /// Each attack has a router of its own, whose process then has no cost but the attack's.
    @Test(arguments: [false, true])
    func theRouterStandsEveryAttack(isTLS: Bool) async throws {
        let attacks = HTTP2Attack.all
        let origin = try HTTP2Origin()
        defer { origin.stop() }
        let configuration = try configuration(origin)
        let reports = await onThreads(attacks.count, name: "attack", atOnce: 6) { number in
            Result {
                let stand = try RouterStand.startBlocking(configuration)
                defer { stand.killBlocking() }
                let attacker = HTTP2Attacker(
                    target(stand, isTLS: isTLS), process: ServerProcess(id: stand.processID), patience: .seconds(60))
                return try attacker.report(attacks[number])
            }
        }
        for report in try reports.map({ try $0.get() }) {
            #expect(report.failures.isEmpty, "\(report): \(report.failures.joined(separator: ", "))")
        }
    }

    /// What may say that it does not apply: rules about TLS without TLS, and about servers that offer less.
    private func doesNotApply(_ rule: HTTP2Rule, isTLS: Bool) -> Bool {
        (rule.onlyTLS && !isTLS) || rule.id == "8441/3/not-offered"
    }

    private func target(_ stand: RouterStand, isTLS: Bool) -> HTTP2Target {
        HTTP2Target(
            port: isTLS ? stand.portTLS : stand.port, isTLS: isTLS, authority: "app.localhost", patience: .seconds(20))
    }

    /// A router with one service, whose instance answers as the probes expect.
    private func configuration(_ origin: HTTP2Origin) throws -> RouterStand.Configuration {
        let instance = RouteInstance(
            id: InstanceID(high: 2, low: 1), address: InstanceAddress(host: "127.0.0.1", port: origin.port),
            state: .ready)
        let route = ServiceRoute(
            service: ServiceID(high: 1, low: 1), hosts: ["app.localhost"], generation: 1, maxConcurrency: 1_000,
            queueLengthMax: 1_000, queueWaitMilliseconds: 10_000, timeouts: RouteTimeouts(), availability: .serving,
            instances: [instance])
        return RouterStand.Configuration(
            listeners: [StandListener(), StandListener(isTLS: true)], routes: [route],
            certificates: [try RouterCertificate.selfSigned(for: ["app.localhost"])], output: "/dev/null")
    }
}
