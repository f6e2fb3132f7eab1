import PackageVersions

/// Whether a version is affected.
enum Judgement: Equatable {
    case unaffected
    /// Affected, with the versions that mend it, the next first; none when there is none yet.
    case affected(fixedIn: [String])
    /// A version can't be read by its ecosystem's rules.
    case undecided(String)
}

/// Judges versions against the versions and ranges of an advisory.
///
/// Source: OSV schema 1.7, "Evaluation".
struct AffectedVersions {
    let ranges: [VersionRange]
    let versions: [String]

    /// Judges one version; the first range that holds it decides, and listed versions count without one.
    func judge(_ version: String, scheme: VersionScheme) -> Judgement {
        guard let subject = PackageVersion(version, scheme: scheme) else {
            return versions.contains(version)
                ? .affected(fixedIn: []) : .undecided("'\(version)' is no version of its ecosystem")
        }
        var undecided: Judgement?
        var fixed: [String] = []
        var isAffected = versions.contains(version)
        for range in ranges where range.type != "GIT" {
            switch Self.judge(subject, range, scheme: range.type == "SEMVER" ? .semantic : scheme) {
            case .unaffected: break
            case .affected(let found):
                isAffected = true
                fixed += found.filter { !fixed.contains($0) }
            case .undecided(let reason): undecided = .undecided(reason)
            }
        }
        return isAffected ? .affected(fixedIn: fixed) : undecided ?? .unaffected
    }

    private enum Kind: Int {
        case introduced
        case fixed
        case lastAffected
    }

    /// Nil as a version is `0`, before all.
    private struct Step {
        let kind: Kind
        let version: PackageVersion?
        let text: String
    }

    private static func judge(_ subject: PackageVersion, _ range: VersionRange, scheme: VersionScheme) -> Judgement {
        var steps: [Step] = []
        var limits: [PackageVersion] = []
        for event in range.events {
            let (kind, text): (Kind?, String)
            if let introduced = event.introduced {
                (kind, text) = (.introduced, introduced)
            } else if let fixed = event.fixed {
                (kind, text) = (.fixed, fixed)
            } else if let last = event.lastAffected {
                (kind, text) = (.lastAffected, last)
            } else if let limit = event.limit, limit != "*" {
                (kind, text) = (nil, limit)
            } else {
                continue
            }
            let version = PackageVersion(text, scheme: scheme)
            guard version != nil || text == "0" else {
                return .undecided("'\(text)' of the advisory is no version of its ecosystem")
            }
            if let kind {
                steps.append(Step(kind: kind, version: text == "0" ? nil : version, text: text))
            } else if let version {
                limits.append(version)
            }
        }
        guard limits.isEmpty || limits.contains(where: { subject.order(to: $0) == .before }) else { return .unaffected }
        steps.sort { order($0.version, $1.version) == .before }
        var isAffected = false
        for step in steps {
            let order = step.version.flatMap { subject.order(to: $0) } ?? .after
            switch step.kind {
            case .introduced: if order != .before { isAffected = true }
            case .fixed: if order != .before { isAffected = false }
            case .lastAffected: if order == .after { isAffected = false }
            }
        }
        guard isAffected else { return .unaffected }
        let next = steps.first { step in
            step.kind == .fixed && step.version.flatMap { subject.order(to: $0) } == .before
        }
        return .affected(fixedIn: next.map { [$0.text] } ?? [])
    }

    private static func order(_ first: PackageVersion?, _ second: PackageVersion?) -> VersionOrder {
        switch (first, second) {
        case (nil, nil): .same
        case (nil, _): .before
        case (_, nil): .after
        case (let first?, let second?): first.order(to: second) ?? .same
        }
    }
}
