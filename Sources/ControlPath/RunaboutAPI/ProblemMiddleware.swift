import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

/// Gives every answer a request id, and every error a problem document without anything of our insides.
///
/// Paths of the registry pass through untouched: its clients expect errors in another form.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    private let routes: [(method: HTTPRequest.Method, segments: [Substring])]
    private let authentication: Authentication

    init(routes: [(HTTPRequest.Method, String)], authentication: Authentication) {
        self.routes = routes.map { ($0.0, $0.1.split(separator: "/")) }
        self.authentication = authentication
    }

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response,
    ) async throws -> Response {
        let path = request.uri.path
        guard path != "/v2", !path.hasPrefix("/v2/") else { return try await next(request, context) }
        let requestID = Self.requestID(request.headers) ?? Self.newRequestID()
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = problem(for: error, request: request, requestID: requestID, logger: context.logger)
            response = try Self.render(problem, path: path)
        }
        if let name = HTTPField.Name("X-Request-Id") { response.headers[name] = requestID }
        return response
    }

    private static func render(_ problem: APIProblem, path: String) throws -> Response {
        let body = Problem(
            title: problem.status.reasonPhrase,
            status: problem.status.code,
            detail: problem.detail,
            instance: path,
            code: problem.code,
            errors: problem.fields,
        )
        var response = try answer(body, status: problem.status, headers: problem.headers)
        response.headers[.contentType] = "application/problem+json"
        return response
    }

    private func problem(
        for error: any Error, request: Request, requestID: String, logger: Logger,
    ) -> APIProblem {
        switch error {
        case let problem as APIProblem:
            return problem
        case let refusal as ControlPlaneError where refusal.code != .internalError:
            return refusal.problem(hasBody: request.method == .post || request.method == .patch)
        case is NIOTooManyBytesError:
            return .bodyTooLarge
        case let error as HTTPError where error.status == .notFound:
            return noRoute(request)
        case let error as HTTPError where error.status.kind == .clientError:
            return APIProblem(
                status: error.status, code: "badRequest", detail: error.body ?? error.status.reasonPhrase)
        default:
            logger.error(
                "request failed by a fault of ours",
                metadata: [
                    "request.id": "\(requestID)", "request.method": "\(request.method)",
                    "request.path": "\(request.uri.path)", "error": "\(error)",
                ])
            return .internalError
        }
    }

    /// Who is not known learns nothing about which routes there are.
    private func noRoute(_ request: Request) -> APIProblem {
        let path = request.uri.path
        if path.hasPrefix("/v1"), authentication.principal(of: request.headers) == nil { return .unauthorized }
        let segments = path.split(separator: "/")
        let allowed = routes.filter { route in
            route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        guard !allowed.isEmpty else { return .notFound(path) }
        return .methodNotAllowed(request.method, allowed: allowed.map(\.method))
    }

    /// Our own, not the framework's: that one is lost where logs are switched off.
    private static func newRequestID() -> String {
        let digits = [UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max)].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits.joined()
    }

    /// The caller's own request id, when it is short and printable.
    private static func requestID(_ headers: HTTPFields) -> String? {
        guard let name = HTTPField.Name("X-Request-Id"), let value = headers[name] else { return nil }
        let isSound =
            !value.isEmpty && value.utf8.count <= Limits.requestIDBytesMax
            && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isSound ? value : nil
    }
}
