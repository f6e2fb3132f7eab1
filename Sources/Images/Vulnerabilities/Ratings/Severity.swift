/// How bad a vulnerability is.
///
/// Source: CVSS 3.1, "Qualitative Severity Rating Scale".
public enum Severity: String, Codable, CaseIterable, Comparable, Sendable {
    /// Nobody has rated it, or not in a way that is read.
    case unknown
    /// It does no harm; a score of 0.
    case none
    /// Scores of 0.1 to 3.9.
    case low
    /// Scores of 4.0 to 6.9.
    case medium
    /// Scores of 7.0 to 8.9.
    case high
    /// Scores of 9.0 to 10.0.
    case critical

    /// By rank; what nobody rated comes first.
    public static func < (first: Severity, second: Severity) -> Bool { first.rank < second.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Of a CVSS score; version 2 knows no critical ones, and its other names have the same bounds.
    init(score: Double, isVersion2: Bool = false) {
        switch score {
        case ..<0.05: self = .none
        case ..<3.95: self = .low
        case ..<6.95: self = .medium
        default: self = score < 8.95 || isVersion2 ? .high : .critical
        }
    }

    /// Of the words that distributions and databases use; nil for others.
    init?(word: String) {
        switch word.lowercased() {
        case "critical": self = .critical
        case "high", "important": self = .high
        case "medium", "moderate": self = .medium
        case "low", "negligible", "minor": self = .low
        case "none", "unimportant": self = .none
        default: return nil
        }
    }
}

/// A severity, and where it comes from.
public struct Rating: Hashable, Codable, Sendable {
    /// The severity.
    public var severity: Severity
    /// The base score, 0.0 to 10.0, when there is a vector that could be scored.
    public var score: Double?
    /// The vector or the word it comes from.
    public var source: String?

    /// Takes all values.
    public init(severity: Severity, score: Double? = nil, source: String? = nil) {
        self.severity = severity
        self.score = score
        self.source = source
    }

    /// The best of what an advisory says: a CVSS vector of version 3 before one of version 2, before a word.
    ///
    /// Vectors of version 4 are not scored; where there is nothing else, the vector is kept with an unknown severity.
    static func best(of ratings: [OSVDocument.Severity], words: [String]) -> Rating {
        for rating in ratings {
            guard let score = CVSS3.baseScore(rating.score) else { continue }
            return Rating(severity: Severity(score: score), score: score, source: rating.score)
        }
        for rating in ratings {
            guard let score = CVSS2.baseScore(rating.score) else { continue }
            return Rating(severity: Severity(score: score, isVersion2: true), score: score, source: rating.score)
        }
        for word in words + ratings.map(\.score) {
            if let severity = Severity(word: word) { return Rating(severity: severity, source: word) }
        }
        return Rating(severity: .unknown, source: ratings.first?.score)
    }
}
