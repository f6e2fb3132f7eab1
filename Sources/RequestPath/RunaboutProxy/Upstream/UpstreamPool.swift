import Glibc
import RunaboutModel

/// A loop's connections to one instance; of those that no request uses, the last one put back is the first one taken.
struct UpstreamPool {
    /// Kept alive by the pool; not counted on the way of a request.
    let cellReference: Unmanaged<InstanceCell>
    /// The instance's id as records hold it.
    let recordedID: RecordedID
    let address: InstanceAddress
    /// The address as the kernel wants it; nil when it is none.
    let socketAddress: sockaddr_in?
    /// Whether the route lists the instance.
    var isListed = true
    /// Requests of this loop at the instance; the pool stays while there are any.
    var requests = 0
    /// The connection on which new requests go to an instance of HTTP/2.
    var http2: UpstreamRef?
    fileprivate(set) var firstIdle: UpstreamRef?
    fileprivate(set) var idleCount = 0

    init(_ instance: ListedInstance) {
        cellReference = .passRetained(instance.cell)
        recordedID = instance.cell.recordedID
        address = instance.address
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        let isValid =
            UInt16(exactly: address.port) != nil && inet_pton(AF_INET, address.host, &socketAddress.sin_addr) == 1
        socketAddress.sin_port = UInt16(truncatingIfNeeded: address.port).bigEndian
        self.socketAddress = isValid ? socketAddress : nil
    }

    var cell: InstanceCell { cellReference._withUnsafeGuaranteedRef { $0 } }

    /// Before the pool's memory goes.
    func release() { cellReference.release() }
}

typealias PoolRef = UnsafeMutablePointer<UpstreamPool>

extension ProxyLoop {
    /// The connections to an instance, which are made where the loop has not heard of it.
    func pool(for instance: ListedInstance, of service: ServiceRef) -> PoolRef {
        for pool in service.pointee.pools
        where pool.pointee.cell === instance.cell && pool.pointee.address == instance.address {
            return pool
        }
        let pool = PoolRef.allocate(capacity: 1)
        pool.initialize(to: UpstreamPool(instance))
        service.pointee.pools.append(pool)
        return pool
    }

    /// The route lists the instance no more, at this address: unused connections go now, the pool with its last request.
    func unlist(_ pool: PoolRef, of service: ServiceRef) {
        pool.pointee.isListed = false
        closeIdle(pool)
        if let upstream = pool.pointee.http2 {
            pool.pointee.http2 = nil
            if let session = upstream.pointee.http2, isUnused(upstream, session) { closeUpstream(upstream) }
        }
        freeIfUnused(pool, of: service)
    }

    /// A request has left the instance.
    func leave(_ pool: PoolRef, of service: ServiceRef) {
        pool.pointee.requests -= 1
        if !pool.pointee.isListed { freeIfUnused(pool, of: service) }
    }

    func closePools(_ service: ServiceRef) {
        for pool in service.pointee.pools { unlist(pool, of: service) }
    }

    private func freeIfUnused(_ pool: PoolRef, of service: ServiceRef) {
        guard pool.pointee.requests == 0 else { return }
        if let upstream = pool.pointee.http2 { closeHTTP2(upstream) }
        service.pointee.pools.removeAll { $0 == pool }
        pool.pointee.release()
        pool.deinitialize(count: 1)
        pool.deallocate()
    }

    /// Takes a connection that can carry a request.
    ///
    /// `checks` is whether to ask the kernel if the instance has closed it meanwhile, which matters for requests that
    /// can't be sent again.
    func takeIdle(_ pool: PoolRef, checks: Bool) -> UpstreamRef? {
        while let upstream = pool.pointee.firstIdle {
            removeIdle(upstream)
            if !upstream.pointee.head.hasHungUp, !checks || isQuiet(upstream) { return upstream }
            close(upstream.channel)
        }
        return nil
    }

    /// Puts a connection back, or closes it.
    func putIdle(_ upstream: UpstreamRef) {
        let pool = upstream.pointee.pool
        guard pool.pointee.isListed, pool.pointee.cell.isOpen, pool.pointee.idleCount < Limits.upstreamIdleMax else {
            close(upstream.channel)
            return
        }
        upstream.pointee.previousIdle = nil
        upstream.pointee.nextIdle = pool.pointee.firstIdle
        pool.pointee.firstIdle?.pointee.previousIdle = upstream
        pool.pointee.firstIdle = upstream
        pool.pointee.idleCount += 1
        upstream.pointee.isIdle = true
    }

    /// Takes a connection out of the unused ones.
    func removeIdle(_ upstream: UpstreamRef) {
        guard upstream.pointee.isIdle else { return }
        let pool = upstream.pointee.pool
        if let previous = upstream.pointee.previousIdle {
            previous.pointee.nextIdle = upstream.pointee.nextIdle
        } else {
            pool.pointee.firstIdle = upstream.pointee.nextIdle
        }
        upstream.pointee.nextIdle?.pointee.previousIdle = upstream.pointee.previousIdle
        upstream.pointee.isIdle = false
        pool.pointee.idleCount -= 1
    }

    /// Closes all unused connections.
    func closeIdle(_ pool: PoolRef) {
        while let upstream = pool.pointee.firstIdle {
            removeIdle(upstream)
            close(upstream.channel)
        }
    }

    /// Whether nothing has come on an unused connection, its end included.
    private func isQuiet(_ upstream: UpstreamRef) -> Bool {
        var byte: UInt8 = 0
        let count = recv(upstream.pointee.head.descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }
}
