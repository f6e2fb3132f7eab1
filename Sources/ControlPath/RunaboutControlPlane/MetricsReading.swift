import RunaboutModel
public import RunaboutRouting
import RunaboutStore

/// One service's numbers.
public struct ServiceMetrics: Hashable, Sendable {
    /// Its name, unique among services that are not deleted.
    public let name: String
    /// What its requests were; nil when it had none since the daemon started.
    public let traffic: ServiceTraffic?
    /// What it has to do now; nil when no router has said so.
    public let demand: ServiceDemand?

    /// Takes all values.
    public init(name: String, traffic: ServiceTraffic?, demand: ServiceDemand?) {
        self.name = name
        self.traffic = traffic
        self.demand = demand
    }
}

/// The platform's numbers at one moment.
public struct PlatformMetrics: Hashable, Sendable {
    /// Of services that are not deleted, by name.
    public let services: [ServiceMetrics]
    /// Of requests that reached no service.
    public let withoutService: ServiceTraffic
    /// Whether a router is connected.
    public let isRouterConnected: Bool
    /// What the router said of itself last.
    public let router: RouterStatus?

    /// Takes all values.
    public init(
        services: [ServiceMetrics], withoutService: ServiceTraffic, isRouterConnected: Bool, router: RouterStatus?,
    ) {
        self.services = services
        self.withoutService = withoutService
        self.isRouterConnected = isRouterConnected
        self.router = router
    }
}

extension ControlPlane {
    /// The numbers of all services and of the router.
    public func metrics() async throws(ControlPlaneError) -> PlatformMetrics {
        let services = try await read("Reading the services for their metrics") { transaction in
            try transaction.services(after: nil, limit: Limits.servicesMax).map { (id: $0.id, name: $0.name) }
        }
        let traffic = live.traffic()
        let health = await live.health()
        return PlatformMetrics(
            services: services.map { service in
                ServiceMetrics(
                    name: service.name, traffic: traffic.services[service.id], demand: live.demand(of: service.id))
            },
            withoutService: traffic.withoutService,
            isRouterConnected: health.isRouterConnected,
            router: traffic.router)
    }
}
