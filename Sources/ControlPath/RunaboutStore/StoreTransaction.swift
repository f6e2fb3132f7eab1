import GRDB
public import RunaboutModel

/// The statements of one transaction.
public struct StoreTransaction: ~Copyable {
    let database: Database
    let broadcast: EventBroadcast

    /// Runs an action once the transaction is on the disk, and not at all when it rolls back.
    ///
    /// The action must not block: it runs where the next transaction waits.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) {
        database.afterNextTransaction { _ in action() }
    }

    /// Everything of a service; nil when there is none.
    public func snapshot(of service: ServiceID) throws -> ServiceSnapshot? {
        guard let row = try self.service(service) else { return nil }
        guard let autoScaling = try autoScalingConfiguration(row.autoScaling) else {
            throw StoreError(.unreadableRow, "Service \(row.name) names the missing configuration \(row.autoScaling)")
        }
        let instances = try unreleasedInstances(of: service)
        let others = Set(instances.map(\.revision)).subtracting(
            [row.activeRevision, row.targetRevision].compactMap(\.self))
        return ServiceSnapshot(
            service: row,
            autoScaling: autoScaling,
            active: try row.activeRevision.flatMap { try revision($0) },
            target: try row.targetRevision.flatMap { try revision($0) },
            earlier: try others.compactMap { try revision($0) }.sorted { $0.number < $1.number },
            operation: try runningOperation(of: service),
            instances: instances,
        )
    }

    /// Services that may need work after a start: all that are not deleted, and deleted ones with unreleased instances
    /// or a running operation.
    public func servicesToReconcile() throws -> [ServiceID] {
        try fetch(
            """
            SELECT id FROM service
            WHERE deletedAt IS NULL
              OR EXISTS (SELECT 1 FROM instance WHERE instance.service = service.id AND releasedAt IS NULL)
              OR EXISTS (SELECT 1 FROM operation WHERE operation.service = service.id AND endedAt IS NULL)
            ORDER BY createdAt, rowid
            """, from: "service"
        ) { try $0.id("id") }
    }

    // Every statement goes through these, so that each is prepared once per connection.

    func fetch<Value>(
        _ sql: String,
        _ arguments: StatementArguments = StatementArguments(),
        from table: String,
        as read: (RowReader) throws -> Value,
    ) throws -> [Value] {
        let rows = try Row.fetchAll(try database.cachedStatement(sql: sql), arguments: arguments)
        return try rows.map { try read(RowReader(row: $0, table: table)) }
    }

    func fetchOne<Value>(
        _ sql: String,
        _ arguments: StatementArguments = StatementArguments(),
        from table: String,
        as read: (RowReader) throws -> Value,
    ) throws -> Value? {
        guard let row = try Row.fetchOne(try database.cachedStatement(sql: sql), arguments: arguments) else {
            return nil
        }
        return try read(RowReader(row: row, table: table))
    }

    /// Executes a statement and gives how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
        return database.changesCount
    }

    func count(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try Int.fetchOne(try database.cachedStatement(sql: sql), arguments: arguments) ?? 0
    }
}
