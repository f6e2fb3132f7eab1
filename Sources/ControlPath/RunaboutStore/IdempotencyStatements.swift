import GRDB
package import RunaboutModel

/// What a request with an idempotency key made.
package struct IdempotencyRecord: Hashable, Sendable {
    /// A fingerprint of the request.
    package let request: String
    /// The service it made.
    package let service: ServiceID
    /// The operation it started.
    package let operation: OperationID

    /// Takes all values.
    package init(request: String, service: ServiceID, operation: OperationID) {
        self.request = request
        self.service = service
        self.operation = operation
    }
}

extension StoreTransaction {
    /// What a principal's request under a key made, unless that is longer ago than `Limits.idempotencyKeyLifetime`.
    package func idempotencyRecord(principal: String, key: String, now: UnixTime) throws -> IdempotencyRecord? {
        try fetchOne(
            "SELECT * FROM idempotencyKey WHERE principal = ? AND \"key\" = ? AND createdAt > ?",
            [principal, key, expiry(now)], from: "idempotencyKey"
        ) { row in
            IdempotencyRecord(
                request: try row.text("request"), service: try row.id("service"), operation: try row.id("operation"))
        }
    }

    /// Keeps what a request made, and drops keys that are too old or, beyond `Limits.idempotencyKeysMax`, the oldest.
    package func insertIdempotencyRecord(
        _ record: IdempotencyRecord, principal: String, key: String, now: UnixTime,
    ) throws {
        try execute("DELETE FROM idempotencyKey WHERE createdAt <= ?", [expiry(now)])
        try execute(
            """
            INSERT INTO idempotencyKey (principal, "key", request, service, operation, createdAt)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                principal, key, record.request, record.service.rawValue, record.operation.rawValue, now.milliseconds,
            ])
        try execute(
            """
            DELETE FROM idempotencyKey WHERE rowid IN (
              SELECT rowid FROM idempotencyKey ORDER BY createdAt DESC, rowid DESC LIMIT -1 OFFSET ?
            )
            """, [Limits.idempotencyKeysMax])
    }

    private func expiry(_ now: UnixTime) -> Int64 {
        now.milliseconds - Limits.idempotencyKeyLifetime.wholeMilliseconds
    }
}
