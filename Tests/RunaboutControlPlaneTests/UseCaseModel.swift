import RunaboutModel

@testable import RunaboutControlPlane

/// What a client or the reconciler does.
enum Deed: CustomStringConvertible {
    case create(String, autoScaling: String?)
    case update(String, image: Bool, configuration: Bool, autoScaling: String?, ifMatch: Int64?)
    case deploy(String)
    case pause(String)
    case resume(String)
    case delete(String, ifMatch: Int64?)
    case makeScaling(String)
    case deleteScaling(String)
    case finish(String, isSuccess: Bool)
    case reopen

    var description: String {
        switch self {
        case .create(let name, let scaling): "create \(name) scaling \(scaling ?? "-")"
        case .update(let name, let image, let configuration, let scaling, let ifMatch):
            "update \(name) image \(image) configuration \(configuration) scaling \(scaling ?? "-") if \(ifMatch ?? -1)"
        case .deploy(let name): "deploy \(name)"
        case .pause(let name): "pause \(name)"
        case .resume(let name): "resume \(name)"
        case .delete(let name, let ifMatch): "delete \(name) if \(ifMatch ?? -1)"
        case .makeScaling(let name): "make scaling \(name)"
        case .deleteScaling(let name): "delete scaling \(name)"
        case .finish(let name, let isSuccess): "finish \(name) \(isSuccess ? "well" : "badly")"
        case .reopen: "reopen"
        }
    }
}

/// The rules again, written as plainly as can be: a dictionary and no database.
struct UseCaseModel {
    struct ServiceState: Equatable {
        var status = ServiceStatus.operationInProgress
        var desired = DesiredRunState.running
        var generation: Int64 = 1
        var running: OperationType? = .createService
        var revisionCount = 1
        var active: Int?
        var target: Int? = 1
        var scaling: String
    }

    var services: [String: ServiceState] = [:]
    /// `NAME/REVISION` of those that exist, and the highest number ever given to a name.
    var scalings: Set<String> = ["DefaultConfiguration/1"]
    var highest: [String: Int] = ["DefaultConfiguration": 1]

    /// What a use case answers: the code of its refusal, or how many events it adds and whether it pokes.
    enum Outcome: Equatable {
        case refused(ControlPlaneError.Code)
        case done(events: Int, pokes: Bool)
    }

    mutating func apply(_ deed: Deed) -> Outcome {
        switch deed {
        case .create(let name, let scaling):
            guard services[name] == nil, !services.keys.contains(where: { host($0) == host(name) }) else {
                return .refused(.alreadyExists)
            }
            guard let found = newest(scaling ?? "DefaultConfiguration") else { return .refused(.invalidRequest) }
            services[name] = ServiceState(scaling: found)
            return .done(events: 1, pokes: true)
        case .update(let name, let image, let configuration, let scaling, let ifMatch):
            return update(name, deploys: image || configuration, scaling: scaling, ifMatch: ifMatch)
        case .deploy(let name):
            return begin(name, .startDeployment, from: [.running]) { $0.target = $0.nextRevision() }
        case .pause(let name):
            return begin(name, .pauseService, from: [.running, .paused], idleIn: .paused) { $0.desired = .paused }
        case .resume(let name):
            return begin(name, .resumeService, from: [.running, .paused], idleIn: .running) { $0.desired = .running }
        case .delete(let name, let ifMatch): return delete(name, ifMatch: ifMatch)
        case .makeScaling(let name):
            let revision = (highest[name] ?? 0) + 1
            highest[name] = revision
            scalings.insert("\(name)/\(revision)")
            return .done(events: 1, pokes: false)
        case .deleteScaling(let name): return deleteScaling(name)
        case .finish(let name, let isSuccess): return finish(name, isSuccess: isSuccess)
        case .reopen: return .done(events: 0, pokes: false)
        }
    }

    private mutating func update(_ name: String, deploys: Bool, scaling: String?, ifMatch: Int64?) -> Outcome {
        guard var service = services[name] else { return .refused(.notFound) }
        if let ifMatch, ifMatch != service.generation { return .refused(.preconditionFailed) }
        guard service.running == nil else { return .refused(.operationInProgress) }
        guard service.status == .running || service.status == .createFailed else { return .refused(.invalidState) }
        let isAnew = service.status == .createFailed
        guard deploys || scaling != nil || isAnew else { return .refused(.invalidRequest) }
        if let scaling {
            guard let found = newest(scaling) else { return .refused(.invalidRequest) }
            service.scaling = found
        }
        service.generation += 1
        if deploys || isAnew {
            service.start(.updateService)
            service.target = service.nextRevision()
        }
        services[name] = service
        return .done(events: 1, pokes: true)
    }

    private mutating func begin(
        _ name: String, _ type: OperationType, from allowed: [ServiceStatus], idleIn: ServiceStatus? = nil,
        change: (inout ServiceState) -> Void,
    ) -> Outcome {
        guard var service = services[name] else { return .refused(.notFound) }
        guard service.running == nil else { return .refused(.operationInProgress) }
        guard allowed.contains(service.status) else { return .refused(.invalidState) }
        if service.status == idleIn { return .done(events: 1, pokes: true) }
        service.generation += 1
        service.start(type)
        change(&service)
        services[name] = service
        return .done(events: 1, pokes: true)
    }

    private mutating func delete(_ name: String, ifMatch: Int64?) -> Outcome {
        guard var service = services[name] else { return .refused(.notFound) }
        if let ifMatch, ifMatch != service.generation { return .refused(.preconditionFailed) }
        var events = 1
        switch service.running {
        case nil: break
        case .createService, .updateService, .startDeployment: events = 2
        case .pauseService, .resumeService, .deleteService: return .refused(.operationInProgress)
        }
        service.generation += 1
        service.start(.deleteService)
        service.desired = .deleted
        service.target = nil
        services[name] = service
        return .done(events: events, pokes: true)
    }

    private mutating func deleteScaling(_ name: String) -> Outcome {
        guard let found = newest(name) else { return .refused(.notFound) }
        guard found != "DefaultConfiguration/1", !services.values.contains(where: { $0.scaling == found }) else {
            return .refused(.inUse)
        }
        scalings.remove(found)
        return .done(events: 1, pokes: false)
    }

    private mutating func finish(_ name: String, isSuccess: Bool) -> Outcome {
        guard var service = services[name], let type = service.running else { return .done(events: 0, pokes: false) }
        service.running = nil
        var events = 1
        if isSuccess, let target = service.target {
            service.active = target
            events += 1
        }
        service.target = nil
        service.status = service.end(of: type, isSuccess: isSuccess)
        switch service.status {
        case .running, .createFailed: service.desired = .running
        case .paused: service.desired = .paused
        case .deleted, .deleteFailed, .operationInProgress: break
        }
        services[name] = service.status == .deleted ? nil : service
        return .done(events: service.status == .deleted ? events + 1 : events, pokes: false)
    }

    func newest(_ name: String) -> String? {
        let revisions = (1...(highest[name] ?? 1)).reversed()
        return revisions.map { "\(name)/\($0)" }.first { scalings.contains($0) }
    }

    func host(_ name: String) -> String { name.lowercased().replacing("_", with: "-") }
}

extension UseCaseModel.ServiceState {
    mutating func start(_ type: OperationType) {
        running = type
        status = .operationInProgress
    }

    mutating func nextRevision() -> Int {
        revisionCount += 1
        return revisionCount
    }

    func end(of type: OperationType, isSuccess: Bool) -> ServiceStatus {
        switch (type, isSuccess) {
        case (.createService, true), (.updateService, true), (.startDeployment, true), (.resumeService, true): .running
        case (.pauseService, true): .paused
        case (.deleteService, true): .deleted
        case (.deleteService, false): .deleteFailed
        case (.createService, false): .createFailed
        case (.updateService, false), (.startDeployment, false): active == nil ? .createFailed : .running
        case (.pauseService, false): .running
        case (.resumeService, false): .paused
        }
    }
}
