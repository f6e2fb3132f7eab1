import GRDB
import OCI
public import RunaboutModel

extension StoreTransaction {
    /// A service by id, deleted ones included.
    package func service(_ id: ServiceID) throws -> Service? {
        try fetchOne("SELECT * FROM service WHERE id = ?", [id.rawValue], from: "service", as: Service.init)
    }

    /// The service of a name, deleted ones left out.
    package func service(named name: String) throws -> Service? {
        try fetchOne(
            "SELECT * FROM service WHERE name = ? AND deletedAt IS NULL", [name], from: "service", as: Service.init)
    }

    /// The service that answers at a host, deleted ones left out.
    package func service(host: String) throws -> Service? {
        try fetchOne(
            "SELECT * FROM service WHERE host = ? AND deletedAt IS NULL", [host], from: "service", as: Service.init)
    }

    /// Services that are not deleted by name, those after a name, at most `limit`.
    package func services(after name: String?, limit: Int) throws -> [Service] {
        try fetch(
            "SELECT * FROM service WHERE deletedAt IS NULL AND name > ? ORDER BY name LIMIT ?", [name ?? "", limit],
            from: "service", as: Service.init)
    }

    /// How many services there are, deleted ones left out.
    package func serviceCount() throws -> Int { try count("SELECT count(*) FROM service WHERE deletedAt IS NULL") }

    /// Adds a service, and drops the oldest deleted ones beyond `Limits.deletedServicesKeptMax` of which nothing runs.
    package func insertService(_ service: Service) throws {
        try execute(
            """
            INSERT INTO service (
              id, name, host, desired, status, generation, activeRevision, targetRevision, autoScaling, createdAt,
              updatedAt, deletedAt
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                service.id.rawValue, service.name, service.host, service.desired.rawValue, service.status.rawValue,
                service.generation, service.activeRevision?.rawValue, service.targetRevision?.rawValue,
                service.autoScaling.rawValue, service.createdAt.milliseconds, service.updatedAt.milliseconds,
                service.deletedAt?.milliseconds,
            ])
        try execute(
            """
            DELETE FROM service WHERE id IN (
              SELECT id FROM service WHERE deletedAt IS NOT NULL ORDER BY deletedAt DESC, rowid DESC LIMIT -1 OFFSET ?
            )
            AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.service = service.id AND releasedAt IS NULL)
            AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.service = service.id AND endedAt IS NULL)
            """, [Limits.deletedServicesKeptMax])
    }

    /// Writes what of a service changes: what is desired, its status, generation, revisions, scaling and times.
    ///
    /// - Throws: `notFound` when there is no such row, `stale` when its generation is above the given one.
    package func updateService(_ service: Service) throws {
        let changed = try execute(
            """
            UPDATE service SET desired = ?, status = ?, generation = ?, activeRevision = ?, targetRevision = ?,
              autoScaling = ?, updatedAt = ?, deletedAt = ?
            WHERE id = ? AND generation <= ?
            """,
            [
                service.desired.rawValue, service.status.rawValue, service.generation, service.activeRevision?.rawValue,
                service.targetRevision?.rawValue, service.autoScaling.rawValue, service.updatedAt.milliseconds,
                service.deletedAt?.milliseconds, service.id.rawValue, service.generation,
            ])
        guard changed == 0 else { return }
        guard try self.service(service.id) != nil else {
            throw StoreError(.notFound, "There is no service \(service.id) to update")
        }
        throw StoreError(.stale, "Service \(service.name) has moved beyond generation \(service.generation)")
    }

    /// Makes the revision the active one, unless the service's generation is not the given one any more.
    ///
    /// - Throws: `stale` when the generation is another one; nothing of the transaction happens then.
    public func activate(_ revision: RevisionID, service: ServiceID, generation: Int64, now: UnixTime) throws {
        guard let row = try self.service(service) else {
            throw StoreError(.notFound, "There is no service \(service) to activate a revision of")
        }
        guard row.generation == generation else {
            throw StoreError(
                .stale,
                "Revision \(revision.short) of \(row.name) was to be activated for generation \(generation), which is "
                    + "\(row.generation) by now")
        }
        guard row.activeRevision != revision else { return }
        try execute(
            "UPDATE service SET activeRevision = ?, updatedAt = ? WHERE id = ?",
            [revision.rawValue, now.milliseconds, service.rawValue])
        let number = try self.revision(revision)?.number ?? 0
        try appendEvent(
            kind: "revision.activated", principal: Self.system, service: service, instance: nil,
            operation: try runningOperation(of: service)?.id, message: "Revision \(number) of \(row.name) serves now.",
            now: now)
    }

    /// A revision by id.
    package func revision(_ id: RevisionID) throws -> Revision? {
        try fetchOne("SELECT * FROM revision WHERE id = ?", [id.rawValue], from: "revision", as: Revision.init)
    }

    /// The revision of a service with the highest number.
    package func newestRevision(of service: ServiceID) throws -> Revision? {
        try fetchOne(
            "SELECT * FROM revision WHERE service = ? ORDER BY number DESC LIMIT 1", [service.rawValue],
            from: "revision", as: Revision.init)
    }

    /// Adds a revision, and drops the service's oldest ones beyond `Limits.revisionsKeptMax` that nothing refers to.
    package func insertRevision(_ revision: Revision) throws {
        try execute(
            """
            INSERT INTO revision (id, service, number, imageName, imageDigest, configuration, createdAt)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                revision.id.rawValue, revision.service.rawValue, revision.number, revision.imageName,
                revision.imageDigest.description, try jsonText(revision.configuration), revision.createdAt.milliseconds,
            ])
        try execute(
            """
            DELETE FROM revision WHERE service = ? AND number <= ?
            AND NOT EXISTS (
              SELECT 1 FROM service
              WHERE service.id = revision.service AND revision.id IN (activeRevision, targetRevision)
            )
            AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.revision = revision.id)
            """, [revision.service.rawValue, revision.number - Limits.revisionsKeptMax])
    }

    /// Who does what nobody asked for.
    static let system = "system"
}

extension Service {
    init(_ row: RowReader) throws {
        self.init(
            id: try row.id("id"),
            name: try row.text("name"),
            host: try row.text("host"),
            desired: try row.choice("desired"),
            status: try row.choice("status"),
            generation: try row.wideInteger("generation"),
            activeRevision: try row.optionalID("activeRevision"),
            targetRevision: try row.optionalID("targetRevision"),
            autoScaling: try row.id("autoScaling"),
            createdAt: try row.time("createdAt"),
            updatedAt: try row.time("updatedAt"),
            deletedAt: try row.optionalTime("deletedAt"),
        )
    }
}

extension Revision {
    init(_ row: RowReader) throws {
        self.init(
            id: try row.id("id"),
            service: try row.id("service"),
            number: try row.integer("number"),
            imageName: try row.text("imageName"),
            imageDigest: try row.digest("imageDigest"),
            configuration: try row.json("configuration"),
            createdAt: try row.time("createdAt"),
        )
    }
}
