import Glibc
public import RunaboutModel

/// The platform's own certificate authority: a root that is made once, and certificates that it issues for hosts.
///
/// Kept in a directory of its own: `authority.pem` and a file for each certificate, each with its key. Whoever trusts the
/// root gets HTTPS for every service.
public struct LocalAuthority: Sendable {
    private let directory: String
    private let root: CertificateText
    private let rootEnd: Int64
    /// What was set aside and an operator should know, a sentence each.
    public private(set) var notices: [String] = []

    /// The root's certificate in PEM, without its key, for those who want to trust it.
    public var rootCertificate: String { root.certificate }

    /// Reads the root, or makes one.
    ///
    /// One that can't be read, or whose life is over, is set aside and another is made.
    /// - Parameters:
    ///   - directory: where certificates are kept; made when missing.
    ///   - name: what the root calls itself when it is made: shown where people trust it.
    ///   - now: for the root's life.
    /// - Throws: ``CertificateError`` when the directory can't be used.
    public init(directory: String, name: String, now: UnixTime) throws(CertificateError) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw CertificateError(
                "The directory \(directory) can't be made: \(String(cString: strerror(errno))).")
        }
        self.directory = directory
        let file = CertificateFile(path: directory + "/authority.pem")
        switch try file.read(now: now) {
        case .found(let text):
            if let facts = text.facts, facts.isAuthority, facts.life.contains(now) {
                root = text
                rootEnd = facts.life.notAfter
                return
            }
            let path = try file.setAside(now: now)
            notices.append(
                "The certificate authority is no longer valid and was set aside as \(path); a new one was made.")
        case .setAside(let path):
            notices.append(
                "The certificate authority could not be read and was set aside as \(path); a new one was made.")
        case .missing: break
        }
        let life = CertificateLife(at: now, for: Limits.authorityLifetime)
        root = try CertificateText.authority(named: name, life: life)
        rootEnd = life.notAfter
        try file.write(root)
    }

    /// A certificate for hosts: the one that is kept, or a new one when there is none, it is for other hosts, or two
    /// thirds of its life are over.
    ///
    /// - Parameters:
    ///   - hosts: at least one.
    ///   - name: of its file, without its ending; the same for a later certificate that takes its place.
    ///   - now: for its life.
    /// - Returns: the certificate and its key.
    /// - Throws: ``CertificateError``.
    public mutating func certificate(
        for hosts: [String], name: String, now: UnixTime,
    ) throws(CertificateError) -> CertificateText {
        let file = CertificateFile(path: "\(directory)/\(name).pem")
        switch try file.read(now: now) {
        case .found(let text):
            if let life = text.facts?.life, !life.isDue(at: now), text.isIssued(by: root, for: hosts) {
                return text
            }
        case .setAside(let path):
            notices.append("A certificate could not be read and was set aside as \(path); a new one was made.")
        case .missing: break
        }
        let life = CertificateLife(at: now, for: Limits.leafCertificateLifetime, endingBy: rootEnd)
        let text = try CertificateText.leaf(of: root, for: hosts, life: life)
        try file.write(text)
        return text
    }
}
