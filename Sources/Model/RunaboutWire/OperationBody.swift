public import RunaboutModel

/// A tracked API request that changes a service.
public struct OperationBody: Hashable, Sendable, Codable {
    /// Unique; 32 hexadecimal digits.
    public let id: OperationID
    /// The service it changes.
    public let service: ServiceID
    /// What it does.
    public let type: OperationType
    /// How far it is.
    public let status: OperationStatus
    /// Why it failed; absent unless it did.
    public let failure: OperationFailureBody?
    /// When it was asked for.
    public let startedAt: Timestamp
    /// When it ended; absent until then.
    public let endedAt: Timestamp?

    /// Takes the model's values.
    public init(_ operation: Operation) {
        self.id = operation.id
        self.service = operation.service
        self.type = operation.type
        self.status = operation.status
        self.failure = operation.failure.map { OperationFailureBody($0) }
        self.startedAt = Timestamp(operation.startedAt)
        self.endedAt = operation.endedAt.map { Timestamp($0) }
    }
}

/// Why an operation failed.
public struct OperationFailureBody: Hashable, Sendable, Codable {
    /// What went wrong, as a name that stays the same.
    public let code: OperationFailure.Code
    /// What was attempted, on what, and what to do.
    public let message: String
    /// The instance's last log lines, oldest first.
    public let logLines: [String]
    /// How the instance ended, when it did.
    public let exit: InstanceExitBody?

    /// Takes the model's values.
    public init(_ failure: OperationFailure) {
        self.code = failure.code
        self.message = failure.message
        self.logLines = failure.logLines
        self.exit = failure.exit.map { InstanceExitBody($0) }
    }
}

/// Something that happened.
public struct EventBody: Hashable, Sendable, Codable {
    /// Counted up by one with each event; also the id of the server-sent event.
    public let sequence: Int64
    /// When it happened.
    public let at: Timestamp
    /// Who did it: `token:NAME`, `local:root`, `system`.
    public let principal: String
    /// What happened, as `noun.verb`; also the name of the server-sent event.
    public let kind: String
    /// The service it concerns.
    public let service: ServiceID?
    /// The instance it concerns.
    public let instance: InstanceID?
    /// The operation it belongs to.
    public let operation: OperationID?
    /// One sentence for people.
    public let message: String

    /// Takes the model's values.
    public init(_ event: Event) {
        self.sequence = event.sequence
        self.at = Timestamp(event.at)
        self.principal = event.principal
        self.kind = event.kind
        self.service = event.service
        self.instance = event.instance
        self.operation = event.operation
        self.message = event.message
    }
}

/// One page of a list.
public struct PageBody<Item: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
    /// What is on it.
    public let items: [Item]
    /// Given back as `pageToken` to get the next page; absent on the last.
    public let nextToken: String?

    /// Takes both values.
    public init(items: [Item], nextToken: String? = nil) {
        self.items = items
        self.nextToken = nextToken
    }
}

/// How the platform's parts are.
public struct HealthBody: Hashable, Sendable, Codable {
    /// Whether a router is connected.
    public let isRouterConnected: Bool
    /// `oci` or `process`.
    public let runtime: String
    /// What isolation instances lack, a sentence each.
    public let missingIsolation: [String]
    /// What an operator should know, a sentence each.
    public let notices: [String]
    /// The daemon's version.
    public let version: String

    /// Takes all values.
    public init(
        isRouterConnected: Bool, runtime: String, missingIsolation: [String], notices: [String], version: String,
    ) {
        self.isRouterConnected = isRouterConnected
        self.runtime = runtime
        self.missingIsolation = missingIsolation
        self.notices = notices
        self.version = version
    }
}

/// The platform's own certificate authority, for those who want to trust it.
public struct CertificateAuthorityBody: Hashable, Sendable, Codable {
    /// Its certificate in PEM.
    public let certificate: String

    /// Takes the certificate.
    public init(certificate: String) { self.certificate = certificate }
}

/// The short answer of `/healthz` and `/readyz`.
public struct StatusBody: Hashable, Sendable, Codable {
    /// `ok` or `unready`.
    public let status: String

    /// Takes the word.
    public init(status: String) { self.status = status }
}
