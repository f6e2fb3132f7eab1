public import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// Deletes a service: its instances end, its host is free again.
    ///
    /// A creation, update or deployment that runs is overtaken: it ends as failed, in the same transaction.
    public func deleteService(
        _ reference: String, ifMatch: Int64?, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        try await change(reference, "Deleting", by: principal) { transaction, now in
            var service = try transaction.service(referredToAs: reference)
            try service.check(ifMatch: ifMatch)
            if service.status == .deleted { throw ControlPlaneError.state(service, "delete", needs: "not deleted") }
            if let running = try transaction.runningOperation(of: service.id) {
                guard running.type.canBeOvertaken else {
                    throw ControlPlaneError.inProgress(running, service, "delete")
                }
                try transaction.finish(
                    running.id, status: .failed,
                    failure: OperationFailure(
                        code: .superseded, message: "The service was deleted before this operation had ended."),
                    principal: principal.name, now: now)
            }
            service.desired = .deleted
            service.targetRevision = nil
            return Change(
                service: service, type: .deleteService, kind: "service.deletionStarted",
                message: "Service \(service.name) is being deleted.")
        }
    }

    /// Ends a service's instances and keeps its definition.
    ///
    /// A paused one stays as it is, and the operation has ended.
    public func pauseService(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        try await change(reference, "Pausing", by: principal) { transaction, _ in
            var service = try transaction.idleService(reference, "pause", ifMatch: nil)
            guard service.status == .running || service.status == .paused else {
                throw ControlPlaneError.state(service, "pause", needs: "running")
            }
            let isPaused = service.status == .paused
            service.desired = .paused
            return Change(
                service: service, type: .pauseService, kind: "service.pauseStarted",
                message: isPaused ? "Service \(service.name) was paused." : "Service \(service.name) is being paused.",
                hasEnded: isPaused)
        }
    }

    /// Starts a paused service again.
    ///
    /// A running one stays as it is, and the operation has ended.
    public func resumeService(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        try await change(reference, "Resuming", by: principal) { transaction, _ in
            var service = try transaction.idleService(reference, "resume", ifMatch: nil)
            guard service.status == .running || service.status == .paused else {
                throw ControlPlaneError.state(service, "resume", needs: "paused")
            }
            let isRunning = service.status == .running
            service.desired = .running
            return Change(
                service: service, type: .resumeService, kind: "service.resumeStarted",
                message: isRunning
                    ? "Service \(service.name) was running." : "Service \(service.name) is being resumed.",
                hasEnded: isRunning)
        }
    }

    /// Runs a change of what is desired: its rules, the new row, the operation and its event in one transaction.
    private func change(
        _ reference: String,
        _ verb: String,
        by principal: Principal,
        _ rules: @Sendable @escaping (borrowing StoreTransaction, UnixTime) throws -> Change,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        let now = now()
        return try await write("\(verb) service '\(reference)'") { transaction in
            let change = try rules(transaction, now)
            var service = change.service
            if !change.hasEnded {
                service.status = .operationInProgress
                service.generation += 1
                service.updatedAt = now
                try transaction.updateService(service)
            }
            let operation = try begin(
                change.type, on: service, kind: change.kind, message: change.message, hasEnded: change.hasEnded,
                by: principal, now: now, in: transaction)
            return (try transaction.detail(of: service), operation)
        }
    }
}

/// A service's row as it is to be, with the operation that makes it so.
private struct Change {
    let service: Service
    let type: OperationType
    let kind: String
    let message: String
    /// Whether there is nothing to do.
    var hasEnded = false
}

extension OperationType {
    /// Whether the deletion of the service may end it.
    fileprivate var canBeOvertaken: Bool {
        switch self {
        case .createService, .updateService, .startDeployment: true
        case .pauseService, .resumeService, .deleteService: false
        }
    }
}

extension Service {
    /// - Throws: `preconditionFailed` when the caller saw another generation.
    func check(ifMatch: Int64?) throws(ControlPlaneError) {
        guard let ifMatch, ifMatch != generation else { return }
        throw ControlPlaneError(
            code: .preconditionFailed,
            message: "Service \(name) is at generation \(generation), not \(ifMatch); read it again and decide anew.")
    }
}

extension ControlPlaneError {
    static func state(_ service: Service, _ verb: String, needs: String) -> ControlPlaneError {
        ControlPlaneError(
            code: .invalidState,
            message: "Service \(service.name) is \(service.status.rawValue); to \(verb) it, it has to be \(needs).")
    }

    static func inProgress(_ operation: Operation, _ service: Service, _ verb: String) -> ControlPlaneError {
        ControlPlaneError(
            code: .operationInProgress,
            message: "The operation \(operation.id) (\(operation.type.rawValue)) runs on service \(service.name); "
                + "\(verb) it when that has ended.")
    }
}

extension StoreTransaction {
    /// The service, when no operation runs on it and it is at the generation the caller saw.
    func idleService(_ reference: String, _ verb: String, ifMatch: Int64?) throws -> Service {
        let service = try service(referredToAs: reference)
        try service.check(ifMatch: ifMatch)
        if let running = try runningOperation(of: service.id) {
            throw ControlPlaneError.inProgress(running, service, verb)
        }
        return service
    }
}
