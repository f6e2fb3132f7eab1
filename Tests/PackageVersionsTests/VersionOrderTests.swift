import PackageVersions
import Testing

/// Lists of versions from the oldest to the newest; every two of a list are compared.
@Suite struct VersionOrderTests {
    @Test func debianVersionsAreInDebiansOrder() {
        expectOrder(
            .dpkg,
            [
                "0~~", "0~~a", "0~", "0", "0a", "0.0~rc1", "0.0", "1.0~beta1~svn1245", "1.0~beta1", "1.0", "1.0-0.1",
                "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1", "1.0-1+deb12u1", "1.0-1.1", "1.0-2", "1.0a-1", "1.0+b-1",
                "1.0.4-2",
                "1.2.3-4-5", "1.9", "1.10", "9:1", "10:0~",
            ])
    }

    @Test func alpineVersionsAreInAlpinesOrder() {
        expectOrder(
            .apk,
            [
                "0.1_alpha1", "0.1", "0.1.1", "1_alpha", "1_beta2", "1_beta10", "1_pre", "1_rc1", "1-r0", "1-r10",
                "1_cvs",
                "1_svn", "1_git20240101", "1_hg", "1_p1", "1_p1-r1", "1a", "1.001", "1.01", "1.1", "1.1~0abc", "1.2",
                "1.10",
                "1.10.1a", "1.10.1b", "2",
            ].filter { $0 != "1.1~0abc" })
        #expect(VersionScheme.apk.order("1.1~0abc", "1.1") == .after)
        #expect(VersionScheme.apk.order("1.1~0abc", "1.1~0abd") == .before)
    }

    @Test func rpmVersionsAreInRPMsOrder() {
        expectOrder(
            .rpm,
            [
                "1.0~rc1-1", "1.0~rc2-1", "1.0-0.1.el9", "1.0-1.el9", "1.0-1.el9_2.1", "1.0-2", "1.0^git1-1",
                "1.0^git1.1-1", "1.0.a-1", "1.0.1-1", "1.9-1", "1.10-1", "1:0.1-1", "2:0.1~1-1", "2:0.1-1",
            ])
    }

    @Test func pythonVersionsAreInTheOrderOfPEP440() {
        expectOrder(
            .python,
            [
                "0.dev0", "0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456",
                "1.0b2",
                "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
                "1.0+5",
                "1.0.post456.dev34", "1.0.post456", "1.1.dev1", "1.9", "1.10", "2024.1", "1!0.1",
            ])
    }

    @Test func semanticVersionsAreInTheirOrder() {
        expectOrder(
            .semantic,
            [
                "v0.0.0-20230101000000-abcdefabcdef", "v0.0.0-20240101000000-0123456789ab", "0.0.0", "1.0.0-alpha",
                "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                "1.0.0",
                "v1.0.1-0.20240101000000-0123456789ab", "1.0.1", "1.9.0", "1.10.0", "99999999999999999999.0.0",
            ])
    }

    @Test func mavenVersionsAreInMavensOrder() {
        expectOrder(
            .maven,
            [
                "1-alpha-1", "1-alpha-2", "1-beta-2", "1-m1", "1-rc1", "1-SNAPSHOT", "1", "1-sp", "1-foo", "1-1",
                "1.0.1",
                "1.1", "1.9", "1.10", "2.0-alpha", "2.0",
            ])
    }

    @Test(arguments: [
        (VersionScheme.dpkg, "0:1.0-1", "1.0-1"), (.dpkg, "1.0-0", "1.0"), (.dpkg, "1.00", "1.0"),
        (.apk, "1.1-r00", "1.1-r0"),
        (.rpm, "(none):1.0-1", "0:1.0-1"), (.rpm, "1.01", "1.1"), (.rpm, "1..0", "1.0"), (.python, "1.0", "1"),
        (.python, "1.0-ALPHA_1", "1a1"), (.python, "1.0-1", "1.0.post1"), (.python, "v1.0+Ab-1", "1.0+ab.1"),
        (.python, "1.0.rev", "1.0.post0"), (.semantic, "1.0.0+a", "v1"), (.semantic, "2.0.0+incompatible", "2.0.0"),
        (.maven, "1.0", "1-ga"), (.maven, "1.0.0-FINAL", "1"), (.maven, "1-cr1", "1-RC1"), (.maven, "1a1", "1-alpha-1"),
    ])
    func someSpellingsAreTheSame(scheme: VersionScheme, first: String, second: String) {
        #expect(scheme.order(first, second) == .same)
        #expect(scheme.order(second, first) == .same)
    }

    @Test(arguments: [
        (VersionScheme.dpkg, "a:1"), (.dpkg, "1 2"), (.dpkg, "1:"), (.dpkg, "1-"), (.apk, "a1"), (.apk, "1_foo"),
        (.apk, "1-1"),
        (.apk, "1ab"), (.apk, "1-r1_p1"), (.apk, "1."), (.rpm, "x:1"), (.rpm, "1:"), (.python, "2004d"),
        (.python, "1.0+"),
        (.python, "abc"), (.python, "1!"), (.semantic, "1.2.3.4"), (.semantic, "1.x"), (.semantic, "1.0.0-"),
        (.semantic, "latest"), (.maven, "1 0"),
    ])
    func whatIsNoVersionIsNotCompared(scheme: VersionScheme, text: String) {
        #expect(scheme.order(text, "1") == nil)
    }

    @Test(arguments: VersionScheme.allCases)
    func emptyAndOverlongAndBinaryTextIsNoVersion(scheme: VersionScheme) {
        #expect(PackageVersion("", scheme: scheme) == nil)
        #expect(PackageVersion(" ", scheme: scheme) == nil)
        #expect(PackageVersion("1\u{0}", scheme: scheme) == nil)
        #expect(PackageVersion("1é", scheme: scheme) == nil)
        #expect(PackageVersion(String(repeating: "1", count: 1_025), scheme: scheme) == nil)
        #expect(PackageVersion(String(repeating: "1", count: 1_024), scheme: scheme) != nil)
    }

    @Test func versionsOfDifferentSchemesHaveNoOrder() throws {
        let debian = try #require(PackageVersion("1", scheme: .dpkg))
        #expect(debian.order(to: try #require(PackageVersion("1", scheme: .rpm))) == nil)
        #expect(debian.order(to: debian) == .same)
    }

    @Test func aTypedVersionIsComparable() throws {
        let older = try #require(DebianVersion("1.0~rc1"))
        let newer = try #require(DebianVersion("1.0"))
        #expect(older < newer)
        #expect(older != newer)
        #expect([newer, older].min() == older)
    }

    private func expectOrder(
        _ scheme: VersionScheme, _ versions: [String], sourceLocation: SourceLocation = #_sourceLocation,
    ) {
        for (index, first) in versions.enumerated() {
            #expect(scheme.order(first, first) == .same, "\(first)", sourceLocation: sourceLocation)
            for second in versions[(index + 1)...] {
                #expect(scheme.order(first, second) == .before, "\(first) \(second)", sourceLocation: sourceLocation)
                #expect(scheme.order(second, first) == .after, "\(second) \(first)", sourceLocation: sourceLocation)
            }
        }
    }
}
