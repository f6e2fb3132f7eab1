import Foundation
import Logging
import Testing

@testable import runaboutd

struct ConsoleLogTests {
    private let at = Date(timeIntervalSince1970: 0)

    private func line(
        _ style: ConsoleLog.Style, _ level: Logger.Level = .info, _ message: String = "Instance",
    ) -> String {
        ConsoleLog.line(
            style, level: level, message: message, metadata: ["service": "web", "reason": "no port"], at: at)
    }

    @Test func aLineForPeopleQuotesWhatHasBlanks() {
        #expect(line(.text).hasSuffix(":00 Instance reason=\"no port\" service=web"))
        #expect(line(.text, .error).contains(" error: Instance "))
    }

    @Test func theJournalGetsThePriority() {
        #expect(line(.journal) == "<6>Instance reason=\"no port\" service=web")
        #expect(line(.journal, .critical).hasPrefix("<2>"))
    }

    @Test func jsonIsOneObject() {
        #expect(
            line(.json, .warning)
                == #"{"level":"warning","message":"Instance","reason":"no port","service":"web","time":"1970-01-01T00:00:00Z"}"#
        )
    }

    @Test func whatIsLoggedCanNotWriteLinesOfItsOwn() {
        #expect(line(.journal, .info, "a\n<0>b\u{1B}[31m").hasPrefix("<6>a\\n<0>b?[31m "))
    }

    @Test func theStyleFollowsWhereStandardErrorGoes() {
        #expect(ConsoleLog.style(.text, environment: [:]) == .text)
        #expect(ConsoleLog.style(.text, environment: ["JOURNAL_STREAM": "8:1"]) == .journal)
        #expect(ConsoleLog.style(.json, environment: ["JOURNAL_STREAM": "8:1"]) == .json)
    }
}
