import RunaboutLink
import RunaboutModel
import RunaboutRouting

/// What the connections of one loop share: routes, services, waiting requests, counters.
///
/// Confined to the loop's thread.
///
/// There is one loop, so that the counts of admission are exact without sharing. Several loops will share counts by
/// atomics; only the calls to `ServiceEntry.admission` here would change.
final class ProxyCore {
    let loop: EventLoop
    let reporter: Reporter
    private let identity: RouterIdentity
    private let onState: (String) -> Void

    private var table = RouteTable()
    private var services: [ServiceID: ServiceEntry] = [:]
    private var servicesByNumber: [UInt64: ServiceEntry] = [:]
    private var nextServiceNumber: UInt64 = 0
    private var hosts = HostTable<ServiceEntry>()
    private var waiting: [UInt64: Exchange] = [:]
    private var nextExchangeNumber: UInt64 = 0
    private var random: IdentityGenerator

    /// For a head that is being read; nothing keeps it.
    var fields: [HeaderField] = []
    /// For bytes that are sent at once; nothing keeps it.
    var scratch = ByteWriter()
    private var hostBytes: [UInt8] = []

    /// Whether no new connection is taken and answers end their connections.
    private(set) var isDraining = false
    var onClientClosed: () -> Void = {}
    /// Called when a whole route table has been taken.
    var onSnapshot: () -> Void = {}

    init(loop: EventLoop, reporter: Reporter, identity: RouterIdentity, onState: @escaping (String) -> Void) {
        self.loop = loop
        self.reporter = reporter
        self.identity = identity
        self.onState = onState
        random = IdentityGenerator(seed: identity.seed)
    }

    func nextNumber() -> UInt64 {
        nextExchangeNumber += 1
        return nextExchangeNumber
    }

    func nextIdentity() -> RequestIdentity {
        RequestIdentity(
            high: random.next(), low: random.next(),
            unixSeconds: UInt64(max(0, identity.wallClock().milliseconds / 1_000)))
    }

    /// The service that answers at a host, whatever the case of its letters.
    func service(at bytes: Span<UInt8>, _ host: Range<Int>) -> ServiceEntry? {
        hostBytes.removeAll(keepingCapacity: true)
        for index in host { hostBytes.append(ByteClass.lowercase(bytes[index])) }
        if hostBytes.last == 46 { hostBytes.removeLast() }
        let name = hostBytes
        return hosts.value(for: name.span)
    }

    func beginDrain() {
        isDraining = true
        loop.forEachEndpoint { endpoint in
            if let listener = endpoint as? Listener { listener.close() }
            if let client = endpoint as? ClientConnection { client.closeIfIdle() }
        }
    }

    /// Ends everything that still runs.
    func endAll() {
        loop.forEachEndpoint { endpoint in
            if let client = endpoint as? ClientConnection { client.endForStop() }
        }
    }
}

/// Requests: arrival, dispatch, end.
extension ProxyCore {
    /// Decides about a request whose head is complete.
    func begin(_ exchange: Exchange, _ service: ServiceEntry) {
        exchange.service = service
        reporter.countAccepted(service, now: loop.now)
        apply(service.admission.arrive(exchange.number, now: loop.now), to: exchange, service)
    }

    /// Sends a request over a connection to the instance where it is counted.
    func attach(_ exchange: Exchange, mayReuse: Bool) {
        guard let service = exchange.service, let slot = exchange.slot else { return }
        let pool = service.pool(slot)
        if mayReuse, let idle = pool.take(checks: !exchange.isRetryable) {
            idle.carry(exchange)
        } else if let fresh = UpstreamConnection.connect(pool, core: self) {
            fresh.carry(exchange)
        } else {
            unreachable(exchange)
        }
    }

    /// No connection could be made to the instance; the request was never sent.
    func unreachable(_ exchange: Exchange) {
        guard let service = exchange.service, let slot = exchange.slot else { return }
        exchange.slot = nil
        exchange.wasUnreachable = true
        let result = service.admission.reportUnreachable(
            slot, request: exchange.number, since: exchange.acceptedAt, now: loop.now)
        apply(result.finish, service)
        apply(result.arrival, to: exchange, service)
    }

    /// Ends a request: gives its place free and enters it into the ledger, exactly once.
    ///
    /// The connections are the caller's business.
    func end(_ exchange: Exchange, _ outcome: RequestOutcome) {
        precondition(!exchange.isEnded, "request \(exchange.number) ended twice")
        exchange.isEnded = true
        exchange.client = nil
        if let upstream = exchange.upstream {
            exchange.upstream = nil
            upstream.release()
        }
        guard let service = exchange.service else {
            reporter.record(exchange, instance: nil, outcome: outcome, now: loop.now)
            return
        }
        let instance = exchange.slot.map { service.admission.instance(in: $0) }
        reporter.record(exchange, instance: instance, outcome: outcome, now: loop.now)
        if let ticket = exchange.ticket {
            exchange.ticket = nil
            waiting[exchange.number] = nil
            _ = service.admission.leave(ticket)
        }
        if let slot = exchange.slot {
            exchange.slot = nil
            apply(service.admission.finish(slot), service)
        }
    }

    /// Ends a request by the platform's error: answers it, or cuts an answer that has begun.
    func fail(_ exchange: Exchange, _ code: PlatformErrorCode) {
        let client = exchange.client
        let reason = code == .serviceFailing ? exchange.service?.admission.failure : nil
        let page = ErrorPage(code, requestID: exchange.requestID, reason: reason)
        end(exchange, .platformError(code))
        client?.exchangeFailed(exchange, page)
    }

    /// The first byte of an answer has come.
    func answerBegan(_ exchange: Exchange) {
        guard exchange.waitedForInstance, let service = exchange.service, let slot = exchange.slot else { return }
        reporter.reportWake(exchange, instance: service.admission.instance(in: slot), now: loop.now)
    }

    private func apply(_ arrival: Arrival, to exchange: Exchange, _ service: ServiceEntry) {
        switch arrival {
        case .admit(let slot):
            exchange.slot = slot
            exchange.dispatchedAt = loop.now
            attach(exchange, mayReuse: true)
        case .queue(let ticket, let edge):
            exchange.ticket = ticket
            if edge == .withoutInstance || service.admission.inFlight == 0 { exchange.waitedForInstance = true }
            waiting[exchange.number] = exchange
            reporter.noteEdge(service, edge, now: loop.now)
            arm(service)
        case .refuse(let code):
            fail(exchange, code)
        }
    }

    private func apply(_ finish: Finish, _ service: ServiceEntry) {
        if let drained = finish.drained { tell(drained, of: service) }
        if let forgotten = finish.forgotten { service.settlePools(forgotten: [forgotten]) }
        if let dispatch = finish.dispatch { send(dispatch) }
    }

    private func send(_ dispatch: Dispatch) {
        guard let exchange = waiting.removeValue(forKey: dispatch.request) else {
            preconditionFailure("request \(dispatch.request) was dispatched but does not wait")
        }
        exchange.ticket = nil
        exchange.slot = dispatch.slot
        exchange.dispatchedAt = loop.now
        attach(exchange, mayReuse: true)
    }

    private func refuse(_ refusal: Refusal) {
        guard let exchange = waiting.removeValue(forKey: refusal.request) else { return }
        exchange.ticket = nil
        let isUnreachable = refusal.code == .queueTimeout && exchange.wasUnreachable
        fail(exchange, isUnreachable ? .instanceUnreachable : refusal.code)
    }

    private func tell(_ drained: DrainedInstance, of service: ServiceEntry) {
        reporter.tell(
            .drained(DrainedReport(service: service.id, instance: drained.id, generation: drained.generation)))
    }
}

/// Queues: their deadlines.
extension ProxyCore {
    private func arm(_ service: ServiceEntry) {
        guard let deadline = service.admission.nextDeadline else { return }
        if let armed = service.armedAt, armed <= deadline { return }
        service.armedAt = deadline
        loop.armKey(EventLoop.foreignTimerBit | service.number, at: deadline)
    }

    /// A time at which some service's queue was to be looked at has come.
    func timerFired(_ key: UInt64) {
        guard let service = servicesByNumber[key & ~EventLoop.foreignTimerBit] else { return }
        guard let armed = service.armedAt, armed <= loop.now else { return }
        service.armedAt = nil
        let expiry = service.admission.expire(now: loop.now)
        for refusal in expiry.refused { refuse(refusal) }
        for dispatch in expiry.dispatched { send(dispatch) }
        arm(service)
    }
}

/// Routes: what the control plane says.
extension ProxyCore {
    func handle(_ event: LinkClientEvent) {
        switch event {
        case .connected(let connection):
            reporter.setConnection(connection)
            reporter.tell(
                .hello(
                    RouterHello(
                        version: linkVersion, processID: identity.processID, startedAt: identity.startedAt,
                        generations: table.routes.values
                            .map { ServiceGeneration(service: $0.service, generation: $0.generation) }
                            .sorted { $0.service < $1.service },
                    )))
            sayEverything()
            onState("connected to the control plane")
        case .disconnected(let reason):
            reporter.setConnection(nil)
            onState("without control plane, serving \(services.count) services: \(reason)")
        // This engine neither speaks TLS nor stands behind another proxy, where these would matter.
        case .received(.hello), .received(.settings), .received(.certificates): break
        case .received(.snapshot(let routes)):
            let named = Set(routes.map(\.service))
            for route in table.routes.values where !named.contains(route.service) {
                withdraw(route.service, generation: Int64.max)
            }
            for route in routes { publish(route, isSnapshot: true) }
            reporter.reportAll(services.values)
            onState("took a snapshot of \(routes.count) services")
            onSnapshot()
        case .received(.publish(let route)): publish(route, isSnapshot: false)
        case .received(.withdraw(let service, let generation)): withdraw(service, generation: generation)
        }
    }

    private func sayEverything() {
        reporter.reportAll(services.values)
        for service in services.values {
            for drained in service.admission.drainedInstances() { tell(drained, of: service) }
        }
        reporter.report(loop.now)
    }

    private func publish(_ route: ServiceRoute, isSnapshot: Bool) {
        let tableChange = table.publish(route, isSnapshot: isSnapshot)
        guard tableChange.isAccepted else { return }
        let service = entry(route.service)
        apply(tableChange)
        let change = service.admission.change(route, isSnapshot: isSnapshot)
        apply(change, service)
        reporter.touch(service, loop.now)
        arm(service)
    }

    private func withdraw(_ id: ServiceID, generation: Int64) {
        let tableChange = table.withdraw(id, generation: generation)
        guard tableChange.isAccepted, let service = services.removeValue(forKey: id) else { return }
        servicesByNumber[service.number] = nil
        apply(tableChange)
        apply(service.admission.withdraw(), service)
    }

    private func apply(_ change: TableChange) {
        for host in change.hosts { hosts.set(host.service.map { entry($0) }, for: host.host) }
    }

    private func apply(_ change: RouteChange, _ service: ServiceEntry) {
        service.settlePools(forgotten: change.forgotten)
        for drained in change.drained { tell(drained, of: service) }
        for refusal in change.refused { refuse(refusal) }
        for dispatch in change.dispatched { send(dispatch) }
    }

    private func entry(_ id: ServiceID) -> ServiceEntry {
        if let existing = services[id] { return existing }
        nextServiceNumber += 1
        let created = ServiceEntry(id: id, number: nextServiceNumber)
        services[id] = created
        servicesByNumber[created.number] = created
        return created
    }
}

/// Who the router is, and the sources of time and chance that it was given.
struct RouterIdentity {
    let processID: Int32
    let startedAt: UnixTime
    let seed: UInt64
    let wallClock: () -> UnixTime
}

/// Numbers for request ids: unique for all practical purposes, not secret.
///
/// SplitMix64.
struct IdentityGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
