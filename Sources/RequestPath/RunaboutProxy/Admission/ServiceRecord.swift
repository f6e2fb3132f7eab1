import Glibc
import RunaboutModel
import RunaboutRouting

/// A service's timeouts in the loop's own unit.
struct ServiceTimeouts {
    let connect: Nanoseconds
    let responseHeader: Nanoseconds
    let idle: Nanoseconds
    let total: Nanoseconds

    init(_ timeouts: RouteTimeouts) {
        connect = .milliseconds(timeouts.connectMilliseconds)
        responseHeader = .milliseconds(timeouts.responseHeaderMilliseconds)
        idle = .milliseconds(timeouts.idleMilliseconds)
        total = .milliseconds(timeouts.totalMilliseconds)
    }
}

/// A service as one loop keeps it: where its requests may go, its limits, and what the loop has counted.
///
/// Lives until the service is gone and nothing on the loop refers to it.
struct ServiceRecord {
    /// What the route says about a request before any instance is looked at.
    enum Gate: UInt8 {
        case open
        case paused
    }

    /// An instance that may get requests.
    struct Ready {
        let cell: Unmanaged<InstanceCell>
        let pool: PoolRef
    }

    /// Kept alive by the record; not counted on the way of a request.
    private let sharedReference: Unmanaged<SharedService>
    var gate = Gate.open
    var limit: UInt64 = 0
    var timeouts = ServiceTimeouts(RouteTimeouts())
    /// What its instances speak.
    var instanceProtocol = InstanceProtocol.http1
    private(set) var ready: UnsafeMutableBufferPointer<Ready>
    var pools: [PoolRef] = []
    /// Why instances can't be started, where that is so.
    var failure: String?
    /// Who refers to the record: its requests, the route, a report that is due.
    var users = 1
    var isGone = false

    /// What the loop has counted since its last report.
    let counts = TrafficCounts.make()
    /// Whether a report is due.
    var isDirty = false { didSet { if isDirty { users += 1 } } }
    var nextDirty: ServiceRef?
    /// When its queue is looked at next.
    var armedAt = Nanoseconds.never

    init(_ shared: SharedService) {
        sharedReference = .passRetained(shared)
        recordedID = shared.recordedID
        ready = .allocate(capacity: 0)
    }

    /// The service's id as records hold it.
    let recordedID: RecordedID
    /// The part that all loops share.
    var shared: SharedService { sharedReference._withUnsafeGuaranteedRef { $0 } }

    /// Whether a request that arrives now has to stand behind others.
    var hasWaiting: Bool { sharedReference._withUnsafeGuaranteedRef { $0.hasWaiting } }

    /// Counts a request at the instance with the fewest, the earlier of two equals, so that idle ones stay idle; for
    /// small limits at the first with room, where spreading requests would only keep more instances busy.
    ///
    /// Nil when none has room.
    func claim() -> PoolRef? {
        while true {
            var best = -1
            var fewest = limit
            for index in 0..<ready.count {
                let load = ready[index].cell._withUnsafeGuaranteedRef { $0.load }
                guard load < fewest else { continue }
                best = index
                fewest = load
                if load == 0 || limit <= UInt64(Limits.firstAvailableConcurrencyMax) { break }
            }
            guard best >= 0 else { return nil }
            // Another loop may have been faster; then the loads have changed.
            guard ready[best].cell._withUnsafeGuaranteedRef({ $0.claim(limit: limit) }) else { continue }
            sharedReference._withUnsafeGuaranteedRef { $0.noteClaim() }
            return ready[best].pool
        }
    }

    /// A request has left its instance; true when waiting requests or a drained instance are to be looked at.
    func release(_ pool: PoolRef) -> Bool {
        pool.pointee.cellReference._withUnsafeGuaranteedRef { cell in
            sharedReference._withUnsafeGuaranteedRef { $0.release(cell) }
        }
    }

    mutating func setReady(_ instances: [Ready]) {
        ready.deallocate()
        ready = .allocate(capacity: instances.count)
        _ = ready.initialize(from: instances)
    }

    /// Before the record's memory goes.
    mutating func release() {
        ready.deallocate()
        counts.free()
        sharedReference.release()
    }
}

typealias ServiceRef = UnsafeMutablePointer<ServiceRecord>

/// Routes, as a loop takes them over.
extension ProxyLoop {
    func apply(_ update: RouteUpdate) {
        let id = update.service.id
        if let route = update.route {
            let service = services[id] ?? addService(update.service)
            take(route, update.instances, service)
            if index == 0 { reporter.touch(service, now) }
            arm(service)
        } else if let service = services.removeValue(forKey: id) {
            servicesByNumber[update.service.number] = nil
            service.pointee.isGone = true
            service.pointee.setReady([])
            closePools(service)
            // The report in which its last counts are told still refers to it.
            reporter.touch(service, now)
            drop(service)
        }
        for change in update.hosts { hosts.set(change.service.flatMap { services[$0] }, for: change.host) }
    }

    private func addService(_ shared: SharedService) -> ServiceRef {
        let service = ServiceRef.allocate(capacity: 1)
        service.initialize(to: ServiceRecord(shared))
        services[shared.id] = service
        servicesByNumber[shared.number] = service
        return service
    }

    /// One reference less; the record goes with the last.
    func drop(_ service: ServiceRef) {
        service.pointee.users -= 1
        if service.pointee.users == 0, service.pointee.isGone {
            service.pointee.release()
            service.deinitialize(count: 1)
            service.deallocate()
        }
    }

    private func take(_ route: ServiceRoute, _ instances: [ListedInstance], _ service: ServiceRef) {
        service.pointee.gate = route.availability == .paused ? .paused : .open
        if case .failing(let reason) = route.availability {
            service.pointee.failure = reason
        } else {
            service.pointee.failure = nil
        }
        service.pointee.limit = UInt64(max(0, route.maxConcurrency))
        service.pointee.timeouts = ServiceTimeouts(route.timeouts)
        service.pointee.instanceProtocol = route.instanceProtocol
        var unlisted = service.pointee.pools
        var ready: [ServiceRecord.Ready] = []
        for instance in instances {
            let pool = pool(for: instance, of: service)
            unlisted.removeAll { $0 == pool }
            pool.pointee.isListed = true
            if instance.state == .ready {
                ready.append(ServiceRecord.Ready(cell: .passUnretained(instance.cell), pool: pool))
            } else {
                closeIdle(pool)
            }
        }
        service.pointee.setReady(ready)
        for pool in unlisted { unlist(pool, of: service) }
    }
}
