import GRDB
public import RunaboutModel

extension StoreTransaction {
    /// Adds an operation; at most one of a service has not ended.
    ///
    /// Drops the service's oldest ended ones beyond `Limits.operationsKeptMax`.
    package func insertOperation(_ operation: Operation) throws {
        try execute(
            """
            INSERT INTO operation (id, service, type, status, failure, startedAt, endedAt) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                operation.id.rawValue, operation.service.rawValue, operation.type.rawValue, operation.status.rawValue,
                try operation.failure.map(jsonText), operation.startedAt.milliseconds, operation.endedAt?.milliseconds,
            ])
        try execute(
            """
            DELETE FROM operation WHERE sequence IN (
              SELECT sequence FROM operation WHERE service = ? ORDER BY sequence DESC LIMIT -1 OFFSET ?
            ) AND endedAt IS NOT NULL
            """, [operation.service.rawValue, Limits.operationsKeptMax])
    }

    /// An operation by id.
    package func operation(_ id: OperationID) throws -> Operation? {
        try fetchOne("SELECT * FROM operation WHERE id = ?", [id.rawValue], from: "operation", as: Operation.init)
    }

    /// The operation of a service that has not ended.
    package func runningOperation(of service: ServiceID) throws -> Operation? {
        try fetchOne(
            "SELECT * FROM operation WHERE service = ? AND endedAt IS NULL", [service.rawValue], from: "operation",
            as: Operation.init)
    }

    /// The operation of a service that was asked for last.
    package func newestOperation(of service: ServiceID) throws -> Operation? {
        try operations(of: service, before: nil, limit: 1).first?.operation
    }

    /// Operations of a service or of all, newest first, those before a position, at most `limit`.
    package func operations(
        of service: ServiceID?, before position: Int64?, limit: Int,
    ) throws -> [(position: Int64, operation: Operation)] {
        let read = { (row: RowReader) in (position: try row.wideInteger("sequence"), operation: try Operation(row)) }
        guard let service else {
            return try fetch(
                "SELECT * FROM operation WHERE sequence < ? ORDER BY sequence DESC LIMIT ?", [position ?? .max, limit],
                from: "operation", as: read)
        }
        return try fetch(
            "SELECT * FROM operation WHERE service = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
            [service.rawValue, position ?? .max, limit], from: "operation", as: read)
    }

    /// Ends an operation, clears the target revision and writes the service's status.
    ///
    /// A service whose status becomes `deleted` gets its `deletedAt`; one that goes back to `running` or `paused` is
    /// desired to be that again.
    ///
    /// - Throws: `notFound` when there is no such operation, `stale` when it has ended: a later one overtook it.
    public func endOperation(
        _ id: OperationID,
        status: OperationStatus,
        failure: OperationFailure?,
        serviceStatus: ServiceStatus,
        now: UnixTime,
    ) throws {
        let operation = try finish(id, status: status, failure: failure, principal: Self.system, now: now)
        guard var service = try service(operation.service) else {
            throw StoreError(.unreadableRow, "Operation \(id.short) is of the missing service \(operation.service)")
        }
        service.status = serviceStatus
        service.targetRevision = nil
        service.updatedAt = now
        switch serviceStatus {
        case .running, .createFailed: service.desired = .running
        case .paused: service.desired = .paused
        case .deleted:
            service.desired = .deleted
            service.deletedAt = now
        case .operationInProgress, .deleteFailed: break
        }
        try updateService(service)
        guard serviceStatus == .deleted else { return }
        try appendEvent(
            kind: "service.deleted", principal: Self.system, service: service.id, instance: nil, operation: id,
            message: "Service \(service.name) is gone; its name and host are free.", now: now)
    }

    /// Ends an operation and adds the event of it, without touching its service.
    ///
    /// - Throws: `notFound` when there is no such operation, `stale` when it has ended.
    @discardableResult
    package func finish(
        _ id: OperationID, status: OperationStatus, failure: OperationFailure?, principal: String, now: UnixTime,
    ) throws -> Operation {
        guard var operation = try operation(id) else {
            throw StoreError(.notFound, "There is no operation \(id.short) to end")
        }
        guard operation.endedAt == nil else {
            throw StoreError(.stale, "Operation \(id.short) has \(operation.status.rawValue) and can't end again")
        }
        operation.status = status
        operation.failure = failure
        operation.endedAt = now
        try execute(
            "UPDATE operation SET status = ?, failure = ?, endedAt = ? WHERE id = ?",
            [status.rawValue, try failure.map(jsonText), now.milliseconds, id.rawValue])
        try appendEvent(
            kind: "operation.\(status.rawValue)", principal: principal, service: operation.service, instance: nil,
            operation: id, message: Self.message(of: operation), now: now)
        return operation
    }

    private static func message(of operation: Operation) -> String {
        let ended = "Operation \(operation.type.rawValue) \(operation.id.short) ended: \(operation.status.rawValue)"
        guard let failure = operation.failure else { return ended + "." }
        return "\(ended), \(failure.code.rawValue). \(failure.message)"
    }
}

extension Operation {
    init(_ row: RowReader) throws {
        self.init(
            id: try row.id("id"),
            service: try row.id("service"),
            type: try row.choice("type"),
            status: try row.choice("status"),
            failure: try row.optionalJSON("failure"),
            startedAt: try row.time("startedAt"),
            endedAt: try row.optionalTime("endedAt"),
        )
    }
}
