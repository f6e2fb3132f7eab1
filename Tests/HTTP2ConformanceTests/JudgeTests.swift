import Glibc
import Testing

@testable import RouterProbes

/// The judge itself: servers that are wrong on purpose do not pass.
@Suite struct JudgeTests {
    @Test func everyRuleHasItsOwnNameAndASection() {
        let ids = HTTP2Rule.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 150)
        for rule in HTTP2Rule.all {
            #expect(rule.id.split(separator: "/").count == 3, "\(rule.id)")
            #expect(!rule.sentence.isEmpty)
        }
    }

    @Test func framesHaveTheBytesOfTheRFC() {
        #expect(HTTP2Frame.ping("12345678").bytes == [0, 0, 8, 6, 0, 0, 0, 0, 0] + Array("12345678".utf8))
        #expect(HTTP2Frame.windowUpdate(3, 256).bytes == [0, 0, 4, 8, 0, 0, 0, 0, 3, 0, 0, 1, 0])
        #expect(HTTP2Frame.settings([(.frameSizeMax, 65_536)]).bytes == [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 1, 0, 0])
        #expect(HTTP2Frame.headers(1, [0x82]).bytes == [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82])
    }

    /// A server that says SETTINGS, acknowledges and answers nothing keeps no rule about errors.
    @Test func aServerThatOnlyShakesHandsPassesNothing() async throws {
        let bytes = HTTP2Frame.settings().bytes + HTTP2Frame.settingsAcknowledgement.bytes
        let verdicts = try await verdicts(of: bytes, closes: false) { rule in
            if case .connectionError = rule.outcome { return true }
            return false
        }
        #expect(verdicts.count > 30)
        #expect(verdicts.allSatisfy { !$0.isPassed })
    }

    /// A server that closes without a word passes rules about closing at most, and not with full marks.
    @Test func aServerThatClosesWithoutAWordIsNotTakenForAStrictOne() async throws {
        let bytes = HTTP2Frame.settings().bytes + HTTP2Frame.settingsAcknowledgement.bytes
        let verdicts = try await verdicts(of: bytes, closes: true) { rule in
            switch rule.outcome {
            case .closed: false
            default: true
            }
        }
        #expect(!verdicts.contains(.kept))
    }

    /// GOAWAY with the wrong code does not pass.
    @Test func aWrongCodeDoesNotPass() async throws {
        let bytes =
            HTTP2Frame.settings().bytes + HTTP2Frame.settingsAcknowledgement.bytes
            + HTTP2Frame.goAway(.connectError).bytes
        let verdicts = try await verdicts(of: bytes, closes: true) { rule in
            if case .connectionError = rule.outcome { return true }
            return false
        }
        #expect(verdicts.allSatisfy { !$0.isPassed })
    }

    /// What the rules say of a server that sends these bytes to everybody.
    private func verdicts(
        of bytes: [UInt8], closes: Bool, _ isChosen: (HTTP2Rule) -> Bool,
    ) async throws -> [HTTP2Verdict] {
        let server = try HTTP2Origin(saying: bytes, thenCloses: closes)
        defer { server.stop() }
        let target = HTTP2Target(port: server.port, isTLS: false, authority: "a", patience: .milliseconds(50))
        let judge = HTTP2Judge(target, origin: server)
        let rules = HTTP2Rule.all.filter(isChosen)
        return await onThreads(rules.count, name: "probe", atOnce: 8) { judge.verdict(rules[$0]) }
    }
}
