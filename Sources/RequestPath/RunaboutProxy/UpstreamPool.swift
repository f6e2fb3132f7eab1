import Glibc
import RunaboutModel

/// Connections to one instance that no request uses; the last one put back is the first one taken.
final class UpstreamPool {
    let address: InstanceAddress
    /// The address as the kernel wants it; nil when it is none.
    let socketAddress: sockaddr_in?
    private var idle: [UpstreamConnection] = []
    private var isRetired = false

    init(address: InstanceAddress) {
        self.address = address
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        let isValid =
            UInt16(exactly: address.port) != nil && inet_pton(AF_INET, address.host, &socketAddress.sin_addr) == 1
        socketAddress.sin_port = UInt16(truncatingIfNeeded: address.port).bigEndian
        self.socketAddress = isValid ? socketAddress : nil
    }

    /// Takes a connection that can carry a request.
    ///
    /// `checks` is whether to ask the kernel if the instance has closed it meanwhile, which matters for requests
    ///   that can't be sent again.
    func take(checks: Bool) -> UpstreamConnection? {
        while let connection = idle.popLast() {
            if !connection.isClosed, !connection.hasHungUp, !checks || connection.isQuiet { return connection }
            connection.close()
        }
        return nil
    }

    /// Puts a connection back, or closes it.
    func put(_ connection: UpstreamConnection) {
        guard !isRetired, idle.count < Limits.upstreamIdleMax else {
            connection.close()
            return
        }
        idle.append(connection)
    }

    /// Lets a connection go that closed while it was unused.
    func remove(_ connection: UpstreamConnection) { idle.removeAll { $0 === connection } }

    /// Closes all unused connections.
    func closeIdle() {
        for connection in idle { connection.close() }
        idle = []
    }

    /// Closes all unused connections and keeps none from now on.
    func retire() {
        isRetired = true
        closeIdle()
    }
}
