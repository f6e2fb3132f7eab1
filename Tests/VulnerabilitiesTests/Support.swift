import Foundation
import OCI
import OCIContentStore
import PackageInventory
import RunaboutTestSupport
import Vulnerabilities

let layer = ContentHasher.digest(of: [1])
let image = ContentHasher.digest(of: [2])
let debian = Distribution(id: "debian", versionID: "12", prettyName: "Debian GNU/Linux 12 (bookworm)")

/// An advisory of OSV's format about one package.
func advisory(
    _ id: String, _ ecosystem: String = "Debian:12", _ package: String = "curl",
    events: String = #"{"introduced": "0"}, {"fixed": "7.88.1-10+deb12u5"}"#, type: String = "ECOSYSTEM",
    affected: String = "", modified: String = "2026-01-01T00:00:00Z", more: String = "",
) -> String {
    """
    {"id": "\(id)", "modified": "\(modified)", "summary": "About \(id)"\(more.isEmpty ? "" : ", ")\(more), "affected": [
    {"package": {"ecosystem": "\(ecosystem)", "name": "\(package)"},
    "ranges": [{"type": "\(type)", "events": [\(events)]}]\(affected.isEmpty ? "" : ", ")\(affected)}]}
    """
}

/// The document on one line.
func line(_ document: String) -> String { document.split(separator: "\n").joined(separator: " ") }

func package(
    _ name: String = "curl", _ version: String = "7.88.1-10", kind: PackageKind = .dpkg, source: SourcePackage? = nil,
    path: String = "var/lib/dpkg/status",
) -> InstalledPackage {
    InstalledPackage(kind: kind, name: name, version: version, source: source, path: path, layer: layer)
}

/// Imports the advisories into a new database and holds the packages against it.
func report(
    _ advisories: [String], _ packages: [InstalledPackage], distribution: Distribution? = debian,
) async throws -> ScanReport {
    try await withDatabase(advisories) { database in
        try database.report(
            on: ImageInventory(distribution: distribution, packages: packages), image: image, scannedAtSeconds: 100)
    }
}

func withDatabase<Value>(
    _ advisories: [String], _ body: (VulnerabilityDatabase) throws -> Value,
) async throws -> Value {
    try await withTemporaryDirectory { directory in
        let source = directory.appending(path: "advisories.jsonl")
        try (advisories.map(line).joined(separator: "\n") + "\n").write(to: source, atomically: true, encoding: .utf8)
        let path = directory.appending(path: "vulnerabilities.sqlite").path
        _ = try DatabaseImport(into: path).run(from: source.path, nowSeconds: 50)
        return try body(try VulnerabilityDatabase(path: path))
    }
}
