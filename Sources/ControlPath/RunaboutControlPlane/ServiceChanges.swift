import OCI
public import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// Changes a service; a new image or configuration starts a deployment, an auto scaling change alone does not and
    /// gives an operation that has ended.
    ///
    /// `ifMatch` is the service's generation the caller saw.
    ///
    /// A service whose first deployment failed is deployed anew by any update, an empty one too. An auto scaling change
    /// holds at once, even when it comes with a deployment that fails later.
    public func updateService(
        _ reference: String, _ request: UpdateServiceRequest, ifMatch: Int64?, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        var validation = Validation()
        let imageReference = request.image.flatMap { validation.imageReference($0, "image") }
        if let configuration = request.configuration { validation.check(configuration, "configuration") }
        try validation.finish()

        let attempt = "Updating service '\(reference)'"
        let seen = try await read(attempt) { transaction in
            let service = try transaction.updatableService(reference, request, ifMatch: ifMatch)
            if let name = request.autoScaling { _ = try transaction.autoScaling(named: name, path: "autoScaling") }
            return (service: service, base: try transaction.shownRevision(of: service))
        }
        guard request.startsDeployment(of: seen.service) else {
            return try await applyAutoScaling(reference, request, ifMatch: ifMatch, by: principal)
        }
        guard let base = seen.base else {
            throw ControlPlaneError(
                code: .internalError, message: "Service \(seen.service.name) has no revision; delete it and create it.")
        }
        let configuration = request.configuration ?? base.configuration
        let image =
            if let name = request.image, let imageReference {
                try await resolveImage(name, imageReference, startCommand: configuration.startCommand)
            } else if seen.service.status == .createFailed {
                try await resolveImageAgain(of: base, startCommand: configuration.startCommand)
            } else {
                try await resolveImage(of: base, startCommand: configuration.startCommand)
            }
        return try await write(attempt) { transaction in
            let service = try transaction.updatableService(reference, request, ifMatch: ifMatch)
            try transaction.checkUnchanged(service, since: seen.service)
            let deployment = Deployment(
                type: .updateService, kind: "service.updated", image: image, configuration: configuration,
                autoScaling: request.autoScaling)
            return try deploy(deployment, on: service, by: principal, in: transaction)
        }
    }

    /// Deploys again: what the service's image name stands for now.
    public func startDeployment(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        let attempt = "Deploying service '\(reference)'"
        let seen = try await read(attempt) { transaction in
            let service = try transaction.deployableService(reference)
            return (service: service, base: try transaction.shownRevision(of: service))
        }
        guard let base = seen.base else {
            throw ControlPlaneError(
                code: .internalError, message: "Service \(seen.service.name) has no revision; delete it and create it.")
        }
        let image = try await resolveImageAgain(of: base, startCommand: base.configuration.startCommand)
        return try await write(attempt) { transaction in
            let service = try transaction.deployableService(reference)
            try transaction.checkUnchanged(service, since: seen.service)
            let deployment = Deployment(
                type: .startDeployment, kind: "service.deploymentStarted", image: image,
                configuration: base.configuration, autoScaling: nil)
            return try deploy(deployment, on: service, by: principal, in: transaction)
        }
    }

    /// What the name in a revision stands for now.
    private func resolveImageAgain(
        of revision: Revision, startCommand: [String]?,
    ) async throws(ControlPlaneError) -> ResolvedImage {
        let name = revision.imageName
        let reference: ImageReference
        do {
            reference = try ImageReference(parsing: name)
        } catch {
            throw failure(of: "Reading the image name '\(name)'", error)
        }
        return try await resolveImage(name, reference, startCommand: startCommand)
    }

    private func applyAutoScaling(
        _ reference: String, _ request: UpdateServiceRequest, ifMatch: Int64?, by principal: Principal,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        let now = now()
        return try await write("Updating service '\(reference)'") { transaction in
            var service = try transaction.updatableService(reference, request, ifMatch: ifMatch)
            guard let name = request.autoScaling, !request.startsDeployment(of: service) else {
                throw ControlPlaneError.changedMeanwhile(service)
            }
            let autoScaling = try transaction.autoScaling(named: name, path: "autoScaling")
            service.autoScaling = autoScaling.id
            service.generation += 1
            service.updatedAt = now
            try transaction.updateService(service)
            let operation = try begin(
                .updateService, on: service, kind: "service.updated",
                message: "Service \(service.name) scales by \(autoScaling.name)/\(autoScaling.revision) now.",
                hasEnded: true, by: principal, now: now, in: transaction)
            return (try transaction.detail(of: service), operation)
        }
    }

    private func deploy(
        _ deployment: Deployment,
        on before: Service,
        by principal: Principal,
        in transaction: borrowing StoreTransaction,
    ) throws -> (service: ServiceDetail, operation: Operation) {
        let now = now()
        var service = before
        try transaction.keep(deployment.image)
        let revision = Revision(
            id: ids.next(), service: service.id,
            number: (try transaction.newestRevision(of: service.id)?.number ?? 0) + 1,
            imageName: deployment.image.name, imageDigest: deployment.image.manifest.digest,
            configuration: deployment.configuration, createdAt: now)
        try transaction.insertRevision(revision)
        if let name = deployment.autoScaling {
            service.autoScaling = try transaction.autoScaling(named: name, path: "autoScaling").id
        }
        service.desired = .running
        service.status = .operationInProgress
        service.targetRevision = revision.id
        service.generation += 1
        service.updatedAt = now
        try transaction.updateService(service)
        let operation = try begin(
            deployment.type, on: service, kind: deployment.kind,
            message: "Service \(service.name) moves to revision \(revision.number): \(revision.imageName) "
                + "(\(revision.imageDigest.short)).",
            by: principal, now: now, in: transaction)
        return (try transaction.detail(of: service), operation)
    }

    /// Adds an operation with the event of what was asked for, and wakes the reconciler when that is on the disk.
    func begin(
        _ type: OperationType,
        on service: Service,
        kind: String,
        message: String,
        hasEnded: Bool = false,
        by principal: Principal,
        now: UnixTime,
        in transaction: borrowing StoreTransaction,
    ) throws -> Operation {
        let operation = Operation(
            id: ids.next(), service: service.id, type: type, status: hasEnded ? .succeeded : .inProgress,
            startedAt: now,
            endedAt: hasEnded ? now : nil)
        try transaction.insertOperation(operation)
        try transaction.appendEvent(
            kind: kind, principal: principal.name, service: service.id, instance: nil, operation: operation.id,
            message: message, now: now)
        let live = live
        transaction.afterCommit { live.poke(service.id) }
        return operation
    }
}

/// A move to a new revision.
private struct Deployment: Sendable {
    let type: OperationType
    let kind: String
    let image: ResolvedImage
    let configuration: InstanceConfiguration
    let autoScaling: String?
}

extension UpdateServiceRequest {
    fileprivate var isEmpty: Bool { image == nil && configuration == nil && autoScaling == nil }

    fileprivate func startsDeployment(of service: Service) -> Bool {
        image != nil || configuration != nil || service.status == .createFailed
    }
}

extension ControlPlaneError {
    static func changedMeanwhile(_ service: Service) -> ControlPlaneError {
        ControlPlaneError(
            code: .preconditionFailed,
            message: "Service \(service.name) was changed while the request was looked at; read it and ask again.")
    }
}

extension StoreTransaction {
    /// The service, when an update of it may begin.
    fileprivate func updatableService(
        _ reference: String, _ request: UpdateServiceRequest, ifMatch: Int64?,
    ) throws -> Service {
        let service = try idleService(reference, "update", ifMatch: ifMatch)
        guard service.status == .running || service.status == .createFailed else {
            throw ControlPlaneError.state(service, "update", needs: "running or createFailed")
        }
        guard !request.isEmpty || service.status == .createFailed else {
            throw ControlPlaneError(
                code: .invalidRequest,
                message:
                    "The update of service \(service.name) names nothing to change; give an image, a configuration "
                    + "or an auto scaling configuration.")
        }
        return service
    }

    /// The service, when a deployment of what its image name stands for may begin.
    fileprivate func deployableService(_ reference: String) throws -> Service {
        let service = try idleService(reference, "deploy", ifMatch: nil)
        guard service.status == .running else {
            throw ControlPlaneError.state(service, "deploy", needs: "running")
        }
        return service
    }

    /// What was computed for a service holds only if nobody has changed it since.
    fileprivate func checkUnchanged(_ service: Service, since seen: Service) throws {
        guard service.id == seen.id, service.generation == seen.generation, service.status == seen.status else {
            throw ControlPlaneError.changedMeanwhile(service)
        }
    }
}
