import OCI
import OCIContentStore
public import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// Makes a service and starts its first deployment.
    ///
    /// With an idempotency key that was used before for the same request, gives what that made.
    public func createService(
        _ request: CreateServiceRequest, by principal: Principal, idempotencyKey: String?,
    ) async throws(ControlPlaneError) -> (service: ServiceDetail, operation: Operation) {
        let reference = try checkCreation(of: request, idempotencyKey: idempotencyKey)
        let key = try idempotencyKey.map { text throws(ControlPlaneError) in
            IdempotencyKey(text: text, principal: principal, request: try fingerprint(of: request))
        }
        let attempt = "Creating service '\(request.name)'"
        let now = now()
        let earlier = try await read(attempt) { transaction in
            try transaction.checkRoom(for: request, host: host(of: request.name), key: key, now: now)
        }
        if let earlier { return earlier }
        let image = try await resolveImage(
            request.image, reference, startCommand: request.configuration.startCommand)
        return try await write(attempt) { transaction in
            // Checked again: the image was resolved outside the transaction.
            let host = host(of: request.name)
            if let earlier = try transaction.checkRoom(for: request, host: host, key: key, now: now) { return earlier }
            return try insert(request, host: host, image: image, key: key, by: principal, now: now, in: transaction)
        }
    }

    /// The host at which a service of a name answers: lower case, `-` for `_`, none at the end.
    func host(of name: String) -> String {
        var label = name.lowercased().replacing("_", with: "-")
        while label.hasSuffix("-") { label.removeLast() }
        return "\(label).\(settings.baseDomain)"
    }

    private func checkCreation(
        of request: CreateServiceRequest, idempotencyKey: String?,
    ) throws(ControlPlaneError) -> ImageReference {
        var validation = Validation()
        validation.checkName(request.name, length: Limits.serviceNameRange, "name")
        let reference = validation.imageReference(request.image, "image")
        validation.check(request.configuration, "configuration")
        if let key = idempotencyKey {
            let isPlain = key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            if !isPlain || !(1...Limits.idempotencyKeyBytesMax).contains(key.utf8.count) {
                validation.refuse(
                    "Idempotency-Key",
                    "has to be 1...\(Limits.idempotencyKeyBytesMax) printable ASCII characters; it was "
                        + "\(key.utf8.count) bytes")
            }
        }
        try validation.finish()
        guard let reference else { throw Validation.refusal([]) }
        return reference
    }

    private func insert(
        _ request: CreateServiceRequest,
        host: String,
        image: ResolvedImage,
        key: IdempotencyKey?,
        by principal: Principal,
        now: UnixTime,
        in transaction: borrowing StoreTransaction,
    ) throws -> (service: ServiceDetail, operation: Operation) {
        let autoScaling = try transaction.autoScaling(
            named: request.autoScaling ?? AutoScalingConfiguration.defaultName, path: "autoScaling")
        try transaction.keep(image)
        let id: ServiceID = ids.next()
        let revision = Revision(
            id: ids.next(), service: id, number: 1, imageName: image.name, imageDigest: image.manifest.digest,
            configuration: request.configuration, createdAt: now)
        let service = Service(
            id: id, name: request.name, host: host, desired: .running, status: .operationInProgress, generation: 1,
            activeRevision: nil, targetRevision: revision.id, autoScaling: autoScaling.id, createdAt: now,
            updatedAt: now, deletedAt: nil)
        try transaction.insertService(service)
        try transaction.insertRevision(revision)
        let operation = try begin(
            .createService, on: service, kind: "service.created",
            message: "Service \(service.name) was created from \(image.name) (\(revision.imageDigest.short)).",
            by: principal, now: now, in: transaction)
        if let key {
            try transaction.insertIdempotencyRecord(
                IdempotencyRecord(request: key.request, service: id, operation: operation.id),
                principal: key.principal.name, key: key.text, now: now)
        }
        return (try transaction.detail(of: service), operation)
    }

    private func fingerprint(of request: CreateServiceRequest) throws(ControlPlaneError) -> String {
        do {
            return ContentHasher.digest(of: try JSON.encode(Fingerprint(request))).description
        } catch {
            throw failure(of: "Comparing the request with an earlier one", error)
        }
    }
}

/// A client's key for a request that it may send again.
struct IdempotencyKey: Sendable {
    let text: String
    let principal: Principal
    /// A digest of the request.
    let request: String
}

/// What two requests have in common that are the same.
private struct Fingerprint: Encodable {
    let name: String
    let image: String
    let configuration: InstanceConfiguration
    let autoScaling: String?

    init(_ request: CreateServiceRequest) {
        self.name = request.name
        self.image = request.image
        self.configuration = request.configuration
        self.autoScaling = request.autoScaling
    }
}

extension StoreTransaction {
    /// Gives what the same request made before, or looks whether a new service has a place.
    ///
    /// - Throws: `idempotencyMismatch`, `limitExceeded`, `alreadyExists`.
    fileprivate func checkRoom(
        for request: CreateServiceRequest, host: String, key: IdempotencyKey?, now: UnixTime,
    ) throws -> (service: ServiceDetail, operation: Operation)? {
        if let key, let earlier = try result(of: key, now: now) { return earlier }
        if try service(named: request.name) != nil {
            throw ControlPlaneError(
                code: .alreadyExists,
                message: "There is a service '\(request.name)' already; take another name, or update that one.")
        }
        if let other = try service(host: host) {
            throw ControlPlaneError(
                code: .alreadyExists,
                message: "'\(request.name)' would answer at '\(host)', where the service '\(other.name)' answers; take "
                    + "another name.")
        }
        guard try serviceCount() < Limits.servicesMax else {
            throw ControlPlaneError(
                code: .limitExceeded,
                message: "There are \(Limits.servicesMax) services, which is as many as may be; delete one first.")
        }
        return nil
    }

    private func result(
        of key: IdempotencyKey, now: UnixTime,
    ) throws -> (service: ServiceDetail, operation: Operation)? {
        let record = try idempotencyRecord(principal: key.principal.name, key: key.text, now: now)
        guard let record else { return nil }
        guard record.request == key.request else {
            throw ControlPlaneError(
                code: .idempotencyMismatch,
                message: "The idempotency key '\(key.text)' was used for a different request; take a new one.")
        }
        guard let service = try service(record.service), let operation = try operation(record.operation) else {
            return nil
        }
        return (try detail(of: service), operation)
    }
}
