import RunaboutModel
import RunaboutPlanning
import RunaboutRouting

/// The digits that tell a simulated id from the others.
func digits<Kind>(_ id: ID<Kind>) -> String { String(id.rawValue.suffix(4)) }

/// A step in few words, for traces.
func describe(_ step: PlanStep) -> String {
    switch step {
    case .startInstance(let revision): "start of \(digits(revision))"
    case .setInstanceState(let id, let state, let reason):
        "\(digits(id)) \(state.rawValue)" + (reason.map { " (\($0))" } ?? "")
    case .probe(let id): "probe \(digits(id))"
    case .freeze(let id): "freeze \(digits(id))"
    case .thaw(let id): "thaw \(digits(id))"
    case .stop(let id, _): "stop \(digits(id))"
    case .release(let id): "release \(digits(id))"
    case .publish(let route): "publish " + describe(route)
    case .withdraw(_, let generation): "withdraw \(generation & 0xFFFF_FFFF)"
    case .activate(let revision): "activate \(digits(revision))"
    case .endOperation(_, let status, let failure, let serviceStatus, _):
        "operation \(status.rawValue)" + (failure.map { " \($0.code.rawValue)" } ?? "") + ", \(serviceStatus.rawValue)"
    }
}

private func describe(_ route: ServiceRoute) -> String {
    let availability =
        switch route.availability {
        case .serving: ""
        case .paused: " paused"
        case .failing: " failing"
        }
    let instances = route.instances.map { digits($0.id) + ($0.state == .draining ? "-" : "") }
    return "\(route.generation & 0xFFFF_FFFF)\(availability) [\(instances.joined(separator: " "))]"
}
