import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import RunaboutClient
import RunaboutModel
import RunaboutTestSupport
import RunaboutWire
import Testing

/// The client against servers that say what a daemon would not.
@Suite struct ControlClientTests {
    private func against(
        _ respond: @escaping @Sendable (Request) async throws -> Response,
        timeout: Duration = .seconds(20),
        _ body: @escaping @Sendable (ControlClient) async throws -> Void,
    ) async throws {
        let router = Router()
        for method in [HTTPRequest.Method.get, .post, .patch, .delete] {
            router.on("/**", method: method) { request, _ in try await respond(request) }
        }
        try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            .test(.live) { test in
                let port = try #require(test.port)
                try await body(ControlClient(endpoint: .url("http://127.0.0.1:\(port)/", token: "t"), timeout: timeout))
            }
    }

    private func json(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    @Test func theTokenAndTheReferenceAreSentEscaped() async throws {
        try await against { request in
            #expect(request.headers[.authorization] == "Bearer t")
            #expect(request.uri.string == "/v1/auto-scaling-configurations/wide%2F2")
            return Response(status: .noContent)
        } _: { client in
            try await client.deleteAutoScalingConfiguration("wide/2")
        }
    }

    @Test func pagesAreReadToTheEnd() async throws {
        try await against { request in
            switch request.uri.queryParameters["pageToken"] {
            case nil: json(#"{"items":[],"nextToken":"a b"}"#)
            case "a b": json(#"{"items":[],"nextToken":"c"}"#)
            default: json(#"{"items":[]}"#)
            }
        } _: { client in
            let services = try await client.services()
            #expect(services.isEmpty)
        }
    }

    @Test func anErrorWithoutAProblemIsNoDaemons() async throws {
        try await against { _ in
            json("<html>", .badGateway)
        } _: { client in
            let error = await #expect(throws: ClientError.self) { try await client.health() }
            #expect(error == .malformedAnswer("status 502 without a problem document"))
        }
    }

    @Test func aBodyOfAnotherFormIsNoDaemons() async throws {
        try await against { _ in
            json(#"{"x":1}"#)
        } _: { client in
            let error = await #expect(throws: ClientError.self) { try await client.health() }
            guard case .malformedAnswer = error else {
                Issue.record("expected a malformed answer, found \(String(describing: error))")
                return
            }
        }
    }

    @Test func anAnswerThatDoesNotComeTimesOut() async throws {
        let (never, end) = AsyncStream<Void>.makeStream()
        let silence: @Sendable (Request) async throws -> Response = { _ in
            for await _ in never {}
            return Response(status: .ok)
        }
        try await against(silence, timeout: .milliseconds(50)) { client in
            let error = await #expect(throws: ClientError.self) { try await client.health() }
            #expect(error == .timedOut(place: "\(client.endpoint)"))
            // The server ends only once its answer does.
            end.finish()
        }
    }

    @Test func aConnectionCutInAStreamIsAnError() async throws {
        struct Cut: Error {}
        try await against { _ in
            Response(
                status: .ok,
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: ": hello\n\n"))
                    throw Cut()
                })
        } _: { client in
            let stream = try await client.watchEvents()
            await #expect(throws: ClientError.self) { for try await _ in stream {} }
        }
    }

    @Test func aPortWhereNobodyListensIsUnreachable() async throws {
        let client = ControlClient(endpoint: .url("http://127.0.0.1:1", token: nil))
        let error = await #expect(throws: ClientError.self) { try await client.health() }
        #expect(
            error?.description
                == "No daemon answers at http://127.0.0.1:1: the connection was refused. Is runaboutd running?")
    }

    @Test func aSocketThatIsNotThereIsSaidSo() async throws {
        let client = ControlClient(endpoint: .unixSocket(path: "/nonexistent/api.sock"))
        let error = await #expect(throws: ClientError.self) { try await client.health() }
        #expect(error == .unreachable(place: "/nonexistent/api.sock", reason: "there is no socket"))
    }

    @Test func aSocketThatNobodyServesIsUnreachable() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "api.sock").path
            try Data().write(to: URL(filePath: path))
            let client = ControlClient(endpoint: .unixSocket(path: path))
            let error = await #expect(throws: ClientError.self) { try await client.health() }
            #expect(error == .unreachable(place: path, reason: "the connection was refused"))
        }
    }

    @Test func aURLThatIsNoneIsSaidSo() async throws {
        let client = ControlClient(endpoint: .url("localhost", token: nil))
        let error = await #expect(throws: ClientError.self) { try await client.health() }
        #expect(error?.description.contains("it is not a URL like http://127.0.0.1:7080") == true)
    }
}
