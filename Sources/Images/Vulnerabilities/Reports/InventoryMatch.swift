public import OCI
public import PackageInventory

extension VulnerabilityDatabase {
    /// Holds an inventory against the advisories.
    ///
    /// - Throws: when the database's file is damaged.
    public func report(
        on inventory: ImageInventory, image: Digest, scannedAtSeconds: Int,
    ) throws -> ScanReport {
        var match = InventoryMatch(distribution: inventory.distribution)
        try read { reader in
            for package in inventory.packages { try match.judge(package, reader) }
        }
        return ScanReport(
            image: image,
            scannedAtSeconds: scannedAtSeconds,
            database: try description(),
            distribution: inventory.distribution,
            packageCount: inventory.packages.count,
            findings: match.findings,
            unread: inventory.unread,
            gaps: match.gaps.map { ScanGap(reason: $0.key, packageCount: $0.value) }.sorted { $0.reason < $1.reason },
        )
    }
}

/// Judges one package after the other.
private struct InventoryMatch {
    private let distribution: Distribution?
    private(set) var findings: [ScanFinding] = []
    private(set) var gaps: [String: Int] = [:]

    init(distribution: Distribution?) { self.distribution = distribution }

    mutating func judge(_ package: InstalledPackage, _ reader: AdvisoryReader) throws {
        guard let query = AdvisoryQuery(package, distribution: distribution) else {
            let name = distribution.map { $0.prettyName ?? "\($0.id) \($0.versionID ?? "without a release")" }
            let reason =
                "no advisories in OSV's format are known for \(package.kind.rawValue) packages of "
                + (name ?? "an image that names no distribution")
            gaps[reason, default: 0] += 1
            return
        }
        var found: [String: ScanFinding] = [:]
        for subject in query.subjects {
            for advisory in try reader.advisories(about: subject.name, family: query.family)
            where query.release.includes(advisory.body.release) {
                let versions = AffectedVersions(ranges: advisory.body.ranges, versions: advisory.body.versions)
                switch versions.judge(subject.version, scheme: query.scheme) {
                case .unaffected: break
                case .affected(let fixed): add(advisory, package, fixed, to: &found)
                case .undecided(let reason):
                    gaps["\(advisory.id) could not be judged for \(package.name): \(reason)", default: 0] += 1
                }
            }
        }
        findings += Self.merged(Array(found.values))
    }

    private func add(
        _ advisory: Advisory, _ package: InstalledPackage, _ fixed: [String], to found: inout [String: ScanFinding],
    ) {
        var finding =
            found[advisory.id]
            ?? ScanFinding(
                id: advisory.id, aliases: advisory.aliases, summary: advisory.summary, rating: advisory.body.rating,
                package: package)
        if advisory.body.rating.severity > finding.rating.severity { finding.rating = advisory.body.rating }
        finding.fixedVersions += fixed.filter { !finding.fixedVersions.contains($0) }
        found[advisory.id] = finding
    }

    /// Two databases may describe one vulnerability, each naming the other's advisory: that is one finding.
    ///
    /// Naming must be mutual: a distribution's advisory about several vulnerabilities names them all, and is none of
    /// them.
    private static func merged(_ findings: [ScanFinding]) -> [ScanFinding] {
        var merged: [ScanFinding] = []
        for finding in findings.sorted(by: { $0.id < $1.id }) {
            let same = merged.firstIndex { $0.aliases.contains(finding.id) && finding.aliases.contains($0.id) }
            guard let same else {
                merged.append(finding)
                continue
            }
            let fixed = finding.fixedVersions.filter { !merged[same].fixedVersions.contains($0) }
            merged[same].fixedVersions += fixed
            merged[same].aliases = Set(merged[same].aliases + finding.aliases).subtracting([merged[same].id]).sorted()
            if finding.rating.severity > merged[same].rating.severity { merged[same].rating = finding.rating }
        }
        return merged
    }
}
