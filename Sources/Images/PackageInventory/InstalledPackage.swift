public import OCI

/// Which kind of package something is: who installs it, and how it is named.
public enum PackageKind: String, Codable, CaseIterable, Sendable {
    /// A Debian package.
    case dpkg
    /// An Alpine package.
    case apk
    /// An RPM package.
    case rpm
    /// A Python package.
    case python
    /// An npm package.
    case npm
    /// A Go module, found in a program that was built with it.
    case go
    /// A Maven artifact.
    case maven

    /// Whether a distribution made it, and so mends it by its own versions.
    public var isOfDistribution: Bool {
        switch self {
        case .dpkg, .apk, .rpm: true
        case .python, .npm, .go, .maven: false
        }
    }
}

/// What a package was built from, where distributions tell the two apart.
public struct SourcePackage: Hashable, Codable, Sendable {
    /// The source's name.
    public var name: String
    /// The source's version.
    public var version: String

    /// Takes both.
    public init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}

/// A package that an image has.
public struct InstalledPackage: Hashable, Codable, Sendable {
    /// Which kind it is.
    public var kind: PackageKind
    /// Its name as its ecosystem writes it: `libssl3`, `@scope/name`, `org.example:artifact`, `example.org/module`.
    public var name: String
    /// Its version as its ecosystem writes it; of RPM packages `epoch:version-release`, without an epoch of 0.
    public var version: String
    /// The architecture, as the distribution calls it.
    public var architecture: String?
    /// What it was built from; nil outside of distributions.
    public var source: SourcePackage?
    /// The file that says so, from the image's root, without a leading `/`; inside of archives `outer.war!inner.jar`.
    public var path: String
    /// The blob of the layer that brought this version.
    public var layer: Digest

    /// Takes all values.
    public init(
        kind: PackageKind,
        name: String,
        version: String,
        architecture: String? = nil,
        source: SourcePackage? = nil,
        path: String,
        layer: Digest,
    ) {
        self.kind = kind
        self.name = name
        self.version = version
        self.architecture = architecture
        self.source = source
        self.path = path
        self.layer = layer
    }
}

/// What an image says it is made of.
public struct Distribution: Hashable, Codable, Sendable {
    /// `ID`: `debian`, `alpine`.
    public var id: String
    /// `VERSION_ID`: `12`, `3.20.3`; nil for what has no releases.
    public var versionID: String?
    /// `PRETTY_NAME`.
    public var prettyName: String?

    /// Takes all values.
    public init(id: String, versionID: String? = nil, prettyName: String? = nil) {
        self.id = id
        self.versionID = versionID
        self.prettyName = prettyName
    }
}

/// A file that would name packages and was not read.
public struct UnreadFile: Hashable, Codable, Sendable {
    /// Its path, as those of packages.
    public var path: String
    /// The blob of the layer that has it.
    public var layer: Digest
    /// Why.
    public var reason: String

    /// Takes all values.
    public init(path: String, layer: Digest, reason: String) {
        self.path = path
        self.layer = layer
        self.reason = reason
    }
}

/// Everything that was found in an image.
public struct ImageInventory: Hashable, Codable, Sendable {
    /// The distribution; nil when the image names none.
    public var distribution: Distribution?
    /// The packages, by kind, name, version and path.
    public var packages: [InstalledPackage]
    /// What could not be read, by path: packages may be missing because of it.
    public var unread: [UnreadFile]

    /// Takes all values.
    public init(distribution: Distribution? = nil, packages: [InstalledPackage] = [], unread: [UnreadFile] = []) {
        self.distribution = distribution
        self.packages = packages
        self.unread = unread
    }
}
