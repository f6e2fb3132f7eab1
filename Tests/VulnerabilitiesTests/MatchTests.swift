import PackageInventory
import Testing
import Vulnerabilities

@Suite struct MatchTests {
    @Test func aVersionBeforeTheFixIsFoundWithIt() async throws {
        let report = try await report(
            [advisory("DEBIAN-CVE-2024-1", more: #""upstream": ["CVE-2024-1"]"#)], [package()])
        #expect(report.findings.map(\.id) == ["DEBIAN-CVE-2024-1"])
        #expect(report.findings.first?.aliases == ["CVE-2024-1"])
        #expect(report.findings.first?.fixedVersions == ["7.88.1-10+deb12u5"])
        #expect(report.findings.first?.summary == "About DEBIAN-CVE-2024-1")
        #expect(report.packageCount == 1)
        #expect(report.gaps.isEmpty)
    }

    @Test(arguments: [
        (#"{"introduced": "0"}, {"fixed": "2"}"#, "1", true), (#"{"introduced": "0"}, {"fixed": "2"}"#, "2", false),
        (#"{"introduced": "0"}, {"fixed": "2"}"#, "0~0", true), (#"{"introduced": "0"}"#, "99", true),
        (#"{"introduced": "2"}"#, "1.9", false), (#"{"introduced": "2"}"#, "2", true),
        (#"{"introduced": "1"}, {"last_affected": "2"}"#, "2", true),
        (#"{"introduced": "1"}, {"last_affected": "2"}"#, "2.1", false),
        (#"{"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "1"}"#, "2.5", false),
        (#"{"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "1"}"#, "3.5", true),
        (#"{"introduced": "0"}, {"limit": "3"}"#, "2", true), (#"{"introduced": "0"}, {"limit": "3"}"#, "3", false),
        (#"{"introduced": "0"}, {"limit": "*"}"#, "3", true), ("", "1", false), (#"{"fixed": "2"}"#, "1", false),
    ])
    func rangesAreJudgedByTheirEvents(events: String, version: String, isAffected: Bool) async throws {
        let report = try await report([advisory("A", events: events)], [package("curl", version)])
        #expect(report.findings.isEmpty != isAffected)
    }

    @Test func theFixIsTheNextOneOfTheRangeThatHoldsTheVersion() async throws {
        let events = #"{"introduced": "1"}, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "2.5"}"#
        for (version, fixed) in [("1.2", "1.5"), ("2.2", "2.5")] {
            let report = try await report([advisory("A", events: events)], [package("curl", version)])
            #expect(report.findings.first?.fixedVersions == [fixed])
        }
    }

    @Test func listedVersionsAreAffectedWithoutARange() async throws {
        let listed = advisory("A", "PyPI", "x", events: "", affected: #""versions": ["1.0", "weird"]"#)
        for (version, count) in [("1.0", 1), ("weird", 1), ("1.1", 0)] {
            let report = try await report([listed], [package("x", version, kind: .python)])
            #expect(report.findings.count == count)
            #expect(report.gaps.isEmpty)
        }
    }

    @Test func distributionsAreJudgedBySourceAndSourcesVersion() async throws {
        let events = #"{"introduced": "0"}, {"fixed": "2.36-9+deb12u4"}"#
        let libc = package("libc6", "2.36-9+b1", source: SourcePackage(name: "glibc", version: "2.36-9"))
        let report = try await report(
            [advisory("A", "Debian:12", "glibc", events: events), advisory("B", "Debian:12", "libc6", events: events)],
            [libc])
        #expect(report.findings.map(\.id) == ["A"])
        #expect(report.findings.first?.package == libc)
    }

    @Test(arguments: [
        ("debian", "12", "Debian:12", PackageKind.dpkg, true), ("debian", "12", "Debian", .dpkg, true),
        ("debian", "12", "Debian:11", .dpkg, false), ("debian", "12", "Ubuntu:22.04:LTS", .dpkg, false),
        ("ubuntu", "22.04", "Ubuntu:22.04:LTS", .dpkg, true), ("ubuntu", "23.10", "Ubuntu:23.10", .dpkg, true),
        ("ubuntu", "22.04", "Ubuntu:Pro:22.04:LTS", .dpkg, false), ("alpine", "3.20.3", "Alpine:v3.20", .apk, true),
        ("alpine", "3.20.3", "Alpine:v3.2", .apk, false), ("wolfi", "20230201", "Wolfi", .apk, true),
        ("rhel", "9.4", "Red Hat:enterprise_linux:9::appstream", .rpm, true),
        ("rhel", "9.4", "Red Hat:enterprise_linux:9", .rpm, true),
        ("rhel", "9.4", "Red Hat:enterprise_linux:90", .rpm, false),
        ("rocky", "9.3", "Rocky Linux:9", .rpm, true), ("almalinux", "8.9", "AlmaLinux:8", .rpm, true),
        ("almalinux", "8.9", "AlmaLinux:9", .rpm, false),
    ])
    func releasesAreThoseOfTheImage(id: String, version: String, ecosystem: String, kind: PackageKind, isFound: Bool)
        async throws
    {
        let report = try await report(
            [advisory("A", ecosystem, "x", events: #"{"introduced": "0"}"#)], [package("x", "1", kind: kind)],
            distribution: Distribution(id: id, versionID: version))
        #expect(report.findings.isEmpty != isFound)
        #expect(report.gaps.isEmpty)
    }

    @Test func suseIsToldApartByItsWholeName() async throws {
        let leap = Distribution(id: "opensuse-leap", versionID: "15.5", prettyName: "openSUSE Leap 15.5")
        let advisories = [
            advisory("A", "openSUSE:Leap 15.5", "x", events: #"{"introduced": "0"}"#),
            advisory("B", "openSUSE:Leap 15.4", "x"),
        ]
        let report = try await report(advisories, [package("x", "1", kind: .rpm)], distribution: leap)
        #expect(report.findings.map(\.id) == ["A"])
    }

    @Test func languagePackagesAreJudgedByTheirEcosystems() async throws {
        let cases: [(String, String, String, String, PackageKind, String)] = [
            ("PyPI", "flask-login", "1.0rc1", "Flask_Login", .python, "1.0"),
            ("npm", "@a/b", "1.0.0-rc.1", "@a/b", .npm, "1.0.0"),
            ("Go", "example.org/x", "v0.0.0-20230101000000-abcdefabcdef", "example.org/x", .go, "0.1.0"),
            ("Go", "stdlib", "1.21.3", "stdlib", .go, "1.21.4"), ("Maven", "a:b", "2.0-rc1", "a:b", .maven, "2.0"),
        ]
        for (ecosystem, name, version, installed, kind, fixed) in cases {
            let events = #"{"introduced": "0"}, {"fixed": "\#(fixed)"}"#
            let type = kind == .npm || kind == .go ? "SEMVER" : "ECOSYSTEM"
            let advisories = [advisory("A", ecosystem, name, events: events, type: type)]
            let found = try await report(advisories, [package(installed, version, kind: kind)], distribution: nil)
            #expect(found.findings.count == 1, "\(ecosystem)")
            let mended = try await report(advisories, [package(installed, fixed, kind: kind)], distribution: nil)
            #expect(mended.findings.isEmpty, "\(ecosystem)")
        }
    }

    @Test func whatCannotBeJudgedIsSaid() async throws {
        let unknown = try await report([advisory("A")], [package(), package()], distribution: Distribution(id: "arch"))
        #expect(unknown.gaps.map(\.packageCount) == [2])
        #expect(try await report([advisory("A")], [package()], distribution: nil).gaps.count == 1)
        #expect(
            try await report([advisory("A")], [package()], distribution: Distribution(id: "debian")).gaps.count == 1)
        let broken = try await report([advisory("A", events: #"{"introduced": "no version"}"#)], [package()])
        #expect(broken.findings.isEmpty)
        #expect(
            broken.gaps.map(\.reason) == [
                "A could not be judged for curl: 'no version' of the advisory is no version of its ecosystem"
            ])
        #expect(try await report([advisory("A")], [package("curl", "x y")]).gaps.count == 1)
    }

    @Test func advisoriesThatNameEachOtherAreOneFinding() async throws {
        func about(_ id: String, _ aliases: String, _ more: String = "") -> String {
            advisory(
                id, "PyPI", "x", events: #"{"introduced": "0"}, {"fixed": "2"}"#,
                more: "\"aliases\": [\(aliases)]\(more)")
        }
        let word = #", "database_specific": {"severity": "HIGH"}"#
        let report = try await report(
            [
                about("GHSA-1", #""PYSEC-1", "CVE-1""#), about("PYSEC-1", #""GHSA-1", "CVE-1""#, word),
                about("DSA-1", #""GHSA-1", "CVE-2""#),
            ],
            [package("x", "1", kind: .python)])
        #expect(report.findings.map(\.id) == ["GHSA-1", "DSA-1"])
        #expect(report.findings.first?.aliases == ["CVE-1", "PYSEC-1"])
        #expect(report.findings.first?.rating.severity == .high)
        #expect(report.findings.first?.fixedVersions == ["2"])
    }

    @Test func oneAdvisoryInSeveralPartsIsOneFinding() async throws {
        let parts = [
            #"{"type": "ECOSYSTEM", "events": [{"introduced": "7"}, {"fixed": "8"}]}"#,
            #"{"type": "GIT", "events": [{"introduced": "0"}]}"#,
        ].map { #", {"package": {"ecosystem": "Debian:12", "name": "curl"}, "ranges": [\#($0)]}"# }
        let two = String(advisory("A").dropLast("]}".count)) + parts.joined() + "]}"
        let report = try await report([two], [package()])
        #expect(report.findings.count == 1)
        #expect(report.findings.first?.fixedVersions == ["7.88.1-10+deb12u5", "8"])
    }
}
