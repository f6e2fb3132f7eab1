import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire

/// Speaks to the control API as any client would, byte for byte.
struct Control: Sendable {
    let client: HTTPClient
    let port: Int
    let token: String

    /// Sends a request with a body as it is; gives status and body.
    func send(
        _ method: HTTPMethod, _ path: String, body: String? = nil, headers: [(String, String)] = [],
    ) async throws -> (status: Int, body: Data) {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response = try await client.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 4_194_304)
        return (Int(response.status.code), Data(bytes.readableBytesView))
    }

    /// Sends a request that should succeed and decodes its answer.
    ///
    /// - Throws: the problem the server answered with.
    func call<Body: Decodable>(
        _ type: Body.Type, _ method: HTTPMethod, _ path: String, body: (any Encodable)? = nil,
    ) async throws -> Body {
        let text = try body.map { String(decoding: try WireCoding.encode($0), as: UTF8.self) }
        let answer = try await send(method, path, body: text)
        guard (200..<300).contains(answer.status) else {
            throw try WireCoding.decode(Problem.self, from: answer.body)
        }
        return try WireCoding.decode(type, from: answer.body)
    }

    /// Sends a request that should be refused and gives the problem.
    func problem(_ method: HTTPMethod, _ path: String, body: String? = nil) async throws -> Problem {
        let answer = try await send(method, path, body: body)
        guard answer.status >= 400 else {
            throw ToolFailure(command: "\(method) \(path)", output: "answered \(answer.status), not with a problem")
        }
        return try WireCoding.decode(Problem.self, from: answer.body)
    }

    /// A service with its instances.
    func service(_ name: String) async throws -> ServiceBody {
        try await call(ServiceBody.self, .GET, "/v1/services/\(name)")
    }

    /// All instances of a service that are still listed, also ended ones.
    func instances(_ name: String) async throws -> [InstanceBody] {
        try await call(PageBody<InstanceBody>.self, .GET, "/v1/services/\(name)/instances?all=true").items
    }

    /// Why a service has the instances it has.
    func explain(_ name: String) async throws -> ExplanationBody {
        try await call(ExplanationBody.self, .GET, "/v1/services/\(name)/explain")
    }

    /// Makes an auto scaling configuration.
    func configure(_ body: CreateAutoScalingConfigurationBody) async throws {
        _ = try await call(AutoScalingConfigurationBody.self, .POST, "/v1/auto-scaling-configurations", body: body)
    }

    /// Asks for a service and waits until its operation has ended.
    func create(_ body: CreateServiceBody) async throws -> OperationBody {
        let accepted = try await call(AcceptedBody.self, .POST, "/v1/services", body: body)
        return try await ended(accepted.operation)
    }

    /// Waits until an operation has ended.
    func ended(_ operation: OperationBody) async throws -> OperationBody {
        try await watch("the operation \(operation.type) ends", seconds: 90) {
            let now = try await call(OperationBody.self, .GET, "/v1/operations/\(operation.id)")
            return now.status.isEnded ? now : nil
        }
    }

    /// Waits until a service is as described; looks again after each event.
    @discardableResult
    func wait(
        _ name: String, _ what: String, seconds: Int = 60, until condition: @escaping @Sendable (ServiceBody) -> Bool,
    ) async throws -> ServiceBody {
        try await watch("\(name): \(what)", seconds: seconds) {
            let service = try await service(name)
            return condition(service) ? service : nil
        }
    }

    /// Looks, and looks again after each event of the platform, until there is an answer.
    func watch<Value: Sendable>(
        _ what: String, seconds: Int, _ look: @escaping @Sendable () async throws -> Value?,
    ) async throws -> Value {
        try await within(.seconds(seconds), what) {
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/v1/events?follow=true")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            // The answer's head comes once the events are subscribed to, so nothing falls between this and the look.
            let response = try await client.execute(request, deadline: .now() + .seconds(Int64(seconds) + 5))
            if let found = try await look() { return found }
            for try await _ in response.body {
                if let found = try await look() { return found }
            }
            throw ToolFailure(command: what, output: "the stream of events ended")
        }
    }

    /// Asks again and again until there is an answer, for what no event announces: records are written behind.
    func ask<Value: Sendable>(
        _ what: String, seconds: Int = 10, _ look: @escaping @Sendable () async throws -> Value?,
    ) async throws -> Value {
        try await within(.seconds(seconds), what) {
            while true {
                if let found = try await look() { return found }
                try Task.checkCancellation()
            }
        }
    }
}

extension ServiceBody {
    /// How many instances take requests.
    var readyCount: Int { instances.count { $0.state == .ready } }
}
