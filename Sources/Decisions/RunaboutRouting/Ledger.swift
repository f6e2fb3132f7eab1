public import RunaboutModel

/// Why the platform, and not the service, ended a request.
public enum PlatformErrorCode: String, Sendable, Codable, CaseIterable {
    /// The queue was full. 429.
    case queueFull
    /// It waited for an instance as long as allowed. 429.
    case queueTimeout
    /// The service is paused. 503.
    case servicePaused
    /// Instances can't be started. 503.
    case serviceFailing
    /// No service answers at this host. 404.
    case noSuchHost
    /// The request was ambiguous or malformed. 400.
    case badRequest
    /// The request went over a limit on its head. 431, 414.
    case requestTooLarge
    /// The client took too long to send its head or body. 408.
    case clientTooSlow
    /// No connection to the instance could be made. 502.
    case instanceUnreachable
    /// The instance closed or reset the connection before its answer had ended. 502, or a cut connection.
    case instanceClosed
    /// The instance's answer was malformed. 502.
    case instanceMalformed
    /// The request took longer than the service allows. 504.
    case requestTimeout
    /// The router ended while the request ran.
    case routerStopped
}

/// How an accepted request ended.
///
/// Every accepted request ends in exactly one of these.
public enum RequestOutcome: Hashable, Sendable, Codable {
    /// The service's answer was sent to its end, with this status.
    case answered(status: Int)
    /// The client left first.
    case clientGone
    /// The platform ended it.
    case platformError(PlatformErrorCode)
}

/// What became of one request.
///
/// Sent for every request that was not answered by the service; answered ones are counted.
public struct LedgerEntry: Hashable, Sendable, Codable {
    /// When it ended.
    public let at: UnixTime
    /// The service, where the host named one.
    public let service: ServiceID?
    /// The instance it was sent to, if it was.
    public let instance: InstanceID?
    /// Its `X-Request-Id`.
    public let requestID: String
    /// How it ended.
    public let outcome: RequestOutcome
    /// Milliseconds it waited for an instance.
    public let queueMilliseconds: Int64
    /// Milliseconds from its acceptance to its end.
    public let totalMilliseconds: Int64

    /// Takes all values.
    public init(
        at: UnixTime,
        service: ServiceID?,
        instance: InstanceID?,
        requestID: String,
        outcome: RequestOutcome,
        queueMilliseconds: Int64,
        totalMilliseconds: Int64,
    ) {
        self.at = at
        self.service = service
        self.instance = instance
        self.requestID = requestID
        self.outcome = outcome
        self.queueMilliseconds = queueMilliseconds
        self.totalMilliseconds = totalMilliseconds
    }
}

/// How a service's requests ended since the router started; `accepted` is the sum of the rest and of those that run.
public struct LedgerTotals: Hashable, Sendable, Codable {
    /// Requests that were accepted.
    public var accepted: Int64
    /// Ended by the service's answer.
    public var answered: Int64
    /// Ended by the client's leaving.
    public var clientGone: Int64
    /// Ended by the platform, by `PlatformErrorCode.rawValue`.
    public var platformErrors: [String: Int64]

    /// Takes all values.
    public init(
        accepted: Int64 = 0, answered: Int64 = 0, clientGone: Int64 = 0, platformErrors: [String: Int64] = [:],
    ) {
        self.accepted = accepted
        self.answered = answered
        self.clientGone = clientGone
        self.platformErrors = platformErrors
    }
}

/// A request that had to wait for an instance to start or thaw, once its first answer byte has come.
public struct WakeReport: Hashable, Sendable, Codable {
    /// When its first answer byte came.
    public let at: UnixTime
    /// Its service.
    public let service: ServiceID
    /// The instance that answered.
    public let instance: InstanceID
    /// Milliseconds in the queue.
    public let queueMilliseconds: Int64
    /// Milliseconds from being sent to the instance to the first answer byte.
    public let firstByteMilliseconds: Int64

    /// Takes all values.
    public init(
        at: UnixTime,
        service: ServiceID,
        instance: InstanceID,
        queueMilliseconds: Int64,
        firstByteMilliseconds: Int64,
    ) {
        self.at = at
        self.service = service
        self.instance = instance
        self.queueMilliseconds = queueMilliseconds
        self.firstByteMilliseconds = firstByteMilliseconds
    }
}
