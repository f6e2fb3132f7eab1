/// An advisory as OSV's format writes it: the part that is used.
///
/// Source: OSV schema 1.7, ossf.github.io/osv-schema.
struct OSVDocument: Decodable {
    struct Severity: Hashable, Decodable {
        let type: String
        let score: String
    }

    struct Package: Decodable {
        let ecosystem: String
        let name: String
    }

    struct Affected: Decodable {
        let package: Package?
        let ranges: [VersionRange]?
        let versions: [String]?
        let severity: [Severity]?
        let ecosystemSpecific: SeverityWords?
        let databaseSpecific: SeverityWords?

        enum CodingKeys: String, CodingKey {
            case package
            case ranges
            case versions
            case severity
            case ecosystemSpecific = "ecosystem_specific"
            case databaseSpecific = "database_specific"
        }
    }

    let id: String
    let modified: String
    let withdrawn: String?
    let aliases: [String]?
    let upstream: [String]?
    let summary: String?
    let details: String?
    let severity: [Severity]?
    let affected: [Affected]?
    let databaseSpecific: SeverityWords?

    enum CodingKeys: String, CodingKey {
        case id
        case modified
        case withdrawn
        case aliases
        case upstream
        case summary
        case details
        case severity
        case affected
        case databaseSpecific = "database_specific"
    }
}

/// Words about severity in a part of an advisory whose form each database sets for itself; other forms are no error.
struct SeverityWords: Decodable {
    let words: [String]

    private enum CodingKeys: String, CodingKey {
        case severity
        case urgency
    }

    init(from decoder: any Decoder) throws {
        // Whatever else a database puts here is its own business.
        guard let values = try? decoder.container(keyedBy: CodingKeys.self) else {
            words = []
            return
        }
        words = [CodingKeys.severity, .urgency].compactMap { key in
            // A severity that is no word is not a severity that is understood.
            try? values.decode(String.self, forKey: key)
        }
    }
}

/// Versions that are affected, between events.
public struct VersionRange: Hashable, Codable, Sendable {
    /// One event; of several values only the first counts.
    public struct Event: Hashable, Codable, Sendable {
        /// From this version on it is affected; `0` is before all versions.
        public var introduced: String?
        /// From this version on it is no longer.
        public var fixed: String?
        /// The last version that is.
        public var lastAffected: String?
        /// Versions from here on are not spoken of; `*` is behind all versions.
        public var limit: String?

        enum CodingKeys: String, CodingKey {
            case introduced
            case fixed
            case lastAffected = "last_affected"
            case limit
        }

        /// Takes what the event is.
        public init(
            introduced: String? = nil, fixed: String? = nil, lastAffected: String? = nil, limit: String? = nil,
        ) {
            self.introduced = introduced
            self.fixed = fixed
            self.lastAffected = lastAffected
            self.limit = limit
        }
    }

    /// `SEMVER`, `ECOSYSTEM` or `GIT`.
    public var type: String
    /// In any order.
    public var events: [Event]

    /// Takes both.
    public init(type: String, events: [Event]) {
        self.type = type
        self.events = events
    }
}
