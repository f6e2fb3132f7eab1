import PackageInventory

/// Which images may be deployed, by what a scan found in them.
public struct DeploymentPolicy: Hashable, Codable, Sendable {
    /// The worst severity that may be deployed: `medium` refuses high and critical.
    public var highestAllowed: Severity
    /// Whether findings without a version that mends them are no reason to refuse.
    public var ignoresUnfixed: Bool
    /// Whether a finding that nobody has rated is a reason to refuse.
    public var refusesUnknown: Bool
    /// Whether a file that could not be read is a reason to refuse.
    public var refusesUnread: Bool

    /// Takes all values.
    public init(
        highestAllowed: Severity, ignoresUnfixed: Bool = false, refusesUnknown: Bool = false,
        refusesUnread: Bool = false,
    ) {
        self.highestAllowed = highestAllowed
        self.ignoresUnfixed = ignoresUnfixed
        self.refusesUnknown = refusesUnknown
        self.refusesUnread = refusesUnread
    }
}

/// Whether an image may be deployed.
public enum DeploymentDecision: Hashable, Sendable {
    /// Nothing speaks against it.
    case allowed
    /// These speak against it.
    case refused([ScanFinding], unread: Int)

    /// A sentence for people, with what to do; nil when it is allowed.
    public var reason: String? {
        guard case .refused(let findings, let unread) = self else { return nil }
        var parts: [String] = []
        if let worst = findings.first {
            let count = findings.count == 1 ? "1 vulnerability is" : "\(findings.count) vulnerabilities are"
            let package = "\(worst.package.name) \(worst.package.version)"
            let name = "\(worst.id) (\(worst.rating.severity.rawValue)) in \(package)"
            let fix = worst.fixedVersions.first.map { "fixed in \($0)" } ?? "not fixed yet"
            parts.append("\(count) worse than allowed, the worst \(name), \(fix)")
        }
        if unread > 0 { parts.append("\(unread) files that may name packages could not be read") }
        return "the image may not be deployed: " + parts.joined(separator: "; ")
    }
}

extension DeploymentPolicy {
    /// Decides about a scanned image.
    public func decide(on report: ScanReport) -> DeploymentDecision {
        let objections = report.findings.filter { finding in
            if ignoresUnfixed, finding.fixedVersions.isEmpty { return false }
            let severity = finding.rating.severity
            return severity == .unknown ? refusesUnknown : severity > highestAllowed
        }
        let unread = refusesUnread ? report.unread.count : 0
        return objections.isEmpty && unread == 0 ? .allowed : .refused(objections, unread: unread)
    }
}
