/// Reads dpkg's list of packages.
///
/// Source: Debian Policy 5, "Control files and their fields"; dpkg-query(1), "Package states".
enum DpkgDatabase {
    private static let fields: Set<String> = ["package", "status", "version", "architecture", "source"]

    /// The packages whose files are there, with `place` giving path and layer.
    ///
    /// A stanza without a status stands in a directory that holds installed packages only. Those that were removed and
    /// left their configuration are not installed.
    static func packages(in text: [UInt8], at place: Place) throws(PlaceError) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        for stanza in Stanzas.parse(text, fields: fields) {
            if let status = stanza["status"], isAbsent(status) { continue }
            guard let name = stanza["package"], let version = stanza["version"] else { continue }
            packages.append(
                try place.package(
                    .dpkg, name, version, architecture: stanza["architecture"],
                    source: source(stanza["source"], of: name, version)))
        }
        return packages
    }

    private static func isAbsent(_ status: String) -> Bool {
        let state = status.split(separator: " ").last
        return state == "config-files" || state == "not-installed" || state == nil
    }

    /// `NAME` or `NAME (VERSION)`; both are the package's own when nothing is said.
    private static func source(_ field: String?, of name: String, _ version: String) -> SourcePackage {
        guard let field else { return SourcePackage(name: name, version: version) }
        let parts = field.split(separator: " ", maxSplits: 1)
        let written = parts.count == 2 ? parts[1].drop { $0 == " " || $0 == "(" }.prefix { $0 != ")" && $0 != " " } : ""
        return SourcePackage(
            name: parts.first.map(String.init) ?? name, version: written.isEmpty ? version : String(written))
    }

    /// The paths of a list with an absolute path on each line, behind a checksum if `hasChecksums`.
    static func ownedPaths(in text: [UInt8], hasChecksums: Bool) -> [UInt8] {
        var paths: [UInt8] = []
        for line in Stanzas.lines(of: text) {
            let path = hasChecksums ? line.drop { $0 != 32 }.drop { $0 == 32 || $0 == 42 } : line
            paths += path.drop { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") && path.first == $0 }
            paths.append(UInt8(ascii: "\n"))
        }
        return paths
    }
}
