/// Bounds of certificates.
extension Limits {
    // MARK: Certificates

    /// How long the local authority is good for: ten years.
    ///
    /// Our choice: as long as a machine may stand, since everybody who trusts it has to trust a new one by hand.
    public static let authorityLifetime = Duration.seconds(315_360_000)
    /// How long a certificate of the local authority is good for: 397 days.
    ///
    /// Renewed when two thirds of it are over.
    ///
    /// Source: CA/Browser Forum baseline requirements, 398 days at most, which browsers enforce.
    public static let leafCertificateLifetime = Duration.seconds(34_300_800)
    /// How long before it is made a certificate begins to be good, for clients whose clocks are behind.
    ///
    /// Our choice.
    public static let certificateBackdate = Duration.seconds(3_600)
    /// Hosts that one certificate names.
    ///
    /// Our choice: they make every handshake longer, 100 by some 2 KB.
    public static let certificateHostsMax = 100
    /// Bytes of a file with a certificate and its key.
    ///
    /// Our choice: 100 hosts of 253 bytes in base64 and some more.
    public static let certificateFileBytesMax = 65_536
    /// How often the daemon looks whether a certificate is due.
    ///
    /// Our choice: there are 130 days to do it.
    public static let certificateCheckInterval = Duration.seconds(3_600)
}
