import GRDB
package import RunaboutModel

extension StoreTransaction {
    /// A configuration's revision by id, deleted ones included: a service that is going still reads it.
    package func autoScalingConfiguration(
        _ id: AutoScalingConfigurationID,
    ) throws -> AutoScalingConfiguration? {
        try fetchOne(
            "SELECT * FROM autoScalingConfiguration WHERE id = ?", [id.rawValue], from: "autoScalingConfiguration",
            as: AutoScalingConfiguration.init)
    }

    /// A configuration by name and revision, the newest one when that is nil; deleted ones left out.
    package func autoScalingConfiguration(named name: String, revision: Int?) throws -> AutoScalingConfiguration? {
        try fetchOne(
            """
            SELECT * FROM autoScalingConfiguration
            WHERE name = ?1 AND deletedAt IS NULL AND (?2 IS NULL OR revision = ?2)
            ORDER BY revision DESC LIMIT 1
            """, [name, revision], from: "autoScalingConfiguration", as: AutoScalingConfiguration.init)
    }

    /// Configurations by name and revision, those after a name and revision, at most `limit`; deleted ones left out.
    package func autoScalingConfigurations(
        after position: (name: String, revision: Int)?, limit: Int,
    ) throws -> [AutoScalingConfiguration] {
        try fetch(
            """
            SELECT * FROM autoScalingConfiguration
            WHERE deletedAt IS NULL AND (name, revision) > (?, ?) ORDER BY name, revision LIMIT ?
            """, [position?.name ?? "", position?.revision ?? 0, limit], from: "autoScalingConfiguration",
            as: AutoScalingConfiguration.init)
    }

    /// How many revisions of configurations there are, deleted ones left out.
    package func autoScalingConfigurationCount() throws -> Int {
        try count("SELECT count(*) FROM autoScalingConfiguration WHERE deletedAt IS NULL")
    }

    /// The number the next revision under a name gets; numbers of deleted revisions do not come again.
    package func nextAutoScalingRevision(named name: String) throws -> Int {
        try count("SELECT coalesce(max(revision), 0) + 1 FROM autoScalingConfiguration WHERE name = ?", [name])
    }

    /// Adds a revision of a configuration.
    package func insertAutoScalingConfiguration(_ configuration: AutoScalingConfiguration) throws {
        try execute(
            """
            INSERT INTO autoScalingConfiguration (
              id, name, revision, maxConcurrency, minSize, maxSize, stabilizationSeconds, createdAt
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                configuration.id.rawValue, configuration.name, configuration.revision, configuration.maxConcurrency,
                configuration.minSize, configuration.maxSize, configuration.stabilizationSeconds,
                configuration.createdAt.milliseconds,
            ])
    }

    /// Takes a revision out of lists.
    ///
    /// Rows that no service refers to go, but for each name's highest number, which the next revision is counted from.
    package func deleteAutoScalingConfiguration(_ id: AutoScalingConfigurationID, now: UnixTime) throws {
        try execute(
            "UPDATE autoScalingConfiguration SET deletedAt = ? WHERE id = ? AND deletedAt IS NULL",
            [now.milliseconds, id.rawValue])
        try execute(
            """
            DELETE FROM autoScalingConfiguration
            WHERE deletedAt IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM service WHERE service.autoScaling = autoScalingConfiguration.id)
              AND revision < (
                SELECT max(revision) FROM autoScalingConfiguration AS other
                WHERE other.name = autoScalingConfiguration.name
              )
            """)
    }

    /// Names of services that use a configuration's revision, deleted ones left out, at most `limit`.
    package func serviceNames(using id: AutoScalingConfigurationID, limit: Int) throws -> [String] {
        try fetch(
            "SELECT name FROM service WHERE autoScaling = ? AND deletedAt IS NULL ORDER BY name LIMIT ?",
            [id.rawValue, limit], from: "service"
        ) { try $0.text("name") }
    }
}

extension AutoScalingConfiguration {
    init(_ row: RowReader) throws {
        self.init(
            id: try row.id("id"),
            name: try row.text("name"),
            revision: try row.integer("revision"),
            maxConcurrency: try row.integer("maxConcurrency"),
            minSize: try row.integer("minSize"),
            maxSize: try row.integer("maxSize"),
            stabilizationSeconds: try row.integer("stabilizationSeconds"),
            createdAt: try row.time("createdAt"),
        )
    }
}
