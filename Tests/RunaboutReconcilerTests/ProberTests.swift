import NIOCore
import NIOPosix
import RunaboutHealth
import RunaboutModel
import Testing

@testable import RunaboutReconciler

struct ProberTests {
    private let prober = Prober(group: MultiThreadedEventLoopGroup.singleton)

    private func http(_ path: String = "/health", timeoutSeconds: Int = 5) -> HealthCheckConfiguration {
        HealthCheckConfiguration(method: .http, path: path, timeoutSeconds: timeoutSeconds)
    }

    @Test func tcpPassesWhereSomethingListens() async throws {
        let server = try await LoopbackServer.start()
        #expect(await prober.probe(server.address, HealthCheckConfiguration()) == .passed)
        try await server.stop()
        #expect(await prober.probe(server.address, HealthCheckConfiguration()) == .failed("connection refused"))
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\n", nil),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n", nil),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "status 404"),
        ("HTTP/1.1 500 Oops\r\n\r\n", "status 500"),
        ("hello\n", "the answer is not HTTP/1"),
        ("", "the connection was closed before the answer"),
    ])
    func httpGoesByTheStatus(answer: String, failure: String?) async throws {
        let server = try await LoopbackServer.start(answering: answer)
        let result = await prober.probe(server.address, http())
        #expect(result == failure.map { .failed($0) } ?? .passed)
        try await server.stop()
    }

    @Test func aServerThatSaysNothingFailsByTheTimeout() async throws {
        let server = try await LoopbackServer.start()
        #expect(await prober.probe(server.address, http(timeoutSeconds: 1)) == .failed("no answer within 1 s"))
        try await server.stop()
    }
}
