import Glibc
public import RunaboutLink
import RunaboutModel

/// Certificates for tests and benchmarks.
extension RouterCertificate {
    /// A self-signed certificate with a P-256 key, made by the `openssl` program; clients have to be told not to check it.
    ///
    /// Blocks for some milliseconds. Valid for ten days from now. Hosts are exact, or `*.example.org`.
    /// - Throws: `StandError` when there is no such program, or it fails.
    public static func selfSigned(for hosts: [String]) throws -> RouterCertificate {
        guard let first = hosts.first else { throw StandError("A certificate needs a host.") }
        let directory = try RouterStand.makeDirectory()
        defer {
            for name in ["key", "chain", "log"] { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        let names = hosts.map { "DNS:\($0)" }.joined(separator: ",")
        let program = try RouterProcess(
            program: "/usr/bin/openssl",
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10",
                "-subj", "/CN=\(first)", "-addext", "subjectAltName=\(names)", "-keyout", "\(directory)/key", "-out",
                "\(directory)/chain",
            ],
            variables: [:], descriptors: [], output: "\(directory)/log"
        ) { _ in }
        let status = try program.awaitEnd(within: .seconds(20))
        guard status == 0 else {
            throw StandError("openssl ended with status \(status): \(try ProcessFigures.text(of: directory + "/log"))")
        }
        return RouterCertificate(
            hosts: hosts, chain: try ProcessFigures.text(of: "\(directory)/chain"),
            key: SecretText(try ProcessFigures.text(of: "\(directory)/key")))
    }
}
