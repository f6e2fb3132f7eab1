import Glibc
import Testing

@testable import RouterProbes

/// What measures attacks: servers that are wrong on purpose do not stand.
@Suite struct AttackReportTests {
    @Test func everyAttackHasItsOwnName() {
        let ids = HTTP2Attack.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 17)
    }

    @Test(arguments: [true, false])
    func aServerThatTakesEverythingInSilenceDoesNotStand(reads: Bool) async throws {
        let attack = HTTP2Attack(
            "pings", "PING and nothing else", reads: reads, rounds: 20, round: { _, _ in HTTP2Frame.ping().bytes })
        let report = try await report(attack, closes: false)
        #expect(report.rounds.sent == 20)
        #expect(!report.isClosed)
        #expect(report.answers == 0)
        #expect(report.failures.contains("the connection stays open"))
        #expect(report.failures.contains("0 of 8 questions answered"))
    }

    @Test func aClosedConnectionIsSeenWithTheCodeOfItsFarewell() async throws {
        let farewell = HTTP2Frame.goAway(.enhanceYourCalm).bytes
        let attack = try #require(HTTP2Attack.all.first { $0.id == "half-preface" })
        let report = try await report(attack, closes: true, farewell: farewell)
        #expect(report.isClosed)
        #expect(report.code == HTTP2Code.enhanceYourCalm.rawValue)
        #expect(report.description.contains("closed (enhanceYourCalm)"))
    }

    @Test func boundsAreThoseOfTheIssue() {
        let report = HTTP2AttackReport(
            id: "a", rounds: (1, 2), bytesSent: 1, isClosed: true, code: nil, residentMegabytes: 16.0,
            processorSeconds: 0.31, answers: 8)
        #expect(report.failures == ["16.0 MB of memory", "0.31 s of processor"])
    }

    @Test func theFiguresOfAProcessAreThoseOfTheKernel() {
        let own = ServerProcess(id: getpid())
        #expect(own.residentKibibytes > 1_000)
        #expect(own.peakKibibytes >= 1_000)
        let before = own.processorNanoseconds
        var sum = 0
        for number in 0..<3_000_000 { sum &+= number }
        #expect(own.processorNanoseconds > before, "\(sum)")
    }

    private func report(
        _ attack: HTTP2Attack, closes: Bool, farewell: [UInt8] = [],
    ) async throws -> HTTP2AttackReport {
        let bytes = HTTP2Frame.settings().bytes + HTTP2Frame.settingsAcknowledgement.bytes + farewell
        let server = try HTTP2Origin(saying: bytes, thenCloses: closes)
        defer { server.stop() }
        let target = HTTP2Target(port: server.port, isTLS: false, authority: "a", patience: .milliseconds(20))
        let attacker = HTTP2Attacker(target, process: ServerProcess(id: getpid()), patience: .milliseconds(200))
        return try await onThread(name: "attack") { Result { try attacker.report(attack) } }.get()
    }
}
