public import RunaboutModel

/// Everything of one service that deciding about it needs, read in one transaction.
public struct ServiceSnapshot: Hashable, Sendable {
    /// The row.
    public let service: Service
    /// Its scaling configuration.
    public let autoScaling: AutoScalingConfiguration
    /// The revision that serves.
    public let active: Revision?
    /// The revision a running deployment moves to.
    public let target: Revision?
    /// Other revisions that instances below are of: those that are being replaced.
    public let earlier: [Revision]
    /// The operation that has not ended, if there is one.
    public let operation: Operation?
    /// Every instance whose row has not been released (``StoreTransaction/releaseInstance(_:)``).
    public let instances: [Instance]

    /// Takes all values.
    public init(
        service: Service,
        autoScaling: AutoScalingConfiguration,
        active: Revision?,
        target: Revision?,
        earlier: [Revision] = [],
        operation: Operation?,
        instances: [Instance],
    ) {
        self.service = service
        self.autoScaling = autoScaling
        self.active = active
        self.target = target
        self.earlier = earlier
        self.operation = operation
        self.instances = instances
    }
}
