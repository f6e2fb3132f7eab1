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
        operation: Operation?,
        instances: [Instance],
    ) {
        self.service = service
        self.autoScaling = autoScaling
        self.active = active
        self.target = target
        self.operation = operation
        self.instances = instances
    }
}

/// A value of one service kept for people, as JSON: a scaling decision, a wake from zero, a ledger entry.
public struct ServiceRecord: Hashable, Sendable {
    /// What the record is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A `ScaleDecision`.
        case scaleDecision
        /// A `WakeReport`.
        case wake
        /// A `LedgerEntry` of a request that the platform ended.
        case ledgerEntry
    }

    /// Its service.
    public let service: ServiceID
    /// What it is.
    public let kind: Kind
    /// When it was made.
    public let at: UnixTime
    /// The value, JSON.
    public let body: String

    /// Takes all values.
    public init(service: ServiceID, kind: Kind, at: UnixTime, body: String) {
        self.service = service
        self.kind = kind
        self.at = at
        self.body = body
    }
}

/// What opening the database found.
public struct StoreOpening: Sendable {
    /// The open store.
    public let store: Store
    /// Where a database file that could not be read was moved to; nil when nothing had to be.
    public let setAside: String?
    /// Goes up by one with each opening for writing; the base of route generations.
    public let epoch: Int64
}

/// The platform's state in one SQLite database.
public final class Store: Sendable {
    init() {}

    /// Opens or makes the database and brings its schema up to date. A file that is not a sound database is set aside
    /// under a new name beside it, never overwritten.
    ///
    /// - Throws: when the directory can't be written or the schema is newer than this program.
    public static func open(path: String, now: UnixTime) throws -> StoreOpening { preconditionFailure("to be built") }

    /// Runs the body in one transaction that commits when it returns and rolls back when it throws.
    public func write<Value: Sendable>(
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws -> Value { preconditionFailure("to be built") }

    /// Runs the body on one consistent view.
    public func read<Value: Sendable>(
        _ body: @Sendable @escaping (borrowing StoreTransaction) throws -> Value,
    ) async throws -> Value { preconditionFailure("to be built") }

    /// Closes the database after what runs.
    public func close() throws {}
}

/// The statements of one transaction.
public struct StoreTransaction: ~Copyable {
    // Reconciler: what it reads.

    /// Everything of a service; nil when there is none.
    public func snapshot(of service: ServiceID) throws -> ServiceSnapshot? { preconditionFailure("to be built") }

    /// Services that may need work after a start: all that are not deleted, and deleted ones with unreleased instances
    /// or a running operation.
    public func servicesToReconcile() throws -> [ServiceID] { preconditionFailure("to be built") }

    /// Ids of all instances whose rows are not released.
    public func unreleasedInstances() throws -> [InstanceID] { preconditionFailure("to be built") }

    // Reconciler: what it writes. Each adds its own event.

    /// Adds a row in state `pending`.
    public func insertInstance(_ instance: Instance) throws {}

    /// Writes an instance's new state; nil leaves a value as it is.
    public func updateInstance(
        _ id: InstanceID,
        state: InstanceState?,
        reason: String? = nil,
        address: InstanceAddress? = nil,
        exit: InstanceExit? = nil,
        timings: StartTimings? = nil,
        now: UnixTime,
    ) throws {}

    /// Notes that nothing of an ended instance is held any more; it leaves snapshots and stays in lists.
    /// Returns instances whose rows were dropped because more than `Limits.endedInstancesKeptMax` had ended.
    public func releaseInstance(_ id: InstanceID, now: UnixTime) throws -> [InstanceID] { [] }

    /// Makes the revision the active one, unless the service's generation is not the given one any more.
    public func activate(_ revision: RevisionID, service: ServiceID, generation: Int64, now: UnixTime) throws {}

    /// Ends an operation, clears the target revision and writes the service's status. A service whose status becomes
    /// `deleted` gets its `deletedAt`.
    public func endOperation(
        _ id: OperationID,
        status: OperationStatus,
        failure: OperationFailure?,
        serviceStatus: ServiceStatus,
        now: UnixTime,
    ) throws {}

    /// Keeps records, and drops the oldest of each service and kind beyond `Limits.decisionsKeptMax`.
    public func insertRecords(_ records: [ServiceRecord]) throws {}

    /// The newest records of a service, newest first.
    public func records(of service: ServiceID, kind: ServiceRecord.Kind, limit: Int) throws -> [ServiceRecord] { [] }

    /// Adds an event and gives its sequence number.
    @discardableResult
    public func appendEvent(
        kind: String,
        principal: String,
        service: ServiceID?,
        instance: InstanceID?,
        operation: OperationID?,
        message: String,
        now: UnixTime,
    ) throws -> Int64 { preconditionFailure("to be built") }
}
