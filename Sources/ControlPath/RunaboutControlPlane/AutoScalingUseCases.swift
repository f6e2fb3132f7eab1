public import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// Makes a configuration or, under a name that exists, its next revision.
    public func createAutoScalingConfiguration(
        _ request: CreateAutoScalingConfigurationRequest, by principal: Principal,
    ) async throws(ControlPlaneError) -> AutoScalingConfiguration {
        try checkCreation(of: request)
        let now = now()
        return try await write("Creating auto scaling configuration '\(request.name)'") { transaction in
            guard try transaction.autoScalingConfigurationCount() < Limits.autoScalingConfigurationsMax else {
                throw ControlPlaneError(
                    code: .limitExceeded,
                    message:
                        "There are \(Limits.autoScalingConfigurationsMax) revisions of auto scaling configurations, "
                        + "which is as many as may be; delete one that no service uses.")
            }
            let configuration = AutoScalingConfiguration(
                id: ids.next(), name: request.name,
                revision: try transaction.nextAutoScalingRevision(named: request.name),
                maxConcurrency: request.maxConcurrency, minSize: request.minSize, maxSize: request.maxSize,
                stabilizationSeconds: request.stabilizationSeconds, createdAt: now)
            try transaction.insertAutoScalingConfiguration(configuration)
            try transaction.appendEvent(
                kind: "autoScalingConfiguration.created", principal: principal.name, service: nil, instance: nil,
                operation: nil,
                message: "Auto scaling configuration \(configuration.name)/\(configuration.revision) was created: "
                    + "\(request.maxConcurrency) requests per instance, \(request.minSize)...\(request.maxSize) "
                    + "instances.",
                now: now)
            return configuration
        }
    }

    /// A configuration by id, `NAME` (newest) or `NAME/REVISION`.
    public func autoScalingConfiguration(
        _ reference: String,
    ) async throws(ControlPlaneError) -> AutoScalingConfiguration {
        try await read("Reading auto scaling configuration '\(reference)'") { transaction in
            try transaction.autoScaling(referredToAs: reference)
        }
    }

    /// All revisions of all configurations, by name and revision.
    public func autoScalingConfigurations(
        after token: String?, limit: Int,
    ) async throws(ControlPlaneError) -> Page<AutoScalingConfiguration> {
        var position: (name: String, revision: Int)?
        if let token, let parts = try PageToken.parse(token, of: .autoScalingConfigurations) {
            guard parts.count == 2, let revision = Int(parts[1]) else {
                throw PageToken.refusal(token, .autoScalingConfigurations)
            }
            position = (parts[0], revision)
        }
        try Validation.checkPage(limit: limit)
        let after = position
        let found = try await read("Listing auto scaling configurations") { transaction in
            try transaction.autoScalingConfigurations(after: after, limit: limit + 1)
        }
        let items = Array(found.prefix(limit))
        guard found.count > limit, let last = items.last else { return Page(items: items, nextToken: nil) }
        return Page(
            items: items, nextToken: PageToken.text(.autoScalingConfigurations, [last.name, String(last.revision)]))
    }

    /// Deletes one revision; refused while a service uses it and for the default's first revision.
    public func deleteAutoScalingConfiguration(
        _ reference: String, by principal: Principal,
    ) async throws(ControlPlaneError) {
        let now = now()
        try await write("Deleting auto scaling configuration '\(reference)'") { transaction in
            let configuration = try transaction.autoScaling(referredToAs: reference)
            let name = "\(configuration.name)/\(configuration.revision)"
            if configuration.name == AutoScalingConfiguration.defaultName, configuration.revision == 1 {
                throw ControlPlaneError(
                    code: .inUse, message: "\(name) is what services scale by that name none; it can't be deleted.")
            }
            let users = try transaction.serviceNames(using: configuration.id, limit: 6)
            guard users.isEmpty else {
                let shown = users.prefix(5).joined(separator: ", ") + (users.count > 5 ? ", ..." : "")
                throw ControlPlaneError(
                    code: .inUse, message: "\(name) is used by \(shown); give those another configuration first.")
            }
            try transaction.deleteAutoScalingConfiguration(configuration.id, now: now)
            try transaction.appendEvent(
                kind: "autoScalingConfiguration.deleted", principal: principal.name, service: nil, instance: nil,
                operation: nil, message: "Auto scaling configuration \(name) was deleted.", now: now)
        }
    }

    private func checkCreation(of request: CreateAutoScalingConfigurationRequest) throws(ControlPlaneError) {
        var validation = Validation()
        validation.checkName(request.name, length: Limits.autoScalingNameRange, "name")
        validation.check(request.maxConcurrency, in: Limits.maxConcurrencyRange, "maxConcurrency")
        validation.check(request.minSize, in: Limits.minSizeRange, "minSize")
        validation.check(request.maxSize, in: Limits.maxSizeRange, "maxSize")
        validation.check(request.stabilizationSeconds, in: Limits.stabilizationSecondsRange, "stabilizationSeconds")
        if Limits.maxSizeRange.contains(request.maxSize), request.maxSize < request.minSize {
            validation.refuse(
                "maxSize", "has to be at least minSize, which is \(request.minSize); it was \(request.maxSize)")
        }
        try validation.finish()
    }
}

extension StoreTransaction {
    /// The configuration of an id that is not deleted, `NAME` or `NAME/REVISION`.
    func autoScaling(referredToAs reference: String) throws -> AutoScalingConfiguration {
        if let id = AutoScalingConfigurationID(reference), let found = try autoScalingConfiguration(id),
            let current = try autoScalingConfiguration(named: found.name, revision: found.revision)
        {
            return current
        }
        if let found = try autoScalingConfiguration(nameAndRevision: reference) { return found }
        throw ControlPlaneError(
            code: .notFound,
            message: "There is no auto scaling configuration '\(reference)'; name one as NAME or NAME/REVISION.")
    }

    /// The configuration that a request names in a field, as `NAME` or `NAME/REVISION`.
    func autoScaling(named reference: String, path: String) throws -> AutoScalingConfiguration {
        if let found = try autoScalingConfiguration(nameAndRevision: reference) { return found }
        throw Validation.refusal([
            .init(
                path: path, message: "has to be the NAME or NAME/REVISION of one that exists; it was '\(reference)'")
        ])
    }

    private func autoScalingConfiguration(nameAndRevision reference: String) throws -> AutoScalingConfiguration? {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return try autoScalingConfiguration(named: reference, revision: nil)
        case 2:
            guard let revision = Int(parts[1]) else { return nil }
            return try autoScalingConfiguration(named: String(parts[0]), revision: revision)
        default: return nil
        }
    }
}
