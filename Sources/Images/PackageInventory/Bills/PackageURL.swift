/// A package's name for everybody: `pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12`.
///
/// Source: package-url specification, and its type definitions.
enum PackageURL {
    static func text(_ package: InstalledPackage, distribution: Distribution?) -> String {
        let id = distribution?.id ?? ""
        var qualifiers: [(String, String)] = []
        if let architecture = package.architecture { qualifiers.append(("arch", architecture)) }
        if package.kind.isOfDistribution, let distribution {
            qualifiers.append(("distro", distribution.versionID.map { "\(id)-\($0)" } ?? id))
        }
        switch package.kind {
        case .dpkg:
            return make("deb", namespace: [id.isEmpty ? "debian" : id], package.name, package.version, qualifiers)
        case .apk:
            return make("apk", namespace: [id.isEmpty ? "alpine" : id], package.name, package.version, qualifiers)
        case .rpm:
            let halves = package.version.split(separator: ":", maxSplits: 1).map(String.init)
            if halves.count == 2 { qualifiers.append(("epoch", halves[0])) }
            return make("rpm", namespace: [id.isEmpty ? "redhat" : id], package.name, halves.last ?? "", qualifiers)
        case .python:
            let name = String(package.name.lowercased().map { $0 == "_" ? "-" : $0 })
            return make("pypi", namespace: [], name, package.version, [])
        case .npm:
            let parts = package.name.split(separator: "/").map(String.init)
            return make("npm", namespace: parts.dropLast(), parts.last ?? package.name, package.version, [])
        case .go:
            let parts = package.name.lowercased().split(separator: "/").map(String.init)
            return make("golang", namespace: parts.dropLast(), parts.last ?? package.name, package.version, [])
        case .maven:
            let halves = package.name.split(separator: ":", maxSplits: 1).map(String.init)
            return make("maven", namespace: halves.dropLast(), halves.last ?? package.name, package.version, [])
        }
    }

    private static func make(
        _ type: String, namespace: [String], _ name: String, _ version: String, _ qualifiers: [(String, String)],
    ) -> String {
        let path = (namespace + [name]).map(encoded).joined(separator: "/")
        let query = qualifiers.sorted { $0.0 < $1.0 }.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&")
        return "pkg:\(type)/\(path)@\(encoded(version))" + (query.isEmpty ? "" : "?\(query)")
    }

    /// Letters, digits and `.-_~:` as they are, all else in hexadecimal.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            if isPlain || ".-_~:".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}
