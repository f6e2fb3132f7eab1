public import RunaboutModel

/// What the operator decides for the router as a whole.
public struct RouterSettings: Hashable, Sendable, Codable {
    /// Peers whose `X-Forwarded-*` and `Forwarded` headers are believed; all others' are replaced.
    public let trustedProxies: [AddressBlock]
    /// Whether a request that came without TLS is answered with a redirect to `https`.
    public let redirectsToHTTPS: Bool
    /// The `max-age` of `Strict-Transport-Security` in answers over TLS, in seconds; nil sends none.
    public let strictTransportSecuritySeconds: Int?

    /// Takes values; the defaults are what a router does that has been told nothing.
    public init(
        trustedProxies: [AddressBlock] = [],
        redirectsToHTTPS: Bool = false,
        strictTransportSecuritySeconds: Int? = nil,
    ) {
        self.trustedProxies = trustedProxies
        self.redirectsToHTTPS = redirectsToHTTPS
        self.strictTransportSecuritySeconds = strictTransportSecuritySeconds
    }
}

/// A certificate that the router shows to clients, with its key.
public struct RouterCertificate: Hashable, Sendable, Codable {
    /// Hosts it is shown for, lower case: exact, or `*.example.org` for all one level below.
    public let hosts: [String]
    /// The certificate and those that lead to its issuer, in PEM, the leaf first.
    public let chain: String
    /// The leaf's private key in PEM.
    public let key: SecretText

    /// Takes all values.
    public init(hosts: [String], chain: String, key: SecretText) {
        self.hosts = hosts
        self.chain = chain
        self.key = key
    }
}
