package import RunaboutLink

/// The certificates in force, as the control plane sent them.
///
/// A broken one never takes a good one's place: its hosts keep what they had.
package struct TLSCertificates: Sendable {
    /// What is in force; the first is the default.
    package private(set) var inForce: [RouterCertificate] = []

    /// Makes a set without certificates.
    package init() {}

    /// Takes what the control plane sent, all of it.
    ///
    /// - Parameters:
    ///   - sent: the new certificates, the default first.
    ///   - check: says whether one can be used.
    /// - Returns: those that can't.
    package mutating func replace(
        with sent: [RouterCertificate], check: (RouterCertificate) -> TLSCertificateProblem?,
    ) -> [TLSCertificateProblem] {
        var problems: [TLSCertificateProblem] = []
        var next: [RouterCertificate] = []
        for certificate in sent {
            // What is in force was good when it came.
            if !inForce.contains(certificate), let problem = check(certificate) {
                problems.append(problem)
                next += kept(for: certificate.hosts)
            } else {
                next.append(certificate)
            }
        }
        inForce = next
        return problems
    }

    /// What some hosts have now, for these hosts alone.
    private func kept(for hosts: [String]) -> [RouterCertificate] {
        inForce.compactMap { certificate in
            let shared = certificate.hosts.filter(hosts.contains)
            guard !shared.isEmpty else { return nil }
            return RouterCertificate(hosts: shared, chain: certificate.chain, key: certificate.key)
        }
    }
}

extension TLSServer {
    /// What is wrong with a certificate; nil when it can be used.
    package func problem(with certificate: RouterCertificate) -> TLSCertificateProblem? {
        do throws(TLSCertificateProblem) {
            try table([certificate]).free()
            return nil
        } catch {
            return error
        }
    }
}
