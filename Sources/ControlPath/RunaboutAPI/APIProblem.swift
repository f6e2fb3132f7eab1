import HTTPTypes
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

/// A refusal that the interface itself makes, before or beside the control plane.
struct APIProblem: Error {
    let status: HTTPResponse.Status
    let code: String
    let detail: String
    var fields: [FieldError] = []
    var headers: HTTPFields = [:]

    static let unauthorized = APIProblem(
        status: .unauthorized,
        code: "unauthorized",
        detail: "The request has no valid credential: send 'Authorization: Bearer TOKEN' with the daemon's token.",
        headers: [.wwwAuthenticate: "Bearer realm=\"runabout\""],
    )

    static func badRequest(_ detail: String) -> APIProblem {
        APIProblem(status: .badRequest, code: "badRequest", detail: detail)
    }

    static func badQuery(_ name: String, _ message: String) -> APIProblem {
        APIProblem(
            status: .badRequest,
            code: "invalidRequest",
            detail: "A parameter of the query is not what it has to be.",
            fields: [FieldError(path: "query.\(name)", message: message)],
        )
    }

    static func unsupportedMediaType(_ found: String) -> APIProblem {
        APIProblem(
            status: .unsupportedMediaType,
            code: "unsupportedMediaType",
            detail: "The body has to be sent as 'Content-Type: application/json'; it was '\(found)'.",
            headers: [.accept: "application/json"],
        )
    }

    static func malformedJSON(_ error: JSONSyntaxError) -> APIProblem {
        APIProblem(status: .badRequest, code: "malformedJSON", detail: "The body is not JSON: \(error).")
    }

    static func invalidBody(_ error: BodyError) -> APIProblem {
        APIProblem(
            status: .unprocessableContent,
            code: "invalidRequest",
            detail: "Fields of the body are not what they have to be.",
            fields: error.fields,
        )
    }

    static let bodyTooLarge = APIProblem(
        status: .contentTooLarge,
        code: "bodyTooLarge",
        detail: "The body has more than the \(Limits.apiBodyBytesMax) bytes that are taken.",
    )

    static let noAuthority = APIProblem(
        status: .notFound,
        code: "noSuchAuthority",
        detail: "This platform has no certificate authority of its own.",
    )

    static func notFound(_ path: String) -> APIProblem {
        APIProblem(status: .notFound, code: "noSuchRoute", detail: "There is nothing at \(path); see /openapi.json.")
    }

    static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> APIProblem {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return APIProblem(
            status: .methodNotAllowed,
            code: "methodNotAllowed",
            detail: "\(method.rawValue) is not possible here; possible: \(names).",
            headers: [.allow: names],
        )
    }

    static let tooManyStreams = APIProblem(
        status: .serviceUnavailable,
        code: "tooManyStreams",
        detail: "All \(Limits.eventStreamsMax) streams of events and logs are in use; try again later.",
        headers: [.retryAfter: "10"],
    )

    static let internalError = APIProblem(
        status: .internalServerError,
        code: "internalError",
        detail: "Something went wrong on our side; the daemon's log has the cause under this answer's X-Request-Id.",
    )
}

extension ControlPlaneError {
    /// The same refusal in HTTP's words.
    ///
    /// `hasBody` tells fields of a body from parts of a URL.
    func problem(hasBody: Bool) -> APIProblem {
        APIProblem(
            status: status(hasBody: hasBody),
            code: code.rawValue,
            detail: message,
            fields: fields.map { FieldError(path: $0.path, message: $0.message) },
        )
    }

    private func status(hasBody: Bool) -> HTTPResponse.Status {
        switch code {
        case .invalidRequest: hasBody ? .unprocessableContent : .badRequest
        case .notFound: .notFound
        case .alreadyExists, .operationInProgress, .invalidState, .inUse, .limitExceeded: .conflict
        case .preconditionFailed: .preconditionFailed
        case .imageNotFound, .imageInvalid, .idempotencyMismatch: .unprocessableContent
        case .internalError: .internalServerError
        }
    }
}
