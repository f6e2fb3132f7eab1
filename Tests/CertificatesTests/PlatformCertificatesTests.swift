import CTLS
import Certificates
import Foundation
import RunaboutModel
import RunaboutTestSupport
import Testing

private let start = UnixTime(milliseconds: 1_800_000_000_000)
private let day = Int64(86_400)

private func after(days: Int64) -> UnixTime { UnixTime(milliseconds: start.milliseconds + days * day * 1_000) }

private func open(_ directory: URL, now: UnixTime = start) throws -> PlatformCertificates {
    try PlatformCertificates(
        directory: directory.appending(path: "certificates").path, authorityName: "Test authority",
        baseDomain: "apps.test", now: now)
}

private func facts(_ certificate: String) throws -> ctls_facts {
    var facts = ctls_facts()
    try #require(ctls_read_facts(certificate, &facts) == 1)
    return facts
}

private func files(_ directory: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "certificates").path).sorted()
}

@Suite struct PlatformCertificatesTests {
    @Test func theFirstStartMakesARootAndACertificateForTheBaseDomain() async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            let made = try certificates.refreshed(for: ["a.apps.test"], now: start)
            #expect(made.map(\.hosts) == [["*.apps.test", "apps.test"]])
            let root = try facts(certificates.rootCertificate)
            #expect(root.is_authority == 1)
            #expect(root.not_after - start.milliseconds / 1_000 == 3_650 * day)
            let text = try #require(made.first).text
            let leaf = try facts(text.certificate)
            #expect(leaf.is_authority == 0)
            // Browsers refuse more than 398 days.
            #expect(leaf.not_after - leaf.not_before <= 398 * day)
            #expect(leaf.not_before < start.milliseconds / 1_000)
            #expect(ctls_is_signed_by(text.certificate, certificates.rootCertificate) == 1)
            for host in ["*.apps.test", "apps.test", "a.apps.test"] {
                #expect(ctls_is_for_host(text.certificate, host) == 1)
            }
            #expect(ctls_is_for_host(text.certificate, "other.test") == 0)
            #expect(certificates.takeNotices().isEmpty)
        }
    }

    @Test func keysAreForTheirOwnerOnlyAndNeverPrinted() async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            let made = try certificates.refreshed(for: [], now: start)
            let path = directory.appending(path: "certificates").path
            for name in try files(directory) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
            var text = "\(certificates) \(made)"
            dump(certificates, to: &text)
            dump(made, to: &text)
            #expect(!text.contains("PRIVATE KEY"))
            // One that others may read is closed to them.
            #expect(chmod("\(path)/authority.pem", 0o644) == 0)
            _ = try open(directory)
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/authority.pem")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test func anotherStartFindsWhatIsThere() async throws {
        try await withTemporaryDirectory { directory in
            var first = try open(directory)
            let made = try first.refreshed(for: ["shop.test"], now: start)
            var second = try open(directory, now: after(days: 1))
            #expect(second.rootCertificate == first.rootCertificate)
            #expect(try second.refreshed(for: ["shop.test"], now: after(days: 1)) == made)
            #expect(try files(directory) == ["authority.pem", "base-domain.pem", "hosts-1.pem"])
        }
    }

    @Test func certificatesAreRenewedWhenTwoThirdsOfTheirLifeAreOver() async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            let made = try certificates.refreshed(for: [], now: start)
            #expect(try certificates.refreshed(for: [], now: after(days: 264)) == made)
            let renewed = try certificates.refreshed(for: [], now: after(days: 265))
            #expect(renewed != made)
            #expect(try certificates.refreshed(for: [], now: after(days: 300)) == renewed)
            let text = try #require(renewed.first).text
            #expect(try facts(text.certificate).not_after - after(days: 265).milliseconds / 1_000 == 397 * day)
            #expect(ctls_is_signed_by(text.certificate, certificates.rootCertificate) == 1)
            // A start much later finds it due too.
            var later = try open(directory, now: after(days: 2_000))
            #expect(try later.refreshed(for: [], now: after(days: 2_000)) != renewed)
            #expect(later.takeNotices().isEmpty)
        }
    }

    @Test func aHostThatComesGetsACertificateAndOthersKeepTheirs() async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            let made = try certificates.refreshed(for: [], now: start)
            let both = try certificates.refreshed(for: ["shop.test"], now: start)
            #expect(both.first == made.first)
            #expect(both.map(\.hosts) == [["*.apps.test", "apps.test"], ["shop.test"]])
            #expect(ctls_is_for_host(both[1].text.certificate, "shop.test") == 1)
            let three = try certificates.refreshed(for: ["shop.test", "b.shop.test"], now: start)
            #expect(three.map(\.hosts) == [["*.apps.test", "apps.test"], ["shop.test", "b.shop.test"]])
            #expect(three[1].text != both[1].text)
        }
    }

    @Test func noLeafOutlivesTheRootAndAnEndedRootIsReplaced() async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            _ = try certificates.refreshed(for: [], now: start)
            let root = certificates.rootCertificate
            let late = try certificates.refreshed(for: [], now: after(days: 3_600))
            #expect(try facts(try #require(late.first).text.certificate).not_after == facts(root).not_after)
            let new = try certificates.refreshed(for: [], now: after(days: 3_651))
            #expect(certificates.rootCertificate != root)
            #expect(ctls_is_signed_by(try #require(new.first).text.certificate, certificates.rootCertificate) == 1)
            #expect(certificates.takeNotices().count == 1)
            #expect(certificates.takeNotices().isEmpty)
            #expect(try files(directory).contains { $0.hasPrefix("authority.pem.set-aside-") })
        }
    }

    @Test(arguments: ["authority.pem", "base-domain.pem"], ["", "rubbish\n", "-----BEGIN CERTIFICATE-----\nMIIB\n"])
    func whatCanNotBeReadIsSetAside(_ name: String, _ content: String) async throws {
        try await withTemporaryDirectory { directory in
            var certificates = try open(directory)
            let made = try certificates.refreshed(for: [], now: start)
            let file = directory.appending(path: "certificates/\(name)")
            try content.write(to: file, atomically: false, encoding: .utf8)
            var second = try open(directory)
            let others = try second.refreshed(for: [], now: start)
            #expect(others != made)
            #expect(ctls_is_signed_by(try #require(others.first).text.certificate, second.rootCertificate) == 1)
            let aside = try #require(try files(directory).first { $0.hasPrefix("\(name).set-aside-") })
            let kept = try String(
                contentsOf: directory.appending(path: "certificates/\(aside)"), encoding: .utf8)
            #expect(kept == content)
            let notices = second.takeNotices()
            #expect(notices.count == 1)
            #expect(notices.first?.contains(aside) == true)
        }
    }

    @Test func aDirectoryThatCanNotBeUsedIsSaid() async throws {
        try await withTemporaryDirectory { directory in
            try "".write(to: directory.appending(path: "certificates"), atomically: false, encoding: .utf8)
            #expect(throws: CertificateError.self) { try open(directory) }
        }
    }
}
