/// What a tracked API request does.
///
/// Source: App Runner `OperationType`.
public enum OperationType: String, Sendable, Codable, CaseIterable {
    case createService
    case updateService
    case startDeployment
    case pauseService
    case resumeService
    case deleteService
}

/// How far an operation is.
///
/// Source: App Runner `OperationStatus`.
public enum OperationStatus: String, Sendable, Codable, CaseIterable {
    /// Written down, not begun.
    case pending
    /// Under way.
    case inProgress
    /// Ended as asked.
    case succeeded
    /// Ended without effect; its failure says why.
    case failed
    /// A deployment failed and the service stays on, or went back to, its earlier revision.
    case rollbackSucceeded

    /// Whether it will not change any more.
    public var isEnded: Bool { self == .succeeded || self == .failed || self == .rollbackSucceeded }
}

/// Why an operation failed, for people and programs.
public struct OperationFailure: Hashable, Sendable, Codable {
    /// What went wrong, as a name that stays the same.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The instance's process ended before it was healthy.
        case instanceExited
        /// The kernel killed the instance for going over its memory limit.
        case instanceOutOfMemory
        /// No probe passed before the start deadline.
        case healthCheckFailed
        /// The runtime could not make or start the container.
        case instanceCouldNotStart
        /// The machine has no room for another instance.
        case noCapacity
        /// The operation was overtaken by a later one.
        case superseded
        /// A fault of ours.
        case internalError
    }

    /// What went wrong.
    public let code: Code
    /// One or two sentences: what was attempted, on what, and what to do.
    public let message: String
    /// The instance's last log lines, oldest first, at most `Limits.failureLogLinesMax`.
    public let logLines: [String]
    /// How the instance ended, when it did.
    public let exit: InstanceExit?

    /// Takes all values.
    public init(code: Code, message: String, logLines: [String] = [], exit: InstanceExit? = nil) {
        self.code = code
        self.message = message
        self.logLines = logLines
        self.exit = exit
    }
}

/// A tracked API request that changes a service.
public struct Operation: Hashable, Sendable, Codable {
    /// Assigned by the control plane.
    public let id: OperationID
    /// The service it changes.
    public let service: ServiceID
    /// What it does.
    public let type: OperationType
    /// How far it is.
    public var status: OperationStatus
    /// Why it failed; nil unless it did.
    public var failure: OperationFailure?
    /// When it was asked for.
    public let startedAt: UnixTime
    /// When it ended; nil until then.
    public var endedAt: UnixTime?

    /// Takes all values.
    public init(
        id: OperationID,
        service: ServiceID,
        type: OperationType,
        status: OperationStatus,
        failure: OperationFailure? = nil,
        startedAt: UnixTime,
        endedAt: UnixTime? = nil,
    ) {
        self.id = id
        self.service = service
        self.type = type
        self.status = status
        self.failure = failure
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}
