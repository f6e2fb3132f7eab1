public import Logging
public import RunaboutLink
public import RunaboutModel
public import RunaboutRouting

/// What happens on the control plane's side of the link.
public enum LinkEvent: Hashable, Sendable {
    /// A router connected and said who it is.
    case connected(RouterHello)
    /// It said something.
    case received(RouterMessage)
    /// It is gone. Its table lives on in it, if it lives.
    case disconnected
}

/// The control plane's side of the link: listens on a Unix socket, keeps the route table, hands it to every router
/// that connects and passes on what routers say.
public final class LinkServer: Sendable {
    /// Prepares; nothing listens before ``run()``.
    ///
    /// - Parameter path: of the Unix socket; what is left there by an earlier process is replaced.
    public init(path: String, logger: Logger) {
        preconditionFailure("to be built")
    }

    /// What routers say, in order. One consumer.
    public var events: AsyncStream<LinkEvent> { preconditionFailure("to be built") }

    /// Listens until cancelled.
    ///
    /// - Throws: when the socket can't be made.
    public func run() async throws {}

    /// Puts a route into the table and sends it to the connected router. Older generations are ignored.
    public func publish(_ route: ServiceRoute) {}

    /// Takes a service out of the table and says so.
    public func withdraw(_ service: ServiceID, generation: Int64) {}

    /// Says that every service has been planned: from now on connecting routers get the whole table as a snapshot, and
    /// the one that is connected gets it now.
    public func markComplete() {}

    /// Whether a router is connected.
    public var isConnected: Bool { false }
}
