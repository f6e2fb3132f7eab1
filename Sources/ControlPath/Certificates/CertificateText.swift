import CTLS
import Glibc
public import RunaboutModel

/// A certificate and its key, in PEM.
public struct CertificateText: Hashable, Sendable {
    /// The certificate.
    public let certificate: String
    /// Its private key.
    public let key: SecretText

    /// Takes both texts.
    public init(certificate: String, key: SecretText) {
        self.certificate = certificate
        self.key = key
    }

    /// How both stand in a file: the key first.
    var fileText: String { key.revealed + certificate }

    /// Reads a file's text; nil when it does not hold a certificate and its key.
    init?(fileText: String) {
        guard let start = fileText.firstRange(of: "-----BEGIN CERTIFICATE-----")?.lowerBound else { return nil }
        let key = String(fileText[..<start])
        let certificate = String(fileText[start...])
        guard ctls_key_fits(certificate, key) == 1 else { return nil }
        self.init(certificate: certificate, key: SecretText(key))
    }

    /// What the certificate says; nil when it can't be read.
    var facts: CertificateFacts? { CertificateFacts(certificate) }

    /// A new authority with an ECDSA P-256 key, which signs itself.
    ///
    /// - Throws: ``CertificateError`` when OpenSSL can't make it.
    static func authority(named name: String, life: CertificateLife) throws(CertificateError) -> CertificateText {
        var made = ctls_made()
        guard ctls_make_authority(name, life.notBefore, life.notAfter, &made) == 1 else {
            throw CertificateError("Making a certificate authority failed in OpenSSL.")
        }
        return take(&made)
    }

    /// A new certificate of an authority for hosts, with an ECDSA P-256 key.
    ///
    /// - Throws: ``CertificateError`` when OpenSSL can't make it.
    static func leaf(
        of authority: CertificateText, for hosts: [String], life: CertificateLife,
    ) throws(CertificateError) -> CertificateText {
        let names = hosts.map { strdup($0) }
        defer { for name in names { free(name) } }
        let pointers = names.map { UnsafePointer<CChar>($0) }
        var made = ctls_made()
        let isMade = ctls_make_leaf(
            authority.certificate, authority.key.revealed, pointers, pointers.count, life.notBefore, life.notAfter,
            &made)
        guard isMade == 1 else {
            throw CertificateError("Making a certificate for \(hosts.first ?? "no host") failed in OpenSSL.")
        }
        return take(&made)
    }

    private static func take(_ made: inout ctls_made) -> CertificateText {
        defer { ctls_made_free(&made) }
        return CertificateText(
            certificate: String(cString: made.certificate), key: SecretText(String(cString: made.key)))
    }

    /// Whether it carries an authority's signature and is for all of these hosts.
    func isIssued(by authority: CertificateText, for hosts: [String]) -> Bool {
        ctls_is_signed_by(certificate, authority.certificate) == 1
            && hosts.allSatisfy { ctls_is_for_host(certificate, $0) == 1 }
    }
}

/// From when to when a certificate is good, in seconds since 1970.
struct CertificateLife: Hashable, Sendable {
    let notBefore: Int64
    let notAfter: Int64

    /// A life that begins a little in the past, for clients whose clocks are behind.
    init(at now: UnixTime, for length: Duration, endingBy end: Int64 = .max) {
        let seconds = now.milliseconds / 1_000
        notBefore = seconds - Limits.certificateBackdate.components.seconds
        notAfter = min(seconds + length.components.seconds, end)
    }

    init(notBefore: Int64, notAfter: Int64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// When a new certificate has to be there: two thirds into this one's life.
    ///
    /// Example: a life of 90 days is renewed after 60.
    var renewsAt: UnixTime {
        UnixTime(milliseconds: (notBefore + (notAfter - notBefore) / 3 * 2) * 1_000)
    }

    /// Whether a time is in it.
    func contains(_ time: UnixTime) -> Bool {
        (notBefore...max(notBefore, notAfter)).contains(time.milliseconds / 1_000)
    }

    /// Whether a new certificate is due; also when the clock is before this one's life.
    func isDue(at now: UnixTime) -> Bool { now >= renewsAt || !contains(now) }
}

/// What a certificate says of itself.
struct CertificateFacts: Hashable, Sendable {
    let life: CertificateLife
    /// Whether it may sign others.
    let isAuthority: Bool

    init?(_ certificate: String) {
        var facts = ctls_facts()
        guard ctls_read_facts(certificate, &facts) == 1 else { return nil }
        life = CertificateLife(notBefore: facts.not_before, notAfter: facts.not_after)
        isAuthority = facts.is_authority == 1
    }
}

/// Certificates could not be made, read or kept.
public struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, on what, and why it failed.
    public let description: String

    init(_ description: String) { self.description = description }
}
