import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// How one request through the front proxy ended.
struct Answer: Sendable {
    /// The status; nil when there was no whole answer.
    let status: Int?
    /// The answer's body.
    let body: String
    /// Its `X-Request-Id`, when the answer had one.
    let requestID: String?
    /// What went wrong, when there was no whole answer.
    let error: String?
    /// From the request to the answer's end.
    let duration: Duration
}

/// Sends requests to services through the front proxy.
final class LoadClient: Sendable {
    private let client: HTTPClient
    private let proxyPort: Int

    /// Connections are kept; there may be as many as requests at once.
    init(proxyPort: Int) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(configuration: configuration)
        self.proxyPort = proxyPort
    }

    /// Closes all connections.
    func close() async throws { try await client.shutdown() }

    /// Sends one request to a service by its host.
    func get(_ path: String, host: String, timeout: Int64 = 60) async -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(proxyPort)\(path)")
        request.headers.add(name: "Host", value: host)
        let clock = ContinuousClock()
        let started = clock.now
        do {
            let response = try await client.execute(request, timeout: .seconds(timeout))
            let body = try await response.body.collect(upTo: 1_048_576)
            return Answer(
                status: Int(response.status.code), body: String(buffer: body),
                requestID: response.headers.first(name: "X-Request-Id"), error: nil, duration: clock.now - started)
        } catch {
            return Answer(
                status: nil, body: "", requestID: nil, error: "\(error)", duration: clock.now - started)
        }
    }

    /// Sends so many requests at once and gives all answers.
    func together(_ count: Int, _ path: String, host: String) async -> [Answer] {
        await withTaskGroup(of: Answer.self) { group in
            for _ in 0..<count { group.addTask { await self.get(path, host: host) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Keeps so many requests running, one after the other on each line, while the body runs; gives all answers.
    func steadily<Result: Sendable>(
        lines: Int, _ path: String, host: String, _ body: () async throws -> Result,
    ) async throws -> (result: Result, answers: [Answer]) {
        let record = LoadRecord()
        async let sending: Void = withTaskGroup { group in
            for _ in 0..<lines {
                group.addTask {
                    while !record.isOver { record.append(await self.get(path, host: host)) }
                }
            }
        }
        do {
            let result = try await body()
            record.end()
            await sending
            return (result, record.answers)
        } catch {
            record.end()
            await sending
            throw error
        }
    }
}

/// The answers of a load while it runs.
private final class LoadRecord: Sendable {
    private let state = Mutex<(isOver: Bool, answers: [Answer])>((false, []))

    var isOver: Bool { state.withLock { $0.isOver } }
    var answers: [Answer] { state.withLock { $0.answers } }

    func append(_ answer: Answer) { state.withLock { $0.answers.append(answer) } }
    func end() { state.withLock { $0.isOver = true } }
}
