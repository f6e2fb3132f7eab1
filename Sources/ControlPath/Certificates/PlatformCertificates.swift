public import RunaboutModel

/// A certificate and the hosts it is shown for.
public struct HostCertificate: Hashable, Sendable {
    /// Exact, or `*.` and a domain.
    public let hosts: [String]
    /// The certificate and its key.
    public let text: CertificateText
}

/// Keeps certificates of the local authority for every host that services answer at.
public struct PlatformCertificates: Sendable {
    private let directory: String
    private let authorityName: String
    private var authority: LocalAuthority
    private var groups: HostGroups
    /// What was set aside and an operator should know, a sentence each, since it was last taken.
    private var notices: [String] = []

    /// The certificate of the authority in PEM, for those who want to trust it.
    public var rootCertificate: String { authority.rootCertificate }

    /// Opens the authority, or makes it.
    ///
    /// - Parameters:
    ///   - directory: where it is kept.
    ///   - authorityName: what it calls itself when it is made.
    ///   - baseDomain: services are one level below it.
    ///   - now: for its life.
    /// - Throws: ``CertificateError``.
    public init(
        directory: String, authorityName: String, baseDomain: String, now: UnixTime,
    ) throws(CertificateError) {
        self.directory = directory
        self.authorityName = authorityName
        groups = HostGroups(baseDomain: baseDomain)
        authority = try LocalAuthority(directory: directory, name: authorityName, now: now)
        notices = authority.notices
    }

    /// All certificates as they have to be now, the default one first; makes those that are missing or due.
    ///
    /// - Parameters:
    ///   - hosts: every host that a service answers at.
    ///   - now: the time.
    /// - Returns: a certificate for the base domain, and more where hosts need them.
    /// - Throws: ``CertificateError``; the next call tries again.
    public mutating func refreshed(for hosts: [String], now: UnixTime) throws(CertificateError) -> [HostCertificate] {
        groups.update(hosts)
        // Read again, since its own life may be over.
        authority = try LocalAuthority(directory: directory, name: authorityName, now: now)
        defer { notices += authority.notices }
        var certificates: [HostCertificate] = []
        for (index, hosts) in groups.all.enumerated() {
            let name = index == 0 ? "base-domain" : "hosts-\(index)"
            let text = try authority.certificate(for: hosts, name: name, now: now)
            certificates.append(HostCertificate(hosts: hosts, text: text))
        }
        return certificates
    }

    /// Hands out the notices, each once.
    public mutating func takeNotices() -> [String] {
        defer { notices = [] }
        return notices
    }
}
