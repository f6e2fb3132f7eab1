import Foundation
import PackageInventory
import Testing
import Vulnerabilities

@Suite struct ReportTests {
    @Test func theWorstComesFirstAndTheSameScanGivesTheSameBytes() async throws {
        let words = ["low", "critical", "bad"].map { #""database_specific": {"severity": "\#($0)"}"# }
        let advisories = zip(["A", "B", "C"], words).map { advisory($0, more: $1) }
        let first = try await report(advisories, [package("curl"), package("apt")])
        let second = try await report(advisories.reversed(), [package("apt"), package("curl")])
        #expect(first.findings.map(\.id) == ["B", "A", "C"])
        #expect(first.counts == [.critical: 1, .low: 1, .unknown: 1])
        #expect(try first.json() == second.json())
        #expect(try JSONDecoder().decode(ScanReport.self, from: Data(try first.json())) == first)
    }

    @Test func theTableSaysWhatWasFoundAndWhatWasNot() throws {
        let report = ScanReport(
            image: image, scannedAtSeconds: 1,
            database: DatabaseDescription(advisoryCount: 1, importedAtSeconds: 1, newestModification: ""),
            distribution: debian, packageCount: 7,
            findings: [
                finding("CVE-1", .high, fixed: ["2", "3"]),
                finding("CVE-2\u{1B}[2J\u{202E}", .low),
            ],
            unread: [UnreadFile(path: "a.jar", layer: layer, reason: "it breaks off")],
            gaps: [ScanGap(reason: "no advisories", packageCount: 3)])
        #expect(
            report.table == """
                Image     \(image)
                Contents  7 packages, Debian GNU/Linux 12 (bookworm)
                Findings  1 high, 1 low

                SEVERITY  ADVISORY    PACKAGE  VERSION    FIXED IN  SUMMARY
                high      CVE-1       curl     7.88.1-10  2, 3      why
                low       CVE-2\u{FFFD}[2J\u{FFFD}  curl     7.88.1-10  -         why

                Not read; packages may be missing:
                  a.jar: it breaks off

                Not judged:
                  no advisories (packages: 3)

                """)
    }

    @Test func aCleanImageIsSaidToBeClean() async throws {
        let report = try await report([advisory("A")], [package("curl", "9")])
        #expect(report.table.contains("Findings  none\n"))
        #expect(DeploymentPolicy(highestAllowed: .none).decide(on: report) == .allowed)
    }

    @Test func aPolicyRefusesWhatIsWorseThanItAllows() throws {
        let findings = [
            finding("A", .critical), finding("B", .high, fixed: ["2"]), finding("C", .low, fixed: ["2"]),
            finding("D", .unknown),
        ]
        func refused(_ policy: DeploymentPolicy, unread: Int = 0) -> [String] {
            let files = (0..<unread).map { UnreadFile(path: "\($0)", layer: layer, reason: "") }
            switch policy.decide(on: scan(findings, unread: files)) {
            case .allowed: return []
            case .refused(let findings, let unread):
                return findings.map(\.id) + (unread > 0 ? ["\(unread) unread"] : [])
            }
        }
        #expect(refused(DeploymentPolicy(highestAllowed: .critical)) == [])
        #expect(refused(DeploymentPolicy(highestAllowed: .high)) == ["A"])
        #expect(refused(DeploymentPolicy(highestAllowed: .medium)) == ["A", "B"])
        #expect(refused(DeploymentPolicy(highestAllowed: .none)) == ["A", "B", "C"])
        #expect(refused(DeploymentPolicy(highestAllowed: .medium, ignoresUnfixed: true)) == ["B"])
        #expect(refused(DeploymentPolicy(highestAllowed: .critical, refusesUnknown: true)) == ["D"])
        #expect(refused(DeploymentPolicy(highestAllowed: .critical), unread: 2) == [])
        #expect(refused(DeploymentPolicy(highestAllowed: .critical, refusesUnread: true), unread: 2) == ["2 unread"])
    }

    @Test func aRefusalSaysWhy() {
        let decision = DeploymentPolicy(highestAllowed: .low).decide(on: scan([finding("CVE-1", .high, fixed: ["2"])]))
        let reason = "1 vulnerability is worse than allowed, the worst CVE-1 (high) in curl 7.88.1-10, fixed in 2"
        #expect(decision.reason == "the image may not be deployed: \(reason)")
        #expect(DeploymentDecision.allowed.reason == nil)
    }

    private func finding(_ id: String, _ severity: Severity, fixed: [String] = []) -> ScanFinding {
        ScanFinding(
            id: id, summary: "why", rating: Rating(severity: severity), package: package(), fixedVersions: fixed)
    }

    private func scan(_ findings: [ScanFinding], unread: [UnreadFile] = []) -> ScanReport {
        ScanReport(
            image: image, scannedAtSeconds: 1,
            database: DatabaseDescription(advisoryCount: 1, importedAtSeconds: 1, newestModification: ""),
            distribution: debian, packageCount: 1, findings: findings, unread: unread)
    }
}
