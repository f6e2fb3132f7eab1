/// Something that happened, for the audit trail and for watchers.
public struct Event: Hashable, Sendable, Codable {
    /// Counted up by one with each event; watchers resume from it.
    public let sequence: Int64
    /// When it happened.
    public let at: UnixTime
    /// Who did it: `token:NAME`, `local:root`, `system`.
    public let principal: String
    /// What happened, as `noun.verb`: `service.created`, `instance.exited`.
    public let kind: String
    /// The service it concerns, where it concerns one.
    public let service: ServiceID?
    /// The instance it concerns, where it concerns one.
    public let instance: InstanceID?
    /// The operation it belongs to, where it does.
    public let operation: OperationID?
    /// One sentence for people.
    public let message: String

    /// Takes all values.
    public init(
        sequence: Int64,
        at: UnixTime,
        principal: String,
        kind: String,
        service: ServiceID?,
        instance: InstanceID?,
        operation: OperationID?,
        message: String,
    ) {
        self.sequence = sequence
        self.at = at
        self.principal = principal
        self.kind = kind
        self.service = service
        self.instance = instance
        self.operation = operation
        self.message = message
    }
}
