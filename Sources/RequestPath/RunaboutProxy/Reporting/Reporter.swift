import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// Counts how the requests of one loop end and tells the control plane what services have to do: at once on the edge,
/// else now and then, and nothing when nothing changes.
final class Reporter {
    private let voice: RouterVoice
    private let book: LedgerBook
    private let wallClock: @Sendable () -> UnixTime
    /// Services of which something changed, as a list through their records.
    private var dirty: ServiceRef?
    private var entries: [LedgerEntry] = []
    private var dropped: Int64 = 0
    private let withoutService = TrafficCounts.make()
    private var edges: [SharedService] = []
    private var edgeAt = Nanoseconds.never
    private var reportAt = Nanoseconds.never
    private var lastReportAt: Nanoseconds = 0
    private var lastEdgeAt: Nanoseconds = 0
    private var wakesLeft = Limits.wakeReportsPerIntervalMax
    private let interval = Nanoseconds(Limits.demandReportInterval)
    private let settle = Nanoseconds(Limits.demandSettle)

    init(voice: RouterVoice, book: LedgerBook, wallClock: @escaping @Sendable () -> UnixTime) {
        self.voice = voice
        self.book = book
        self.wallClock = wallClock
    }

    deinit { withoutService.free() }

    /// The wall clock's seconds, for ids that hold a time.
    func unixSeconds() -> UInt64 { UInt64(max(0, wallClock().milliseconds / 1_000)) }

    @inline(__always)
    func countAccepted(_ service: ServiceRef, now: Nanoseconds) {
        service.pointee.counts.countAccepted()
        touch(service, now)
    }

    func countAcceptedWithoutService(now: Nanoseconds) {
        withoutService.countAccepted()
        scheduleReport(now)
    }

    /// Counts the end of a request.
    @inline(__always)
    func count(_ end: RequestEnd, _ service: ServiceRef?, now: Nanoseconds) {
        if let service {
            service.pointee.counts.count(end)
            touch(service, now)
        } else {
            withoutService.count(end)
            scheduleReport(now)
        }
    }

    /// Enters the end of a request that was not answered by a service.
    func record(
        _ exchange: ExchangeRef, service: ServiceRef?, instance: InstanceID?, outcome: RequestOutcome,
        now: Nanoseconds,
    ) {
        let dispatchedAt = exchange.pointee.dispatchedAt
        let queueEnd = dispatchedAt == 0 ? now : dispatchedAt
        append(
            LedgerEntry(
                at: wallClock(), service: service?.pointee.shared.id, instance: instance,
                requestID: exchange.pointee.requestID, outcome: outcome,
                queueMilliseconds: (queueEnd - exchange.pointee.acceptedAt).milliseconds,
                totalMilliseconds: (now - exchange.pointee.acceptedAt).milliseconds))
        scheduleReport(now)
    }

    /// Enters a request whose head never came to a good end.
    func recordUnread(_ code: PlatformErrorCode, requestID: String, startedAt: Nanoseconds, now: Nanoseconds) {
        withoutService.countAccepted()
        scheduleReport(now)
        append(
            LedgerEntry(
                at: wallClock(), service: nil, instance: nil, requestID: requestID, outcome: .platformError(code),
                queueMilliseconds: 0, totalMilliseconds: (now - startedAt).milliseconds))
    }

    /// A connection came or went, which the next report tells.
    @inline(__always)
    func noteConnection(_ now: Nanoseconds) { scheduleReport(now) }

    func reportWake(_ exchange: ExchangeRef, _ service: ServiceRef, instance: InstanceID, now: Nanoseconds) {
        guard wakesLeft > 0 else { return }
        wakesLeft -= 1
        let dispatchedAt = exchange.pointee.dispatchedAt
        voice.tell(
            .wake(
                WakeReport(
                    at: wallClock(), service: service.pointee.shared.id, instance: instance,
                    queueMilliseconds: (dispatchedAt - exchange.pointee.acceptedAt).milliseconds,
                    firstByteMilliseconds: (now - dispatchedAt).milliseconds)))
        scheduleReport(now)
    }

    /// A service's queue became non-empty.
    ///
    /// Without an instance that is told with the end of this round, but not more often than a burst is gathered for
    /// otherwise.
    func noteEdge(_ service: ServiceRef, _ edge: DemandEdge, now: Nanoseconds) {
        let time: Nanoseconds
        switch edge {
        case .none: return
        case .withoutInstance: time = max(now, lastEdgeAt + settle)
        case .whileServing: time = now + settle
        }
        edges.append(service.pointee.shared)
        edgeAt = min(edgeAt, time)
    }

    /// Something about a service changed that the next report tells.
    func touch(_ service: ServiceRef, _ now: Nanoseconds) {
        guard !service.pointee.isDirty else { return }
        service.pointee.isDirty = true
        service.pointee.nextDirty = dirty
        dirty = service
        scheduleReport(now)
    }

    /// Says what is due and gives when the next is.
    func roundEnd(_ now: Nanoseconds) -> Nanoseconds? {
        if edgeAt <= now { reportEdges(now) }
        if reportAt <= now { report(now) }
        let next = min(edgeAt, reportAt)
        return next == .never || !voice.isConnected ? nil : next
    }

    /// Says what has not been said; nothing while nobody listens.
    func report(_ now: Nanoseconds) {
        reportAt = .never
        wakesLeft = Limits.wakeReportsPerIntervalMax
        guard voice.isConnected else { return }
        lastReportAt = now
        var counted: [(service: ServiceID?, ServiceTraffic)] = []
        var demand: [ServiceDemand] = []
        while let service = dirty {
            dirty = service.pointee.nextDirty
            service.pointee.isDirty = false
            service.pointee.nextDirty = nil
            if let traffic = service.pointee.counts.take() {
                service.pointee.shared.countAccepted(traffic.totals.accepted)
                counted.append((service.pointee.shared.id, traffic))
            }
            demand.append(service.pointee.shared.takeDemand())
            service.pointee.users -= 1
        }
        if let traffic = withoutService.take() { counted.append((nil, traffic)) }
        if !demand.isEmpty { voice.tell(.demand(demand)) }
        book.add(counted, entries: entries, dropped: dropped, voice)
        entries = []
        dropped = 0
    }

    private func reportEdges(_ now: Nanoseconds) {
        edgeAt = .never
        lastEdgeAt = now
        var told: Set<ServiceID> = []
        let demand = edges.filter { told.insert($0.id).inserted }.map { $0.takeDemand() }
        edges = []
        voice.tell(.demand(demand))
    }

    private func scheduleReport(_ now: Nanoseconds) {
        if reportAt == .never { reportAt = max(now, lastReportAt + interval) }
    }

    private func append(_ entry: LedgerEntry) {
        guard entries.count < Limits.ledgerEntriesPerReportMax else {
            dropped += 1
            return
        }
        entries.append(entry)
    }
}
