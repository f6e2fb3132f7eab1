import RunaboutModel
import RunaboutStore

extension ControlPlane {
    /// A service by id or by name.
    public func service(_ reference: String) async throws(ControlPlaneError) -> ServiceDetail {
        try await read("Reading service '\(reference)'") { transaction in
            try transaction.detail(of: try transaction.service(referredToAs: reference))
        }
    }

    /// Services that are not deleted, by name.
    public func services(after token: String?, limit: Int) async throws(ControlPlaneError) -> Page<ServiceDetail> {
        let position = try PageToken.parse(token, of: .services)
        try Validation.checkPage(limit: limit)
        return try await read("Listing services") { transaction in
            let found = try transaction.services(after: position?.first, limit: limit + 1)
            let items = try found.prefix(limit).map { try transaction.detail(of: $0) }
            return Page(
                items: items,
                nextToken: found.count > limit
                    ? items.last.map { PageToken.text(.services, [$0.service.name]) } : nil)
        }
    }
}

extension StoreTransaction {
    /// The service of an id, deleted ones included, or of a name.
    func service(referredToAs reference: String) throws -> Service {
        if let id = ServiceID(reference), let service = try service(id) { return service }
        if let service = try service(named: reference) { return service }
        throw ControlPlaneError(
            code: .notFound, message: "There is no service '\(reference)'; list services to see which there are.")
    }

    /// The revision that serves; before that the one being deployed or, when that failed, the one that was tried last.
    func shownRevision(of service: Service) throws -> Revision? {
        if let active = service.activeRevision { return try revision(active) }
        if let target = service.targetRevision { return try revision(target) }
        return try newestRevision(of: service.id)
    }

    func detail(of service: Service) throws -> ServiceDetail {
        guard let autoScaling = try autoScalingConfiguration(service.autoScaling) else {
            throw ControlPlaneError(
                code: .internalError, message: "Service \(service.name) has no auto scaling configuration; update it.")
        }
        return ServiceDetail(
            service: service,
            autoScaling: autoScaling,
            revision: try shownRevision(of: service),
            instances: try instances(of: service.id, includesEnded: false),
            operation: try newestOperation(of: service.id),
        )
    }
}
