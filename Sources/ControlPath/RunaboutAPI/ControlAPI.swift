public import Hummingbird
import Logging
public import RunaboutControlPlane

/// The REST interface: every route decodes, calls the control plane once and encodes.
public struct ControlAPI: Sendable {
    let controlPlane: ControlPlane
    let authentication: Authentication
    let streams: StreamBudget
    let version: String

    /// Takes what it answers from.
    ///
    /// Servers of one daemon share the budget of streams.
    public init(
        controlPlane: ControlPlane, authentication: Authentication, streams: StreamBudget, version: String,
    ) {
        self.controlPlane = controlPlane
        self.authentication = authentication
        self.streams = streams
        self.version = version
    }

    /// Adds the routes, and the middleware that turns every error into a problem document.
    ///
    /// Order: before other routes that the same middleware should cover. Paths of the registry (`/v2`) are passed
    /// through as they are, whichever is added first.
    public func addRoutes<Context: RequestContext>(to router: Router<Context>) {
        let endpoints = endpoints
        router.add(
            middleware: ProblemMiddleware<Context>(
                routes: endpoints.map { ($0.method, $0.path) }, authentication: authentication))
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                guard let principal = endpoint.isOpen ? .anonymous : authentication.principal(of: request.headers)
                else { throw APIProblem.unauthorized }
                let call = Call(
                    request: request,
                    parameters: context.parameters,
                    principal: principal,
                    logger: context.logger,
                    endpoint: endpoint,
                )
                return try await endpoint.respond(call)
            }
        }
    }

    /// Every route of the interface.
    var endpoints: [Endpoint] {
        platformEndpoints + serviceEndpoints + autoScalingEndpoints + instanceEndpoints + eventEndpoints
            + registryEndpoints
    }
}

/// One route: what it answers to and how.
struct Endpoint: Sendable {
    let method: HTTPRequest.Method
    /// As OpenAPI writes it: `/v1/services/{service}`.
    let path: String
    /// Whether it answers without authentication.
    let isOpen: Bool
    /// Names of the query parameters it knows; others are refused.
    let query: [String]
    let respond: @Sendable (Call) async throws -> Response

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        isOpen: Bool = false,
        query: [String] = [],
        respond: @escaping @Sendable (Call) async throws -> Response,
    ) {
        self.method = method
        self.path = path
        self.isOpen = isOpen
        self.query = query
        self.respond = { call in
            try call.checkQuery()
            return try await respond(call)
        }
    }
}

extension Principal {
    /// Whoever asks an open route.
    static let anonymous = Principal(name: "anonymous")
}
