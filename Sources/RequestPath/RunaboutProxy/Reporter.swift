import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// Counts how requests end and tells the control plane what services have to do: at once on the edge, else now and then,
/// and nothing when nothing changes.
final class Reporter {
    private let say: (RouterMessage, UInt64) -> Void
    private let run: RouterRun
    private let wallClock: () -> UnixTime
    private var connection: UInt64?
    private var dirty: [ServiceEntry] = []
    private var entries: [LedgerEntry] = []
    private var dropped: Int64 = 0
    private var withoutService = LedgerTotals()
    private var hasNewTotalsWithoutService = false
    private var edges: [ServiceEntry] = []
    private var edgeAt: MonotonicTime?
    private var reportAt: MonotonicTime?
    private var lastReportAt = MonotonicTime.zero
    private var lastEdgeAt = MonotonicTime.zero
    private var wakesLeft = Limits.wakeReportsPerIntervalMax

    init(say: @escaping (RouterMessage, UInt64) -> Void, run: RouterRun, wallClock: @escaping () -> UnixTime) {
        self.say = say
        self.run = run
        self.wallClock = wallClock
    }

    /// A connection to the control plane stands, or is gone.
    func setConnection(_ connection: UInt64?) { self.connection = connection }

    /// Says something that can't wait.
    func tell(_ message: RouterMessage) {
        if let connection { say(message, connection) }
    }

    func countAccepted(_ service: ServiceEntry?, now: MonotonicTime) {
        guard let service else {
            withoutService.accepted += 1
            hasNewTotalsWithoutService = true
            scheduleReport(now)
            return
        }
        service.totals.accepted += 1
        service.hasNewTotals = true
        touch(service, now)
    }

    /// Enters the end of a request.
    func record(_ exchange: Exchange, instance: InstanceID?, outcome: RequestOutcome, now: MonotonicTime) {
        if let service = exchange.service {
            Self.count(outcome, in: &service.totals)
            service.hasNewTotals = true
            touch(service, now)
        } else {
            Self.count(outcome, in: &withoutService)
            hasNewTotalsWithoutService = true
            scheduleReport(now)
        }
        if case .answered = outcome { return }
        append(
            LedgerEntry(
                at: wallClock(), service: exchange.service?.id, instance: instance, requestID: exchange.requestID,
                outcome: outcome,
                queueMilliseconds: ((exchange.dispatchedAt ?? now) - exchange.acceptedAt).wholeMilliseconds,
                totalMilliseconds: (now - exchange.acceptedAt).wholeMilliseconds,
            ))
    }

    /// Enters a request whose head never came to a good end.
    func recordUnread(_ code: PlatformErrorCode, requestID: String, startedAt: MonotonicTime, now: MonotonicTime) {
        withoutService.accepted += 1
        Self.count(.platformError(code), in: &withoutService)
        hasNewTotalsWithoutService = true
        scheduleReport(now)
        append(
            LedgerEntry(
                at: wallClock(), service: nil, instance: nil, requestID: requestID, outcome: .platformError(code),
                queueMilliseconds: 0, totalMilliseconds: (now - startedAt).wholeMilliseconds,
            ))
    }

    func reportWake(_ exchange: Exchange, instance: InstanceID, now: MonotonicTime) {
        guard wakesLeft > 0, let service = exchange.service, let dispatchedAt = exchange.dispatchedAt else { return }
        wakesLeft -= 1
        tell(
            .wake(
                WakeReport(
                    at: wallClock(), service: service.id, instance: instance,
                    queueMilliseconds: (dispatchedAt - exchange.acceptedAt).wholeMilliseconds,
                    firstByteMilliseconds: (now - dispatchedAt).wholeMilliseconds,
                )))
        scheduleReport(now)
    }

    /// A service's queue became non-empty.
    ///
    /// Without an instance that is told with the end of this round, but not more often than a burst is gathered for
    /// otherwise.
    func noteEdge(_ service: ServiceEntry, _ edge: DemandEdge, now: MonotonicTime) {
        let time: MonotonicTime
        switch edge {
        case .none: return
        case .withoutInstance: time = max(now, lastEdgeAt + Limits.demandSettle)
        case .whileServing: time = now + Limits.demandSettle
        }
        edges.append(service)
        edgeAt = min(edgeAt ?? time, time)
    }

    /// Something about a service changed that the next report tells.
    func touch(_ service: ServiceEntry, _ now: MonotonicTime) {
        guard !service.isDirty else { return }
        service.isDirty = true
        dirty.append(service)
        scheduleReport(now)
    }

    /// Says what is due and gives when the next is.
    func roundEnd(_ now: MonotonicTime) -> MonotonicTime? {
        if let edgeAt, edgeAt <= now { reportEdges(now) }
        if let reportAt, reportAt <= now { report(now) }
        guard connection != nil else { return nil }
        if let edgeAt, let reportAt { return min(edgeAt, reportAt) }
        return edgeAt ?? reportAt
    }

    /// Says what all of these services have to do.
    func reportAll(_ services: some Collection<ServiceEntry>) {
        tell(.demand(services.map { $0.admission.takeDemand() }.sorted { $0.service < $1.service }))
    }

    /// Says what has not been said.
    func report(_ now: MonotonicTime) {
        reportAt = nil
        wakesLeft = Limits.wakeReportsPerIntervalMax
        guard connection != nil else { return }
        lastReportAt = now
        var totals: [ServiceTotals] = []
        var demand: [ServiceDemand] = []
        for service in dirty {
            service.isDirty = false
            demand.append(service.admission.takeDemand())
            if service.hasNewTotals { totals.append(ServiceTotals(service: service.id, totals: service.totals)) }
            service.hasNewTotals = false
        }
        dirty = []
        if hasNewTotalsWithoutService { totals.append(ServiceTotals(service: nil, totals: withoutService)) }
        hasNewTotalsWithoutService = false
        if !demand.isEmpty { tell(.demand(demand)) }
        if !totals.isEmpty || !entries.isEmpty {
            tell(.ledger(LedgerReport(entries: entries, dropped: dropped, totals: totals, run: run)))
            entries = []
            dropped = 0
        }
    }

    private func reportEdges(_ now: MonotonicTime) {
        edgeAt = nil
        lastEdgeAt = now
        var told: Set<ServiceID> = []
        let demand = edges.filter { told.insert($0.id).inserted }.map { $0.admission.takeDemand() }
        edges = []
        tell(.demand(demand))
    }

    private func scheduleReport(_ now: MonotonicTime) {
        if reportAt == nil { reportAt = max(now, lastReportAt + Limits.demandReportInterval) }
    }

    private func append(_ entry: LedgerEntry) {
        guard entries.count < Limits.ledgerEntriesPerReportMax else {
            dropped += 1
            return
        }
        entries.append(entry)
    }

    private static func count(_ outcome: RequestOutcome, in totals: inout LedgerTotals) {
        switch outcome {
        case .answered: totals.answered += 1
        case .clientGone: totals.clientGone += 1
        case .platformError(let code): totals.platformErrors[code.rawValue, default: 0] += 1
        }
    }
}
