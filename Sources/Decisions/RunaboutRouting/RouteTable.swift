public import RunaboutModel

/// Which service answers at a host from now on; nil when none does.
public struct HostChange: Hashable, Sendable {
    /// The host, in lower case.
    public let host: String
    /// Its service.
    public let service: ServiceID?

    /// Takes both values.
    public init(host: String, service: ServiceID?) {
        self.host = host
        self.service = service
    }
}

/// What a route or its withdrawal changes in the table.
public struct TableChange: Hashable, Sendable {
    /// Whether the table took it; false for an older generation.
    public var isAccepted: Bool
    /// Hosts that answer differently now.
    public var hosts: [HostChange] = []
}

/// All routes by service, and which service each host belongs to.
///
/// Both sides of the link keep one.
///
/// When two services claim a host, the one that claimed it last has it; when that lets go, the other has it again.
public struct RouteTable: Hashable, Sendable {
    private var claims: [String: [ServiceID]] = [:]

    /// The routes.
    public private(set) var routes: [ServiceID: ServiceRoute] = [:]

    /// Makes an empty table.
    public init() {}

    /// The service that answers at a host.
    ///
    /// The host is in lower case, without port.
    public func service(at host: String) -> ServiceID? { claims[host]?.last }

    /// Puts a route in.
    ///
    /// `isSnapshot` is whether it replaces the one that is there even when its generation is not above that.
    public mutating func publish(_ route: ServiceRoute, isSnapshot: Bool = false) -> TableChange {
        let old = routes[route.service]
        if let old, route.generation <= old.generation, !isSnapshot { return TableChange(isAccepted: false) }
        routes[route.service] = route
        var change = TableChange(isAccepted: true)
        let kept = Set(route.hosts)
        for host in old?.hosts ?? [] where !kept.contains(host) { release(host, of: route.service, into: &change) }
        for host in route.hosts where claims[host]?.contains(route.service) != true {
            claims[host, default: []].append(route.service)
            change.hosts.append(HostChange(host: host, service: route.service))
        }
        return change
    }

    /// Takes a service out.
    public mutating func withdraw(_ service: ServiceID, generation: Int64) -> TableChange {
        guard let route = routes[service], route.generation <= generation else { return TableChange(isAccepted: false) }
        routes[service] = nil
        var change = TableChange(isAccepted: true)
        for host in Set(route.hosts) { release(host, of: service, into: &change) }
        return change
    }

    private mutating func release(_ host: String, of service: ServiceID, into change: inout TableChange) {
        guard var claimants = claims[host] else { return }
        let wasOwner = claimants.last == service
        claimants.removeAll { $0 == service }
        claims[host] = claimants.isEmpty ? nil : claimants
        if wasOwner { change.hosts.append(HostChange(host: host, service: claimants.last)) }
    }
}
