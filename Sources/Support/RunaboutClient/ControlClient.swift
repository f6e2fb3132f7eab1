import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
public import RunaboutModel
import RunaboutWire

/// Where a daemon answers.
public enum ControlEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Over TCP, at `http://HOST:PORT`, with its token.
    case url(String, token: String?)
    /// Over the Unix socket of the machine it runs on.
    case unixSocket(path: String)

    /// The place, without the token.
    public var description: String {
        switch self {
        case .url(let url, _): url
        case .unixSocket(let path): path
        }
    }
}

/// Calls the control API of one daemon.
public struct ControlClient: Sendable {
    /// Where the daemon answers.
    public let endpoint: ControlEndpoint
    private let timeout: Duration

    /// One for the whole process, never shut down: its connections end with the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        // A live stream is never silent for longer than its heartbeat.
        configuration.timeout.read = .nanoseconds(4 * Limits.streamHeartbeat.wholeNanoseconds)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Takes the place, and how long the beginning of an answer may take.
    public init(endpoint: ControlEndpoint, timeout: Duration = Limits.clientAnswerTimeout) {
        self.endpoint = endpoint
        self.timeout = timeout
    }

    /// A request before it is sent.
    struct Ask: Sendable {
        var method: HTTPMethod = .GET
        var path: String
        var query: [(name: String, value: String?)] = []
        var headers: [(name: String, value: String)] = []
        var body: Data?
    }

    /// Sends a request whose answer has a body of JSON.
    func call<Body: Decodable>(_ ask: Ask, as type: Body.Type) async throws(ClientError) -> Body {
        let text = try await call(ask)
        do {
            return try WireCoding.decode(type, from: text)
        } catch {
            throw .malformedAnswer("\(ask.method) \(ask.path) gave a body that can't be read (\(error))")
        }
    }

    /// Sends a request and gives the bytes of its answer.
    @discardableResult
    func call(_ ask: Ask) async throws(ClientError) -> Data {
        let response = try await open(ask)
        do {
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            return Data(body.readableBytesView)
        } catch {
            throw failure(error)
        }
    }

    private static let answerBytesMax = 64 * Limits.apiBodyBytesMax

    /// Sends a request and gives its answer as soon as its head is there.
    ///
    /// - Throws: also for every status that is no success.
    func open(_ ask: Ask) async throws(ClientError) -> HTTPClientResponse {
        try checkSocket()
        let response: HTTPClientResponse
        do {
            response = try await Self.http.execute(
                try request(for: ask), timeout: .nanoseconds(timeout.wholeNanoseconds))
        } catch let error as ClientError {
            throw error
        } catch {
            throw failure(error)
        }
        guard !(200..<300).contains(response.status.code) else { return response }
        throw await refusal(response)
    }

    private func refusal(_ response: HTTPClientResponse) async -> ClientError {
        do {
            let body = try await response.body.collect(upTo: Limits.apiBodyBytesMax)
            return .refused(try WireCoding.decode(Problem.self, from: Data(body.readableBytesView)))
        } catch {
            return .malformedAnswer("status \(response.status.code) without a problem document")
        }
    }

    private func request(for ask: Ask) throws(ClientError) -> HTTPClientRequest {
        var components = URLComponents()
        let items = ask.query.compactMap { item in item.value.map { URLQueryItem(name: item.name, value: $0) } }
        components.percentEncodedPath = ask.path
        if !items.isEmpty { components.queryItems = items }
        let target = components.string ?? ask.path
        var request: HTTPClientRequest
        switch endpoint {
        case .url(let url, let token):
            let base = url.hasSuffix("/") ? String(url.dropLast()) : url
            guard let parsed = URL(string: base + target), parsed.host() != nil else {
                throw .unreachable(place: url, reason: "it is not a URL like http://127.0.0.1:7080")
            }
            request = HTTPClientRequest(url: parsed.absoluteString)
            if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        case .unixSocket(let path):
            guard let url = URL(httpURLWithSocketPath: path, uri: target) else {
                throw .unreachable(place: path, reason: "the path can't be a socket's")
            }
            request = HTTPClientRequest(url: url.absoluteString)
            request.headers.add(name: "Host", value: "localhost")
        }
        request.method = ask.method
        for header in ask.headers { request.headers.add(name: header.name, value: header.value) }
        if let body = ask.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }

    /// Says in words what connecting would only say in numbers.
    private func checkSocket() throws(ClientError) {
        guard case .unixSocket(let path) = endpoint else { return }
        guard access(path, R_OK | W_OK) != 0 else { return }
        if errno == EACCES { throw .notPermitted(path: path) }
        throw .unreachable(place: path, reason: "there is no socket")
    }

    /// What an error of the transport means to a caller.
    func failure(_ error: any Error) -> ClientError {
        let place = "\(endpoint)"
        if error is CancellationError { return .unreachable(place: place, reason: "the call was cancelled") }
        let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .connectTimeout]
        if let error = error as? HTTPClientError, timeouts.contains(error) { return .timedOut(place: place) }
        return .unreachable(place: place, reason: Self.words(error))
    }

    private static func words(_ error: any Error) -> String {
        let text = "\(error)"
        if text.contains("Connection refused") || text.contains("errno: 111") { return "the connection was refused" }
        if text.contains("remoteConnectionClosed") { return "the connection was closed" }
        return text
    }

    /// A reference as a part of a path: `NAME/2` becomes `NAME%2F2`.
    static func escaped(_ reference: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-_.~")
        return reference.addingPercentEncoding(withAllowedCharacters: allowed) ?? reference
    }
}
