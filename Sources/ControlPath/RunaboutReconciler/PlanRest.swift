import RunaboutModel
import RunaboutStore

/// One change of rows that a plan asks for.
enum RowChange: Sendable {
    case insert(Instance)
    case state(InstanceID, InstanceState, reason: String?, exit: InstanceExit?, timings: StartTimings?)
    case activate(RevisionID, generation: Int64)
    case endOperation(OperationID, OperationStatus, OperationFailure?, ServiceStatus)
}

/// What of a plan follows its instant steps: rows, written in one transaction, and the effects that may begin once they
/// are written.
struct PlanRest: Sendable {
    let service: ServiceID
    var rows: [RowChange] = []
    var effects: [Effect] = []

    /// Writes the rows.
    func write(in transaction: borrowing StoreTransaction, now: UnixTime) throws {
        for row in rows { try write(row, in: transaction, now: now) }
    }

    /// Writes one row.
    func write(_ row: RowChange, in transaction: borrowing StoreTransaction, now: UnixTime) throws {
        switch row {
        case .insert(let instance):
            try transaction.insertInstance(instance)
            try transaction.updateInstance(instance.id, state: .creating, now: now)
        case .state(let id, let state, let reason, let exit, let timings):
            try transaction.updateInstance(id, state: state, reason: reason, exit: exit, timings: timings, now: now)
        case .activate(let revision, let generation):
            try transaction.activate(revision, service: service, generation: generation, now: now)
        case .endOperation(let id, let status, let failure, let serviceStatus):
            try transaction.endOperation(
                id, status: status, failure: failure, serviceStatus: serviceStatus, now: now)
        }
    }
}
