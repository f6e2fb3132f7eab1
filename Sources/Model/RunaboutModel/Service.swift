/// What a service is doing, in App Runner's words.
///
/// Source: App Runner `ServiceStatus`.
public enum ServiceStatus: String, Sendable, Codable, CaseIterable {
    /// An operation is under way.
    ///
    /// Next: `running`, `paused`, `createFailed`, `deleted` or `deleteFailed`.
    case operationInProgress
    /// Deployed and answering, as far as its own code does.
    case running
    /// Stopped by its owner.
    ///
    /// Next: `operationInProgress` by resume or delete.
    case paused
    /// Its first deployment failed; it can be updated or deleted.
    case createFailed
    /// Its deletion failed; it can be deleted again.
    case deleteFailed
    /// Gone; kept for the record.
    case deleted
}

/// What its owner wants a service to be doing; instances follow.
public enum DesiredRunState: String, Sendable, Codable, CaseIterable {
    /// Serve.
    case running
    /// Hold no instances, keep the definition.
    case paused
    /// Hold no instances and be gone.
    case deleted
}

/// What the user owns: a name and URL, the revision it runs and how it scales.
public struct Service: Hashable, Sendable, Codable {
    /// Assigned by the control plane.
    public let id: ServiceID
    /// 4...40 letters, digits, `-` and `_`, first a letter or digit.
    ///
    /// Unique among services that are not deleted.
    public let name: String
    /// The host at which the front proxy answers for it, lower case.
    ///
    /// Unique among services that are not deleted.
    public let host: String
    /// What its owner wants.
    public var desired: DesiredRunState
    /// What it is doing.
    public var status: ServiceStatus
    /// Goes up by one with each change of what is desired; an effect of an older generation is refused.
    public var generation: Int64
    /// The revision that serves; nil until the first deployment has succeeded.
    public var activeRevision: RevisionID?
    /// The revision a running operation moves to; nil when none does.
    public var targetRevision: RevisionID?
    /// The configuration that scales it.
    public var autoScaling: AutoScalingConfigurationID
    /// When it was made.
    public let createdAt: UnixTime
    /// When it last changed.
    public var updatedAt: UnixTime
    /// When it was deleted; nil while it exists.
    public var deletedAt: UnixTime?

    /// Takes all values.
    public init(
        id: ServiceID,
        name: String,
        host: String,
        desired: DesiredRunState,
        status: ServiceStatus,
        generation: Int64,
        activeRevision: RevisionID?,
        targetRevision: RevisionID?,
        autoScaling: AutoScalingConfigurationID,
        createdAt: UnixTime,
        updatedAt: UnixTime,
        deletedAt: UnixTime?,
    ) {
        self.id = id
        self.name = name
        self.host = host
        self.desired = desired
        self.status = status
        self.generation = generation
        self.activeRevision = activeRevision
        self.targetRevision = targetRevision
        self.autoScaling = autoScaling
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.deletedAt = deletedAt
    }
}
