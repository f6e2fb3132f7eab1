import Logging
import RunaboutAutoscaling
public import RunaboutModel
import RunaboutRouting
import RunaboutStore

extension ControlPlane {
    /// Instances of a service, running first, then ended ones, newest first.
    public func instances(
        of reference: String, includesEnded: Bool,
    ) async throws(ControlPlaneError) -> [Instance] {
        try await read("Listing instances of '\(reference)'") { transaction in
            let service = try transaction.service(referredToAs: reference)
            return try transaction.instances(of: service.id, includesEnded: includesEnded)
        }
    }

    /// An instance by its id or an unambiguous beginning of it (at least 4 digits).
    public func instance(_ reference: String) async throws(ControlPlaneError) -> Instance {
        let isPrefix = reference.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isPrefix, (4...32).contains(reference.utf8.count) else {
            throw Validation.refusal([
                .init(path: "instance", message: "has to be 4...32 digits of an instance's id; it was '\(reference)'")
            ])
        }
        return try await read("Reading instance '\(reference)'") { transaction in
            let found = try transaction.instances(idPrefix: reference, limit: 2)
            guard let first = found.first else {
                throw ControlPlaneError(
                    code: .notFound,
                    message: "There is no instance '\(reference)'; list a service's instances to see which there are.")
            }
            guard found.count == 1 else {
                throw Validation.refusal([
                    .init(
                        path: "instance",
                        message: "has to begin the id of one instance; '\(reference)' begins several, such as "
                            + found.map(\.id.rawValue).joined(separator: " and "))
                ])
            }
            return first
        }
    }

    /// Operations of a service, or of all when nil, newest first.
    public func operations(
        of reference: String?, after token: String?, limit: Int,
    ) async throws(ControlPlaneError) -> Page<Operation> {
        var position: Int64?
        if let token, let parts = try PageToken.parse(token, of: .operations) {
            guard parts.count == 1, let sequence = Int64(parts[0]) else {
                throw PageToken.refusal(token, .operations)
            }
            position = sequence
        }
        try Validation.checkPage(limit: limit)
        let before = position
        let found = try await read("Listing operations") { transaction in
            let service = try reference.map { try transaction.service(referredToAs: $0).id }
            return try transaction.operations(of: service, before: before, limit: limit + 1)
        }
        let items = found.prefix(limit)
        guard found.count > limit, let last = items.last else {
            return Page(items: items.map(\.operation), nextToken: nil)
        }
        return Page(items: items.map(\.operation), nextToken: PageToken.text(.operations, [String(last.position)]))
    }

    /// An operation by id.
    public func operation(_ id: OperationID) async throws(ControlPlaneError) -> Operation {
        try await read("Reading operation \(id)") { transaction in
            guard let operation = try transaction.operation(id) else {
                throw ControlPlaneError(code: .notFound, message: "There is no operation '\(id)'.")
            }
            return operation
        }
    }

    /// Why a service has the instances it has.
    public func explain(_ reference: String) async throws(ControlPlaneError) -> Explanation {
        let limit = Limits.pageSizeDefault
        let found = try await read("Explaining service '\(reference)'") { transaction in
            let service = try transaction.service(referredToAs: reference)
            let decisions = try transaction.records(of: service.id, kind: .scaleDecision, limit: limit)
            let wakes = try transaction.records(of: service.id, kind: .wake, limit: limit)
            let failures = try transaction.records(of: service.id, kind: .ledgerEntry, limit: limit)
            let reports: [WakeReport] = decoded(wakes).map(\.value)
            return (
                service: service.id,
                decisions: decoded(decisions).map { (at: $0.at, decision: $0.value as ScaleDecision) },
                wakes: try reports.map { (report: $0, instance: try transaction.instance($0.instance)) },
                failures: decoded(failures).map { $0.value as LedgerEntry }
            )
        }
        return Explanation(
            decisions: found.decisions, wakes: found.wakes, failures: found.failures,
            demand: live.demand(of: found.service))
    }

    /// The values of records; one that another version wrote differently is left out, and the log says so.
    private func decoded<Value: Decodable>(_ records: [ServiceRecord]) -> [(at: UnixTime, value: Value)] {
        records.compactMap { record in
            do {
                return (record.at, try JSON.decode(record.body.utf8))
            } catch {
                logger.warning(
                    "record left out",
                    metadata: ["service.id": "\(record.service)", "kind": "\(record.kind)", "cause": "\(error)"])
                return nil
            }
        }
    }
}
