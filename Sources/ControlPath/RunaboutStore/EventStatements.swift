import GRDB
public import RunaboutModel

extension StoreTransaction {
    /// Adds an event and gives its sequence number; watchers wake when the transaction commits.
    ///
    /// The oldest events beyond `Limits.eventsKeptMax` go.
    @discardableResult
    public func appendEvent(
        kind: String,
        principal: String,
        service: ServiceID?,
        instance: InstanceID?,
        operation: OperationID?,
        message: String,
        now: UnixTime,
    ) throws -> Int64 {
        try execute(
            """
            INSERT INTO event (at, principal, kind, service, instance, operation, message) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                now.milliseconds, principal, kind, service?.rawValue, instance?.rawValue, operation?.rawValue, message,
            ])
        let sequence = database.lastInsertedRowID
        try execute("DELETE FROM event WHERE sequence <= ?", [sequence - Int64(Limits.eventsKeptMax)])
        let broadcast = broadcast
        afterCommit { broadcast.signal(service) }
        return sequence
    }

    /// Events after a sequence number, oldest first, of one service or of all, at most `limit`.
    package func events(of service: ServiceID?, after sequence: Int64, limit: Int) throws -> [Event] {
        guard let service else {
            return try fetch(
                "SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit], from: "event",
                as: Event.init)
        }
        return try fetch(
            "SELECT * FROM event WHERE service = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            [service.rawValue, sequence, limit], from: "event", as: Event.init)
    }

    /// The newest events of one service or of all, oldest first, at most `limit`.
    package func newestEvents(of service: ServiceID?, limit: Int) throws -> [Event] {
        guard let service else {
            return try fetch(
                "SELECT * FROM event ORDER BY sequence DESC LIMIT ?", [limit], from: "event", as: Event.init
            ).reversed()
        }
        return try fetch(
            "SELECT * FROM event WHERE service = ? ORDER BY sequence DESC LIMIT ?", [service.rawValue, limit],
            from: "event", as: Event.init
        ).reversed()
    }

    /// The newest event's sequence number; 0 when there has been none.
    package func lastEventSequence() throws -> Int64 {
        try Int64.fetchOne(try database.cachedStatement(sql: "SELECT max(sequence) FROM event")) ?? 0
    }

    /// Keeps records, and drops the oldest of each service and kind beyond `Limits.decisionsKeptMax`.
    ///
    /// Records of a service that is gone altogether are left out.
    public func insertRecords(_ records: [ServiceRecord]) throws {
        for record in records {
            try execute(
                """
                INSERT INTO serviceRecord (service, kind, at, body)
                SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM service WHERE id = ?1)
                """, [record.service.rawValue, record.kind.rawValue, record.at.milliseconds, record.body])
        }
        var seen: Set<[String]> = []
        for record in records where seen.insert([record.service.rawValue, record.kind.rawValue]).inserted {
            try execute(
                """
                DELETE FROM serviceRecord WHERE service = ?1 AND kind = ?2 AND sequence <= (
                  SELECT sequence FROM serviceRecord WHERE service = ?1 AND kind = ?2
                  ORDER BY sequence DESC LIMIT 1 OFFSET ?3
                )
                """, [record.service.rawValue, record.kind.rawValue, Limits.decisionsKeptMax])
        }
    }

    /// The newest records of a service, newest first.
    public func records(of service: ServiceID, kind: ServiceRecord.Kind, limit: Int) throws -> [ServiceRecord] {
        try fetch(
            "SELECT * FROM serviceRecord WHERE service = ? AND kind = ? ORDER BY sequence DESC LIMIT ?",
            [service.rawValue, kind.rawValue, limit], from: "serviceRecord"
        ) { row in
            ServiceRecord(
                service: try row.id("service"), kind: try row.choice("kind"), at: try row.time("at"),
                body: try row.text("body"))
        }
    }
}

extension Event {
    init(_ row: RowReader) throws {
        self.init(
            sequence: try row.wideInteger("sequence"),
            at: try row.time("at"),
            principal: try row.text("principal"),
            kind: try row.text("kind"),
            service: try row.optionalID("service"),
            instance: try row.optionalID("instance"),
            operation: try row.optionalID("operation"),
            message: try row.text("message"),
        )
    }
}
