public import RunaboutModel

/// The first digit of an answer's status, or that there was no answer.
public enum ResponseClass: Int, Sendable, Codable, CaseIterable {
    /// The client left, or the connection was cut, before the head of an answer.
    case none = 0
    /// 1xx: the connection became a tunnel.
    case informational = 1
    /// 2xx.
    case successful = 2
    /// 3xx.
    case redirected = 3
    /// 4xx.
    case clientError = 4
    /// 5xx.
    case serverError = 5

    /// The class of a status; ``none`` for what is none.
    public init(status: Int) { self = ResponseClass(rawValue: status / 100) ?? .none }

    /// As metrics name it: `2xx`, or `none`.
    public var label: String { self == .none ? "none" : "\(rawValue)xx" }
}

/// How long requests took, as a histogram.
public struct LatencyTotals: Hashable, Sendable, Codable {
    /// Requests in each bucket of `Limits.latencyBucketSeconds`, its upper end included, and last those beyond all.
    ///
    /// Each request is counted in one of them. Empty when nothing was counted.
    public var counts: [Int64]
    /// The sum of all, in nanoseconds.
    public var sumNanoseconds: Int64

    /// Takes both values.
    public init(counts: [Int64] = [], sumNanoseconds: Int64 = 0) {
        self.counts = counts
        self.sumNanoseconds = sumNanoseconds
    }

    /// How many requests were counted.
    public var count: Int64 { counts.reduce(0, &+) }

    /// Adds what another counted.
    public static func += (left: inout Self, right: Self) {
        while left.counts.count < right.counts.count { left.counts.append(0) }
        for (index, count) in right.counts.enumerated() { left.counts[index] &+= count }
        left.sumNanoseconds &+= right.sumNanoseconds
    }
}

/// What the requests of one service were, beyond how they ended.
public struct TrafficTotals: Hashable, Sendable, Codable {
    /// Requests that have ended, by `ResponseClass.rawValue`; empty when there were none.
    public var responses: [Int64]
    /// Bytes of requests that came from clients, heads included.
    public var requestBytes: Int64
    /// Bytes of answers that went to clients, heads included.
    public var responseBytes: Int64
    /// From a request's acceptance to its end.
    public var duration: LatencyTotals
    /// From a request's acceptance until it was sent to an instance, or ended without that.
    public var queueWait: LatencyTotals

    /// Takes all values.
    public init(
        responses: [Int64] = [],
        requestBytes: Int64 = 0,
        responseBytes: Int64 = 0,
        duration: LatencyTotals = LatencyTotals(),
        queueWait: LatencyTotals = LatencyTotals(),
    ) {
        self.responses = responses
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.duration = duration
        self.queueWait = queueWait
    }

    /// Requests that ended with an answer of a class.
    public func count(of kind: ResponseClass) -> Int64 {
        kind.rawValue < responses.count ? responses[kind.rawValue] : 0
    }

    /// Adds what another counted.
    public static func += (left: inout Self, right: Self) {
        while left.responses.count < right.responses.count { left.responses.append(0) }
        for (index, count) in right.responses.enumerated() { left.responses[index] &+= count }
        left.requestBytes &+= right.requestBytes
        left.responseBytes &+= right.responseBytes
        left.duration += right.duration
        left.queueWait += right.queueWait
    }
}

extension LedgerTotals {
    /// Adds what another counted.
    public static func += (left: inout Self, right: Self) {
        left.accepted &+= right.accepted
        left.answered &+= right.answered
        left.clientGone &+= right.clientGone
        left.platformErrors.merge(right.platformErrors) { $0 &+ $1 }
    }
}

/// Everything that was counted of one service's requests.
public struct ServiceTraffic: Hashable, Sendable {
    /// How they ended.
    public var totals: LedgerTotals
    /// What they were.
    public var traffic: TrafficTotals

    /// Takes both values.
    public init(totals: LedgerTotals = LedgerTotals(), traffic: TrafficTotals = TrafficTotals()) {
        self.totals = totals
        self.traffic = traffic
    }

    /// Adds what another counted.
    public static func += (left: inout Self, right: Self) {
        left.totals += right.totals
        left.traffic += right.traffic
    }
}

/// What routers told of requests since the daemon started; no count ever goes down.
public struct PlatformTraffic: Hashable, Sendable {
    /// By service, of those that had any.
    public var services: [ServiceID: ServiceTraffic]
    /// Requests whose host names no service, or whose head could not be read.
    public var withoutService: ServiceTraffic
    /// How the router is that started last; nil when it never said so.
    public var router: RouterStatus?

    /// Takes all values.
    public init(
        services: [ServiceID: ServiceTraffic] = [:],
        withoutService: ServiceTraffic = ServiceTraffic(),
        router: RouterStatus? = nil,
    ) {
        self.services = services
        self.withoutService = withoutService
        self.router = router
    }
}
