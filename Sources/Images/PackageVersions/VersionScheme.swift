/// Whose rules order versions.
public enum VersionScheme: String, CaseIterable, Sendable {
    /// Debian and its like.
    case dpkg
    /// Alpine and its like.
    case apk
    /// Red Hat, SUSE and their like.
    case rpm
    /// Python packages.
    case python
    /// npm packages and Go modules.
    case semantic
    /// Maven artifacts.
    case maven

    /// How the first version stands to the second; nil when one of them is none by the scheme's rules.
    public func order(_ first: String, _ second: String) -> VersionOrder? {
        guard let first = PackageVersion(first, scheme: self), let second = PackageVersion(second, scheme: self) else {
            return nil
        }
        return first.order(to: second)
    }
}

/// A version together with the rules it was read by.
public enum PackageVersion: Sendable {
    /// A version of a Debian package.
    case dpkg(DebianVersion)
    /// A version of an Alpine package.
    case apk(AlpineVersion)
    /// A version of an RPM package.
    case rpm(RPMVersion)
    /// A version of a Python package.
    case python(PythonVersion)
    /// A semantic version.
    case semantic(SemanticVersion)
    /// A version of a Maven artifact.
    case maven(MavenVersion)

    /// Reads a version; nil when it is none by the scheme's rules.
    public init?(_ text: String, scheme: VersionScheme) {
        let version: PackageVersion? =
            switch scheme {
            case .dpkg: DebianVersion(text).map(Self.dpkg)
            case .apk: AlpineVersion(text).map(Self.apk)
            case .rpm: RPMVersion(text).map(Self.rpm)
            case .python: PythonVersion(text).map(Self.python)
            case .semantic: SemanticVersion(text).map(Self.semantic)
            case .maven: MavenVersion(text).map(Self.maven)
            }
        guard let version else { return nil }
        self = version
    }

    /// How this version stands to another; nil when the two are of different schemes.
    public func order(to other: PackageVersion) -> VersionOrder? {
        switch (self, other) {
        case (.dpkg(let first), .dpkg(let second)): first.order(to: second)
        case (.apk(let first), .apk(let second)): first.order(to: second)
        case (.rpm(let first), .rpm(let second)): first.order(to: second)
        case (.python(let first), .python(let second)): first.order(to: second)
        case (.semantic(let first), .semantic(let second)): first.order(to: second)
        case (.maven(let first), .maven(let second)): first.order(to: second)
        case (.dpkg, _), (.apk, _), (.rpm, _), (.python, _), (.semantic, _), (.maven, _): nil
        }
    }
}
