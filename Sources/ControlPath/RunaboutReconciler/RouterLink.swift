public import RunaboutLinkServer
public import RunaboutModel
public import RunaboutRouting

/// The router as the reconciler sees it; ``LinkServer`` is the real one.
public protocol RouterLink: Sendable {
    /// What routers say, in order. One consumer.
    var events: AsyncStream<LinkEvent> { get }
    /// Puts a route into the table and sends it to the connected router.
    func publish(_ route: ServiceRoute)
    /// Takes a service out of the table and says so.
    func withdraw(_ service: ServiceID, generation: Int64)
    /// Says that every service has been planned.
    func markComplete()
    /// Whether a router is connected.
    var isConnected: Bool { get }
}

extension LinkServer: RouterLink {}
