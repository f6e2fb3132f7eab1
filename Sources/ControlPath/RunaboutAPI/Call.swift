import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

/// One request of an authenticated caller, and what endpoints read from it.
struct Call: Sendable {
    let request: Request
    let parameters: Parameters
    let principal: Principal
    let logger: Logger
    let endpoint: Endpoint

    /// A part of the path, with percent-encoding undone: `NAME%2F2` is `NAME/2`.
    func parameter(_ name: String) throws -> String {
        guard let raw = parameters.get(name), let text = raw.removingPercentEncoding, !text.isEmpty else {
            throw APIProblem.badRequest("The path's '\(name)' is not readable.")
        }
        return text
    }

    /// A part of the path that has to be an operation's id.
    func operationID() throws -> OperationID {
        let text = try parameter("operation")
        guard let id = OperationID(text) else {
            throw ControlPlaneError(code: .notFound, message: "There is no operation '\(text)'.")
        }
        return id
    }

    private func queryValue(_ name: String) throws -> String? {
        let values = request.uri.queryParameters.getAll(name)
        guard values.count <= 1 else {
            throw APIProblem.badQuery(name, "expected once, found \(values.count) times")
        }
        return values.first
    }

    /// Refuses parameters the endpoint does not know.
    func checkQuery() throws {
        for (name, _) in request.uri.queryParameters where !endpoint.query.contains(String(name)) {
            let known =
                endpoint.query.isEmpty ? "none is known here" : "known: " + endpoint.query.joined(separator: ", ")
            throw APIProblem.badQuery(String(name), "unknown parameter; \(known)")
        }
    }

    /// A text of the query; nil when it is absent or empty.
    func text(_ name: String) throws -> String? {
        guard let text = try queryValue(name), !text.isEmpty else { return nil }
        return text
    }

    /// A whole number of the query within a range.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = try queryValue(name) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            let end = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
            throw APIProblem.badQuery(name, "expected a whole number from \(range.lowerBound) \(end), found '\(text)'")
        }
        return number
    }

    /// Whether a flag of the query is set.
    func flag(_ name: String) throws -> Bool {
        switch try queryValue(name) {
        case nil, "false": return false
        case "true": return true
        case let text?: throw APIProblem.badQuery(name, "expected true or false, found '\(text)'")
        }
    }

    /// The size of the page that was asked for.
    func pageSize() throws -> Int {
        Int(try integer("limit", in: 1...Int64(Limits.pageSizeMax)) ?? Int64(Limits.pageSizeDefault))
    }

    /// How many log lines of the past were asked for.
    func tail() throws -> Int {
        Int(try integer("tail", in: 0...Int64(Limits.logTailMax)) ?? Int64(Limits.logTailDefault))
    }

    /// The body, read strictly.
    func body<Body: RequestBodyDecodable>(_ type: Body.Type) async throws -> Body {
        let mediaType = request.headers[.contentType] ?? ""
        let kind = mediaType.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        guard kind == "application/json" else { throw APIProblem.unsupportedMediaType(mediaType) }
        let bytes = try await request.body.collect(upTo: Limits.apiBodyBytesMax)
        do {
            return try Body(json: try JSONParser.parse(bytes.readableBytesView))
        } catch let error as JSONSyntaxError {
            throw APIProblem.malformedJSON(error)
        } catch let error as BodyError {
            throw APIProblem.invalidBody(error)
        }
    }

    /// The generation the caller saw, from `If-Match`; nil when it does not say or says `*`.
    func ifMatch() throws -> Int64? {
        guard let field = request.headers[.ifMatch]?.trimmingCharacters(in: .whitespaces), field != "*" else {
            return nil
        }
        guard field.count > 2, field.hasPrefix("\""), field.hasSuffix("\""),
            let generation = Int64(field.dropFirst().dropLast())
        else {
            throw ControlPlaneError(
                code: .preconditionFailed,
                message: "If-Match is \(field), which is no ETag of a service: give the one of your last read.")
        }
        return generation
    }

    /// The caller's idempotency key; nil when there is none.
    var idempotencyKey: String? { HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] } }
}

/// Answers with a body of JSON.
func answer(
    _ body: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    let text = try WireCoding.encode(body)
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
}
