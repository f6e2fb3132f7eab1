import GRDB
public import RunaboutModel

extension StoreTransaction {
    /// Ids of all instances that have rows, the released ones included whose logs are kept.
    public func instanceIDs() throws -> [InstanceID] {
        try fetch("SELECT id FROM instance ORDER BY rowid", from: "instance") { try $0.id("id") }
    }

    /// Ids of all instances whose rows are not released.
    public func unreleasedInstances() throws -> [InstanceID] {
        try fetch("SELECT id FROM instance WHERE releasedAt IS NULL ORDER BY rowid", from: "instance") {
            try $0.id("id")
        }
    }

    func unreleasedInstances(of service: ServiceID) throws -> [Instance] {
        try fetch(
            "SELECT * FROM instance WHERE service = ? AND releasedAt IS NULL ORDER BY createdAt, rowid",
            [service.rawValue], from: "instance", as: Instance.init)
    }

    /// An instance by id.
    package func instance(_ id: InstanceID) throws -> Instance? {
        try fetchOne("SELECT * FROM instance WHERE id = ?", [id.rawValue], from: "instance", as: Instance.init)
    }

    /// Instances of a service: those that have not ended, then, when asked for, the ended ones; newest first each.
    package func instances(of service: ServiceID, includesEnded: Bool) throws -> [Instance] {
        try fetch(
            """
            SELECT *, state IN ('stopped', 'failed') AS isEnded FROM instance
            WHERE service = ? AND (? OR NOT isEnded)
            ORDER BY isEnded, createdAt DESC, rowid DESC
            """, [service.rawValue, includesEnded], from: "instance", as: Instance.init)
    }

    /// Instances whose ids begin with the digits, at most `limit`.
    package func instances(idPrefix: String, limit: Int) throws -> [Instance] {
        try fetch(
            "SELECT * FROM instance WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", [idPrefix, idPrefix + "g", limit],
            from: "instance", as: Instance.init)
    }

    /// Adds a row in state `pending`.
    public func insertInstance(_ instance: Instance) throws {
        try execute(
            """
            INSERT INTO instance (
              id, service, revision, state, addressHost, addressPort, exitStatus, exitIsOutOfMemory, reason,
              createMilliseconds, startMilliseconds, healthyMilliseconds, createdAt, updatedAt
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                instance.id.rawValue, instance.service.rawValue, instance.revision.rawValue, instance.state.rawValue,
                instance.address?.host, instance.address?.port, instance.exit?.status, instance.exit?.isOutOfMemory,
                instance.reason, instance.timings.createMilliseconds, instance.timings.startMilliseconds,
                instance.timings.healthyMilliseconds, instance.createdAt.milliseconds, instance.updatedAt.milliseconds,
            ])
        try appendEvent(
            kind: "instance.created", principal: Self.system, service: instance.service, instance: instance.id,
            operation: try runningOperation(of: instance.service)?.id,
            message: "Instance \(instance.id.short) was decided.", now: instance.createdAt)
    }

    /// Writes an instance's new state; nil leaves a value as it is.
    ///
    /// Adds an event `instance.STATE` when the state is another one than before.
    ///
    /// - Throws: `notFound` when there is no such row, `stale` when it has ended and is to be in a state before that.
    public func updateInstance(
        _ id: InstanceID,
        state: InstanceState?,
        reason: String? = nil,
        address: InstanceAddress? = nil,
        exit: InstanceExit? = nil,
        timings: StartTimings? = nil,
        now: UnixTime,
    ) throws {
        guard let before = try instance(id) else {
            throw StoreError(.notFound, "There is no instance \(id.short) to update")
        }
        if let state, before.state.isEnded, !state.isEnded {
            throw StoreError(
                .stale, "Instance \(id.short) is \(before.state.rawValue) and can't be \(state.rawValue) any more")
        }
        try execute(
            """
            UPDATE instance SET
              state = coalesce(?, state), reason = coalesce(?, reason),
              addressHost = coalesce(?, addressHost), addressPort = coalesce(?, addressPort),
              exitStatus = coalesce(?, exitStatus), exitIsOutOfMemory = coalesce(?, exitIsOutOfMemory),
              createMilliseconds = coalesce(?, createMilliseconds),
              startMilliseconds = coalesce(?, startMilliseconds),
              healthyMilliseconds = coalesce(?, healthyMilliseconds),
              updatedAt = ?
            WHERE id = ?
            """,
            [
                state?.rawValue, reason, address?.host, address?.port, exit?.status, exit?.isOutOfMemory,
                timings?.createMilliseconds, timings?.startMilliseconds, timings?.healthyMilliseconds, now.milliseconds,
                id.rawValue,
            ])
        guard let state, state != before.state else { return }
        try appendEvent(
            kind: "instance.\(state.rawValue)", principal: Self.system, service: before.service, instance: id,
            operation: try runningOperation(of: before.service)?.id,
            message: Self.message(of: id, in: state, reason: reason, exit: exit), now: now)
    }

    /// Notes that nothing of an ended instance is held any more; it leaves snapshots and stays in lists.
    ///
    /// Returns instances whose rows were dropped because more than `Limits.endedInstancesKeptMax` had ended.
    ///
    /// - Throws: `notFound` when there is no such row, `stale` when it has not ended.
    public func releaseInstance(_ id: InstanceID, now: UnixTime) throws -> [InstanceID] {
        guard let row = try instance(id) else {
            throw StoreError(.notFound, "There is no instance \(id.short) to release")
        }
        guard row.state.isEnded else {
            throw StoreError(.stale, "Instance \(id.short) is \(row.state.rawValue); only an ended one can be released")
        }
        let changed = try execute(
            "UPDATE instance SET releasedAt = ? WHERE id = ? AND releasedAt IS NULL", [now.milliseconds, id.rawValue])
        guard changed > 0 else { return [] }
        try appendEvent(
            kind: "instance.released", principal: Self.system, service: row.service, instance: id, operation: nil,
            message: "Nothing of instance \(id.short) is held any more.", now: now)
        return try fetch(
            """
            DELETE FROM instance WHERE id IN (
              SELECT id FROM instance WHERE service = ? AND releasedAt IS NOT NULL
              ORDER BY releasedAt DESC, rowid DESC LIMIT -1 OFFSET ?
            ) RETURNING id
            """, [row.service.rawValue, Limits.endedInstancesKeptMax], from: "instance"
        ) { try $0.id("id") }
    }

    private static func message(
        of id: InstanceID, in state: InstanceState, reason: String?, exit: InstanceExit?,
    ) -> String {
        var message = "Instance \(id.short) is \(state.rawValue)"
        if let exit {
            message += exit.isOutOfMemory ? ", killed for going over its memory limit" : ", exit status \(exit.status)"
        }
        guard let reason else { return message + "." }
        return message + ": " + reason
    }
}

extension Instance {
    init(_ row: RowReader) throws {
        var address: InstanceAddress?
        if let host = try row.optionalText("addressHost"), let port = try row.optionalInteger("addressPort") {
            address = InstanceAddress(host: host, port: port)
        }
        var exit: InstanceExit?
        if let status = try row.optionalInteger("exitStatus") {
            exit = InstanceExit(status: status, isOutOfMemory: try row.integer("exitIsOutOfMemory") == 1)
        }
        self.init(
            id: try row.id("id"),
            service: try row.id("service"),
            revision: try row.id("revision"),
            state: try row.choice("state"),
            address: address,
            exit: exit,
            reason: try row.optionalText("reason"),
            timings: StartTimings(
                createMilliseconds: try row.optionalWideInteger("createMilliseconds"),
                startMilliseconds: try row.optionalWideInteger("startMilliseconds"),
                healthyMilliseconds: try row.optionalWideInteger("healthyMilliseconds"),
            ),
            createdAt: try row.time("createdAt"),
            updatedAt: try row.time("updatedAt"),
        )
    }
}
