import Testing
import Vulnerabilities

@Suite struct RatingTests {
    @Test(arguments: [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Severity.critical),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, .critical),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, .medium),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, .low),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, .high),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5, .high),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:C/C:H/I:L/A:N/E:P", 5.4, .medium),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, .none),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0, .high), ("AV:N/AC:L/Au:N/C:N/I:N/A:P", 5.0, .medium),
        ("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2, .medium), ("(AV:N/AC:M/Au:N/C:N/I:P/A:N)", 4.3, .medium),
    ])
    func vectorsAreScored(vector: String, score: Double, severity: Severity) async throws {
        let rating = try await rating(#""severity": [{"type": "CVSS", "score": "\#(vector)"}]"#)
        #expect(rating.score == score)
        #expect(rating.severity == severity)
        #expect(rating.source == vector)
    }

    @Test(arguments: [
        "CVSS:3.1/AV:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "7.5", "AV:N/AC:L/Au:N", "",
    ])
    func whatIsNoVectorIsNotScored(vector: String) async throws {
        let rating = try await rating(#""severity": [{"type": "CVSS_V3", "score": "\#(vector)"}]"#)
        #expect(rating == Rating(severity: .unknown, source: vector))
    }

    @Test(arguments: [
        (#""database_specific": {"severity": "MODERATE"}"#, Severity.medium),
        (#""database_specific": {"severity": ["x"]}"#, .unknown),
        (#""database_specific": 5"#, .unknown), (#""severity": [{"type": "Ubuntu", "score": "negligible"}]"#, .low),
        (
            #""severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/A"}], "database_specific": {"severity": "CRITICAL"}"#,
            .critical
        ),
        (#""severity": []"#, .unknown),
    ])
    func wordsCountWhereThereIsNoVector(more: String, severity: Severity) async throws {
        #expect(try await rating(more).severity == severity)
    }

    @Test(arguments: [("unimportant", Severity.none), ("not yet assigned", .unknown), ("high", .high)])
    func debiansUrgencyIsAWord(urgency: String, severity: Severity) async throws {
        let affected = #""ecosystem_specific": {"urgency": "\#(urgency)"}"#
        let report = try await report([advisory("A", affected: affected)], [package()])
        #expect(report.findings.first?.rating.severity == severity)
    }

    @Test func severitiesHaveAnOrder() {
        #expect(Severity.allCases.sorted() == [.unknown, .none, .low, .medium, .high, .critical])
    }

    private func rating(_ more: String) async throws -> Rating {
        try #require(try await report([advisory("A", more: more)], [package()]).findings.first).rating
    }
}
