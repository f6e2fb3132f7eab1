import Foundation
import NIOHTTP1
public import RunaboutModel
public import RunaboutWire

extension ControlClient {
    /// How the platform's parts are.
    public func health() async throws(ClientError) -> HealthBody {
        try await call(Ask(path: "/v1/health"), as: HealthBody.self)
    }

    /// The certificate of the platform's own authority.
    public func certificateAuthority() async throws(ClientError) -> CertificateAuthorityBody {
        try await call(Ask(path: "/v1/certificate-authority"), as: CertificateAuthorityBody.self)
    }

    /// All services, by name, page after page.
    public func services() async throws(ClientError) -> [ServiceBody] {
        try await all(Ask(path: "/v1/services"))
    }

    /// A service by id or by name.
    public func service(_ reference: String) async throws(ClientError) -> ServiceBody {
        try await call(Ask(path: servicePath(reference)), as: ServiceBody.self)
    }

    /// Makes a service.
    ///
    /// With the same key again it gives what the first call made.
    public func createService(
        _ body: CreateServiceBody, idempotencyKey: String? = nil,
    ) async throws(ClientError) -> AcceptedBody {
        var ask = Ask(method: .POST, path: "/v1/services", body: try encoded(body))
        if let idempotencyKey { ask.headers.append((name: "Idempotency-Key", value: idempotencyKey)) }
        return try await call(ask, as: AcceptedBody.self)
    }

    /// Changes a service, when its generation still is the one given.
    public func updateService(
        _ reference: String, _ body: UpdateServiceBody, ifMatch generation: Int64? = nil,
    ) async throws(ClientError) -> AcceptedBody {
        var ask = Ask(method: .PATCH, path: servicePath(reference), body: try encoded(body))
        if let generation { ask.headers.append((name: "If-Match", value: "\"\(generation)\"")) }
        return try await call(ask, as: AcceptedBody.self)
    }

    /// Deletes a service.
    public func deleteService(_ reference: String) async throws(ClientError) -> AcceptedBody {
        try await call(Ask(method: .DELETE, path: servicePath(reference)), as: AcceptedBody.self)
    }

    /// Ends a service's instances and keeps its definition.
    public func pauseService(_ reference: String) async throws(ClientError) -> AcceptedBody {
        try await call(Ask(method: .POST, path: servicePath(reference) + "/pause"), as: AcceptedBody.self)
    }

    /// Starts a paused service again.
    public func resumeService(_ reference: String) async throws(ClientError) -> AcceptedBody {
        try await call(Ask(method: .POST, path: servicePath(reference) + "/resume"), as: AcceptedBody.self)
    }

    /// Deploys what the service's image name stands for now.
    public func startDeployment(_ reference: String) async throws(ClientError) -> AcceptedBody {
        try await call(Ask(method: .POST, path: servicePath(reference) + "/deployments"), as: AcceptedBody.self)
    }

    /// Why a service has the instances it has, at most so many decisions, wakes and failures.
    public func explain(_ reference: String, limit: Int? = nil) async throws(ClientError) -> ExplanationBody {
        let query = [(name: "limit", value: limit.map(String.init))]
        return try await call(Ask(path: servicePath(reference) + "/explain", query: query), as: ExplanationBody.self)
    }

    /// Instances of a service, ended ones too when asked.
    public func instances(
        of reference: String, includesEnded: Bool = false,
    ) async throws(ClientError) -> [InstanceBody] {
        let query = [(name: "all", value: includesEnded ? "true" : nil)]
        let ask = Ask(path: servicePath(reference) + "/instances", query: query)
        return try await call(ask, as: PageBody<InstanceBody>.self).items
    }

    /// An instance by its id or an unambiguous beginning of it.
    public func instance(_ reference: String) async throws(ClientError) -> InstanceBody {
        try await call(Ask(path: "/v1/instances/\(Self.escaped(reference))"), as: InstanceBody.self)
    }

    /// What an instance uses now.
    public func usage(of instance: InstanceID) async throws(ClientError) -> InstanceUsageBody {
        try await call(Ask(path: "/v1/instances/\(instance)/usage"), as: InstanceUsageBody.self)
    }

    /// The newest operations, of one service or of all.
    public func operations(of reference: String? = nil, limit: Int? = nil) async throws(ClientError) -> [OperationBody]
    {
        let path = reference.map { servicePath($0) + "/operations" } ?? "/v1/operations"
        let ask = Ask(path: path, query: [(name: "limit", value: limit.map(String.init))])
        return try await call(ask, as: PageBody<OperationBody>.self).items
    }

    /// An operation by id.
    public func operation(_ id: OperationID) async throws(ClientError) -> OperationBody {
        try await call(Ask(path: "/v1/operations/\(id)"), as: OperationBody.self)
    }

    /// Makes an auto scaling configuration or its next revision.
    public func createAutoScalingConfiguration(
        _ body: CreateAutoScalingConfigurationBody,
    ) async throws(ClientError) -> AutoScalingConfigurationBody {
        let ask = Ask(method: .POST, path: scalingPath, body: try encoded(body))
        return try await call(ask, as: AutoScalingConfigurationBody.self)
    }

    /// An auto scaling configuration by id, `NAME` or `NAME/REVISION`.
    public func autoScalingConfiguration(
        _ reference: String,
    ) async throws(ClientError) -> AutoScalingConfigurationBody {
        let ask = Ask(path: "\(scalingPath)/\(Self.escaped(reference))")
        return try await call(ask, as: AutoScalingConfigurationBody.self)
    }

    /// All revisions of all auto scaling configurations.
    public func autoScalingConfigurations() async throws(ClientError) -> [AutoScalingConfigurationBody] {
        try await all(Ask(path: scalingPath))
    }

    /// Deletes one revision of an auto scaling configuration.
    public func deleteAutoScalingConfiguration(_ reference: String) async throws(ClientError) {
        try await call(Ask(method: .DELETE, path: "\(scalingPath)/\(Self.escaped(reference))"))
    }

    /// Events of one service or of all: those after a sequence number, or the newest when nil.
    public func events(
        of reference: String? = nil, after sequence: Int64? = nil, limit: Int? = nil,
    ) async throws(ClientError) -> [EventBody] {
        let query = [
            (name: "after", value: sequence.map(String.init)), (name: "limit", value: limit.map(String.init)),
        ]
        let ask = Ask(path: eventsPath(reference), query: query)
        return try await call(ask, as: PageBody<EventBody>.self).items
    }

    private var scalingPath: String { "/v1/auto-scaling-configurations" }

    func servicePath(_ reference: String) -> String { "/v1/services/\(Self.escaped(reference))" }

    func eventsPath(_ reference: String?) -> String {
        reference.map { servicePath($0) + "/events" } ?? "/v1/events"
    }

    private func encoded(_ body: some Encodable) throws(ClientError) -> Data {
        do {
            return try WireCoding.encode(body)
        } catch {
            throw .malformedAnswer("the request could not be written as JSON (\(error))")
        }
    }

    func all<Item: Hashable & Sendable & Codable>(_ first: Ask) async throws(ClientError) -> [Item] {
        var items: [Item] = []
        var token: String?
        repeat {
            var ask = first
            ask.query += [(name: "limit", value: String(Limits.pageSizeMax)), (name: "pageToken", value: token)]
            let page = try await call(ask, as: PageBody<Item>.self)
            items += page.items
            token = page.nextToken
        } while token != nil
        return items
    }
}
