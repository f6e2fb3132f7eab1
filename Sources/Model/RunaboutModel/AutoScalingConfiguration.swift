/// How many requests one instance takes, and between which sizes a service may scale.
///
/// Immutable: giving new values under the same name makes the next revision.
/// Source: App Runner `CreateAutoScalingConfiguration`.
public struct AutoScalingConfiguration: Hashable, Sendable, Codable {
    /// Assigned by the control plane; unique per revision of a configuration.
    public let id: AutoScalingConfigurationID
    /// 4...32 letters, digits, `-` and `_`.
    ///
    /// `DefaultConfiguration` exists from the first start.
    public let name: String
    /// 1 for the first set of values under the name, then counted up.
    public let revision: Int
    /// Requests in flight at one instance, 1...200; 100 when the user gives none.
    ///
    /// Never exceeded.
    public let maxConcurrency: Int
    /// Instances kept even without requests, 0...25; 1 when the user gives none.
    ///
    /// 0 scales to zero.
    public let minSize: Int
    /// Instances at the most, at least `max(minSize, 1)`; 25 when the user gives none.
    public let maxSize: Int
    /// How far back the greatest want holds the number of instances up; 60 s when the user gives none, 1...3600 s.
    public let stabilizationSeconds: Int
    /// When this revision was made.
    public let createdAt: UnixTime

    /// Takes values that were validated before.
    public init(
        id: AutoScalingConfigurationID,
        name: String,
        revision: Int,
        maxConcurrency: Int,
        minSize: Int,
        maxSize: Int,
        stabilizationSeconds: Int = 60,
        createdAt: UnixTime,
    ) {
        self.id = id
        self.name = name
        self.revision = revision
        self.maxConcurrency = maxConcurrency
        self.minSize = minSize
        self.maxSize = maxSize
        self.stabilizationSeconds = stabilizationSeconds
        self.createdAt = createdAt
    }

    /// The name of the configuration that services get when they name none.
    public static let defaultName = "DefaultConfiguration"

    /// The first revision of the configuration that services get when they name none; it exists from the first start.
    ///
    /// Source: App Runner's default: 100, 1, 25, under an id of 31 zeros and a one.
    public static func first(createdAt: UnixTime) -> AutoScalingConfiguration {
        AutoScalingConfiguration(
            id: AutoScalingConfigurationID(high: 0, low: 1), name: defaultName, revision: 1, maxConcurrency: 100,
            minSize: 1, maxSize: 25, createdAt: createdAt)
    }
}
