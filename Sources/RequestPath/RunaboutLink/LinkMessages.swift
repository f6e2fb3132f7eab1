public import RunaboutModel
public import RunaboutRouting

/// The version of the messages below; both sides say theirs first and part when they differ.
public let linkVersion = 2

/// What the control plane tells the router.
public enum ControlMessage: Hashable, Sendable, Codable {
    /// First message: the control plane's link version.
    case hello(version: Int)
    /// What the operator decided: after the hello and before the table, and whenever it changes.
    case settings(RouterSettings)
    /// All certificates; those the router had before are gone. At the same times as the settings.
    case certificates([RouterCertificate])
    /// The whole route table. Services that are not in it are gone; those that are replace what the router had.
    ///
    /// Sent once the control plane has planned every service, never before: until then the router keeps its table.
    case snapshot([ServiceRoute])
    /// One service's route, new or changed. Refused when its generation is not above the one the router has.
    case publish(ServiceRoute)
    /// A service is gone. Refused when the router has a route of a higher generation.
    case withdraw(ServiceID, generation: Int64)
}

/// What the router tells the control plane.
public enum RouterMessage: Hashable, Sendable, Codable {
    /// First message of a connection.
    case hello(RouterHello)
    /// What services have to do now. At once for a service whose queue became non-empty (after
    /// `Limits.demandSettle` when an instance is serving), else at most once per `Limits.demandReportInterval` and only
    /// for services where something changed. After a hello or a snapshot: every service that is in the table.
    case demand([ServiceDemand])
    /// An instance that is draining under this generation of the route has no request left. Said once for each
    /// generation that lists it as draining.
    case drained(DrainedReport)
    /// Requests that the platform or the client ended, at most once per `Limits.demandReportInterval`, with what was
    /// dropped from the report because there were too many.
    case ledger(LedgerReport)
    /// A request that had to wait was answered.
    case wake(WakeReport)
    /// How the router itself is, with the ledger when it changed, and after a hello.
    case status(RouterStatus)
}

/// Who the router is and what it has.
public struct RouterHello: Hashable, Sendable, Codable {
    /// Its link version.
    public let version: Int
    /// Its process id.
    public let processID: Int32
    /// When it started.
    ///
    /// Counts are since then.
    public let startedAt: UnixTime
    /// The generation it has of each service's route.
    public let generations: [ServiceGeneration]

    /// Takes all values.
    public init(version: Int, processID: Int32, startedAt: UnixTime, generations: [ServiceGeneration]) {
        self.version = version
        self.processID = processID
        self.startedAt = startedAt
        self.generations = generations
    }
}

/// Which generation of a service's route the router has.
public struct ServiceGeneration: Hashable, Sendable, Codable {
    /// Which service.
    public let service: ServiceID
    /// Its route's generation.
    public let generation: Int64

    /// Takes both values.
    public init(service: ServiceID, generation: Int64) {
        self.service = service
        self.generation = generation
    }
}

/// An instance without requests that gets no new ones.
public struct DrainedReport: Hashable, Sendable, Codable {
    /// Its service.
    public let service: ServiceID
    /// Which instance.
    public let instance: InstanceID
    /// The generation of the route that lists it as draining.
    public let generation: Int64

    /// Takes all values.
    public init(service: ServiceID, instance: InstanceID, generation: Int64) {
        self.service = service
        self.instance = instance
        self.generation = generation
    }
}

/// How requests ended since the last report.
public struct LedgerReport: Hashable, Sendable, Codable {
    /// One for each request that the service did not answer, oldest first; at most `Limits.ledgerEntriesPerReportMax`.
    public let entries: [LedgerEntry]
    /// How many more there were.
    public let dropped: Int64
    /// Totals since the router started, of the services where they changed; in the first report of a connection, of all
    /// that have any.
    public let totals: [ServiceTotals]
    /// Whose totals they are.
    public let run: RouterRun

    /// Takes all values.
    public init(entries: [LedgerEntry], dropped: Int64, totals: [ServiceTotals], run: RouterRun) {
        self.entries = entries
        self.dropped = dropped
        self.totals = totals
        self.run = run
    }
}

/// How the requests of one service ended since the router started.
public struct ServiceTotals: Hashable, Sendable, Codable {
    /// Which service; nil for requests whose host names none.
    public let service: ServiceID?
    /// How they ended.
    public var totals: LedgerTotals
    /// What they were.
    public var traffic: TrafficTotals

    /// Takes all values.
    public init(service: ServiceID?, totals: LedgerTotals, traffic: TrafficTotals = TrafficTotals()) {
        self.service = service
        self.totals = totals
        self.traffic = traffic
    }
}
