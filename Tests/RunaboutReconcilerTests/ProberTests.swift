import NIOCore
import NIOPosix
import RunaboutHealth
import RunaboutModel
import Testing

@testable import RunaboutReconciler

struct ProberTests {
    private let prober = Prober(group: MultiThreadedEventLoopGroup.singleton)

    private func http(_ path: String = "/health", timeoutSeconds: Int = 20) -> HealthCheckConfiguration {
        HealthCheckConfiguration(method: .http, path: path, timeoutSeconds: timeoutSeconds)
    }

    @Test func tcpPassesWhereSomethingListens() async throws {
        let server = try await LoopbackServer.start()
        let check = HealthCheckConfiguration(timeoutSeconds: 20)
        #expect(await prober.probe(server.address, check, over: .http1) == .passed)
        try await server.stop()
        #expect(await prober.probe(server.address, check, over: .http1) == .failed("connection refused"))
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
        let result = await prober.probe(server.address, http(), over: .http1)
        #expect(result == failure.map { .failed($0) } ?? .passed)
        try await server.stop()
    }

    @Test func aServerThatSaysNothingFailsByTheTimeout() async throws {
        let server = try await LoopbackServer.start()
        for instanceProtocol in [InstanceProtocol.http1, .http2] {
            let result = await prober.probe(server.address, http(timeoutSeconds: 1), over: instanceProtocol)
            #expect(result == .failed("no answer within 1 s"))
        }
        try await server.stop()
    }

    @Test(arguments: [
        ([0x88], nil), ([0x8D], "status 404"), ([0x48, 3] + Array("503".utf8), "status 503"), ([0x99], "not HTTP/2"),
    ])
    func instancesOfHTTP2AreAskedInHTTP2(section: [UInt8], failure: String?) async throws {
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let head = [0, 0, UInt8(section.count), 1, 5, 0, 0, 0, 1] + section
        let server = try await LoopbackServer.start(sending: settings + head)
        switch await prober.probe(server.address, http(), over: .http2) {
        case .passed: #expect(failure == nil)
        case .failed(let sentence): #expect(failure.map { sentence.hasSuffix($0) } ?? false, "\(sentence)")
        }
        try await server.stop()
    }
}
