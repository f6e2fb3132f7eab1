import FoundationEssentials
public import OCI
public import PackageInventory

/// A package of an image that an advisory is about.
public struct ScanFinding: Hashable, Codable, Sendable {
    /// The advisory's id.
    public var id: String
    /// Other ids of the same vulnerability, such as its CVE.
    public var aliases: [String]
    /// One line about it.
    public var summary: String
    /// How bad it is.
    public var rating: Rating
    /// The package as it was found.
    public var package: InstalledPackage
    /// Versions that mend it; empty when there is none.
    public var fixedVersions: [String]

    /// Takes all values.
    public init(
        id: String,
        aliases: [String] = [],
        summary: String = "",
        rating: Rating,
        package: InstalledPackage,
        fixedVersions: [String] = [],
    ) {
        self.id = id
        self.aliases = aliases
        self.summary = summary
        self.rating = rating
        self.package = package
        self.fixedVersions = fixedVersions
    }
}

/// Packages about which nothing could be said, and why.
public struct ScanGap: Hashable, Codable, Sendable {
    /// Why.
    public var reason: String
    /// How many packages it is about.
    public var packageCount: Int

    /// Takes both.
    public init(reason: String, packageCount: Int) {
        self.reason = reason
        self.packageCount = packageCount
    }
}

/// What a scan of an image found.
public struct ScanReport: Hashable, Codable, Sendable {
    /// The image's manifest.
    public var image: Digest
    /// When it was scanned, in seconds since 1970.
    public var scannedAtSeconds: Int
    /// What it was held against.
    public var database: DatabaseDescription
    /// The image's distribution; nil when it names none.
    public var distribution: Distribution?
    /// How many packages it has.
    public var packageCount: Int
    /// What was found: the worst first, then by package and id.
    public var findings: [ScanFinding]
    /// Files that were not read, so that packages may be missing.
    public var unread: [UnreadFile]
    /// Packages that were not judged.
    public var gaps: [ScanGap]

    /// Takes all values and puts findings into their order.
    public init(
        image: Digest,
        scannedAtSeconds: Int,
        database: DatabaseDescription,
        distribution: Distribution?,
        packageCount: Int,
        findings: [ScanFinding],
        unread: [UnreadFile] = [],
        gaps: [ScanGap] = [],
    ) {
        self.image = image
        self.scannedAtSeconds = scannedAtSeconds
        self.database = database
        self.distribution = distribution
        self.packageCount = packageCount
        self.findings = findings.sorted(by: Self.isBefore)
        self.unread = unread
        self.gaps = gaps
    }

    /// How many findings there are of each severity; severities without any are left out.
    public var counts: [Severity: Int] {
        Dictionary(grouping: findings, by: \.rating.severity).mapValues(\.count)
    }

    /// The report as a JSON document, the same bytes for the same report.
    ///
    /// - Throws: never, but for encoding errors of Foundation.
    public func json() throws -> [UInt8] { try ReportEncoding.json(self) }

    private static func isBefore(_ first: ScanFinding, _ second: ScanFinding) -> Bool {
        if first.rating.severity != second.rating.severity { return first.rating.severity > second.rating.severity }
        let (left, right) = (first.package, second.package)
        let keys = [(first, left), (second, right)].map { finding, package in
            [
                package.name, package.kind.rawValue, package.version, package.path, package.architecture ?? "",
                finding.id,
            ]
        }
        return keys[0].lexicographicallyPrecedes(keys[1])
    }
}

/// How documents are written: keys in order, so that the same values give the same bytes.
enum ReportEncoding {
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
