import Foundation
import RunaboutModel
import RunaboutProxy
import Testing

/// Connections that begin with a PROXY protocol header.
@Suite(.timeLimit(.minutes(1))) struct BalancedConnectionTests {
    private static let two: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    /// Sends bytes piece by piece on a connection of its own; the whole answer, empty when there was none.
    private func answer(to pieces: [[UInt8]], from proxy: TestProxy) async throws -> String {
        let port = proxy.port
        return try await onThread {
            let wire = try Wire(port: port)
            for piece in pieces { try wire.write(piece) }
            return wire.readToEnd()
        }
    }

    private func withProxy(
        head timeout: Duration = Limits.headTimeout, _ body: (TestProxy) async throws -> Void,
    ) async throws {
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(head.utf8.count)\r\n\r\n\(head)")
        }
        var timeouts = EngineTimeouts()
        timeouts.head = timeout
        try await TestProxy.with([route([instance.routed()])], expectsProxyHeader: true, timeouts: timeouts, body)
    }

    @Test(
        arguments: [
            (Array("PROXY TCP4 192.0.2.7 192.0.2.1 51000 80\r\n".utf8), "192.0.2.7", "for=192.0.2.7;"),
            (Array("PROXY TCP6 2001:db8::7 ::1 51000 80\r\n".utf8), "2001:db8::7", "for=\"[2001:db8::7]\";"),
            (Array("PROXY UNKNOWN\r\n".utf8), "127.0.0.1", "for=127.0.0.1;"),
            (two + [0x21, 0x11, 0, 12, 192, 0, 2, 9, 192, 0, 2, 1, 0, 1, 0, 80], "192.0.2.9", "for=192.0.2.9;"),
            (two + [0x20, 0x00, 0, 0], "127.0.0.1", "for=127.0.0.1;"),
        ] as [([UInt8], String, String)])
    func theInstanceIsToldTheClientThatTheBalancerNames(header: [UInt8], client: String, node: String) async throws {
        try await withProxy { proxy in
            let request = Array(get().utf8)
            for pieces in [[header + request], [header, request], header.map { [$0] } + [request]] {
                let answer = try await answer(to: pieces, from: proxy)
                #expect(answer.contains("\r\nX-Forwarded-For: \(client)\r\n"))
                #expect(answer.contains("\r\nForwarded: \(node)"))
            }
        }
    }

    @Test func theHeaderCountsForAllRequestsOfItsConnection() async throws {
        try await withProxy { proxy in
            let answer = try await answer(
                to: [Array("PROXY TCP4 192.0.2.7 192.0.2.1 51000 80\r\n\(keep())\(get())".utf8)], from: proxy)
            #expect(answer.components(separatedBy: "X-Forwarded-For: 192.0.2.7\r\n").count == 3)
        }
    }

    @Test(arguments: [
        Array(get().utf8), Array("PROXY TCP4 192.0.2.7\r\n\(get())".utf8), two + [0x21, 0x11, 0xFF, 0xFF],
        Array("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n\(get())".utf8), [0x16, 3, 1],
    ])
    func aConnectionWithoutASoundHeaderIsClosedWithoutAnAnswer(bytes: [UInt8]) async throws {
        try await withProxy { proxy in
            let refused = try await answer(to: [bytes], from: proxy)
            #expect(refused == "")
            // Others are served meanwhile and afterwards.
            let sound = Array("PROXY UNKNOWN\r\n\(get())".utf8)
            let served = try await answer(to: [sound], from: proxy)
            #expect(served.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test(arguments: ["", "PROXY TCP4 192.0"]) func aHeaderThatDoesNotComeIsNotWaitedForLongerThanAHead(
        beginning: String
    )
        async throws
    {
        try await withProxy(head: .milliseconds(50)) { proxy in
            let answer = try await answer(to: [Array(beginning.utf8)], from: proxy)
            #expect(answer == "")
        }
    }
}
