import PackageInventory
import PackageVersions

/// An ecosystem's name in an advisory: `Debian:12` is of the family `Debian` and the release `12`.
struct Ecosystem: Hashable {
    let family: String
    let release: String

    init(_ text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        family = halves.first.map(String.init) ?? ""
        release = halves.count == 2 ? String(halves[1]) : ""
    }

    /// Families whose packages are looked for; advisories about others are not kept.
    static let families: Set<String> = [
        "Debian", "Ubuntu", "Alpine", "Wolfi", "Chainguard", "Red Hat", "Rocky Linux", "AlmaLinux", "SUSE", "openSUSE",
        "Mageia", "Photon OS", "Azure Linux", "PyPI", "npm", "Go", "Maven",
    ]

    /// A name as it is looked up: PyPI's have one form for many spellings.
    ///
    /// Source: PEP 503, "Normalized Names".
    static func key(_ name: String, family: String) -> String {
        guard family == "PyPI" else { return name }
        let words = name.lowercased().split { $0 == "-" || $0 == "_" || $0 == "." }
        return words.joined(separator: "-")
    }
}

/// Under which names, and in which ecosystem, advisories about a package are to be found.
struct AdvisoryQuery: Hashable {
    let family: String
    let scheme: VersionScheme
    /// Names with the version each has.
    let subjects: [SourcePackage]
    /// Whether a release of the family is meant.
    let release: ReleaseRule

    /// The query for a package; nil when no advisories exist for its kind or distribution.
    init?(_ package: InstalledPackage, distribution: Distribution?) {
        let own = SourcePackage(name: package.name, version: package.version)
        let source = package.source ?? own
        switch package.kind {
        case .dpkg, .apk, .rpm:
            guard let distribution, let rule = ReleaseRule(distribution), rule.kind == package.kind else { return nil }
            family = rule.family
            scheme = rule.kind == .dpkg ? .dpkg : rule.kind == .apk ? .apk : .rpm
            release = rule
            // Debian, Ubuntu and Alpine speak of sources; others of either.
            let speaksOfSources = ["Debian", "Ubuntu", "Alpine"].contains(rule.family)
            subjects = speaksOfSources || own.name == source.name ? [source] : [own, source]
        case .python: (family, scheme, subjects, release) = ("PyPI", .python, [own], .any(.python, "PyPI"))
        case .npm: (family, scheme, subjects, release) = ("npm", .semantic, [own], .any(.npm, "npm"))
        case .go:
            let version = own.version.hasPrefix("v") ? String(own.version.dropFirst()) : own.version
            let subject = SourcePackage(name: own.name, version: version)
            (family, scheme, subjects, release) = ("Go", .semantic, [subject], .any(.go, "Go"))
        case .maven: (family, scheme, subjects, release) = ("Maven", .maven, [own], .any(.maven, "Maven"))
        }
    }
}

/// Which releases in advisories mean an image's distribution.
struct ReleaseRule: Hashable {
    let kind: PackageKind
    let family: String
    /// Any of these; the empty one stands for advisories about all releases.
    private let releases: Set<String>
    /// As above, for a part of what follows: `enterprise_linux:9` means `enterprise_linux:9::appstream`, too.
    private let beginnings: Set<String>

    private init(_ kind: PackageKind, _ family: String, _ releases: Set<String>, beginnings: Set<String> = []) {
        self.kind = kind
        self.family = family
        self.releases = releases
        self.beginnings = beginnings
    }

    /// For ecosystems without releases.
    static func any(_ kind: PackageKind, _ family: String) -> ReleaseRule { ReleaseRule(kind, family, [""]) }

    /// The rule for a distribution; nil when OSV's format has no name for it, or the image does not say its release.
    init?(_ distribution: Distribution) {
        let version = distribution.versionID ?? ""
        let parts = version.split(separator: ".").map(String.init)
        let major = parts.first ?? ""
        if distribution.id == "wolfi" || distribution.id == "chainguard" {
            self.init(.apk, distribution.id == "wolfi" ? "Wolfi" : "Chainguard", [""])
            return
        }
        guard !version.isEmpty else { return nil }
        switch distribution.id {
        case "debian": self.init(.dpkg, "Debian", ["", major])
        case "ubuntu": self.init(.dpkg, "Ubuntu", [version, "\(version):LTS"])
        case "alpine":
            guard parts.count >= 2 else { return nil }
            self.init(.apk, "Alpine", ["v\(major).\(parts[1])"])
        case "rhel": self.init(.rpm, "Red Hat", [], beginnings: ["enterprise_linux:\(major)"])
        case "rocky": self.init(.rpm, "Rocky Linux", ["", major])
        case "almalinux": self.init(.rpm, "AlmaLinux", ["", major])
        case "mageia": self.init(.rpm, "Mageia", [major])
        case "photon": self.init(.rpm, "Photon OS", [version])
        case "azurelinux": self.init(.rpm, "Azure Linux", [major])
        default:
            // SUSE's products are told apart by their whole names.
            guard let name = distribution.prettyName, let space = name.firstIndex(of: " ") else { return nil }
            let family = String(name[..<space])
            guard family == "SUSE" || family == "openSUSE" else { return nil }
            self.init(.rpm, family, [name, String(name[name.index(after: space)...])])
        }
    }

    /// Whether an advisory for that release is about the distribution.
    func includes(_ release: String) -> Bool {
        releases.contains(release) || beginnings.contains { release == $0 || release.hasPrefix("\($0):") }
    }
}
