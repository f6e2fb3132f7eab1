import Foundation
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// What the engine tells of real requests.
@Suite struct RequestRecordTests {
    private struct Line: Decodable {
        let time: String
        let requestID: String
        let peer: String
        let `protocol`: String
        let method: String
        let host: String
        let target: String
        let service: String?
        let instance: String?
        let outcome: String
        let status: Int?
        let requestBytes: Int
        let responseBytes: Int
        let queueMicroseconds: Int?
        let connectMicroseconds: Int?
        let firstByteMicroseconds: Int?
        let totalMicroseconds: Int
    }

    @Test func eachRequestHasALineWithWhatItWas() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let head = try wire.readHead()
                if head.hasPrefix("POST") { _ = try wire.read(count: 5) }
                try wire.write("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes")
            }
        }
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "access.log")
            let log = try AccessLog(path: path.path, loops: 3, log: { _ in })
            try log.start()
            var sent = 0
            var received = 0
            try await TestProxy.with([route([instance.routed()])], accessLog: log) { proxy in
                for request in [
                    "POST /made?x=1 HTTP/1.1\r\nHost: APP.localhost\r\nX-Request-Id: mine\r\nContent-Length: 5\r\n"
                        + "Connection: close\r\n\r\nhello",
                    get("/nowhere", host: "other.localhost"), "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                ] {
                    let answer = try await proxy.exchange(request)
                    if sent == 0 {
                        sent = request.utf8.count
                        received = answer.utf8.count
                    }
                }
                let report = try await proxy.next { message -> ServiceTotals? in
                    guard case .ledger(let report) = message else { return nil }
                    return report.totals.first { $0.service == testService && $0.totals.answered == 1 }
                }
                #expect(report.traffic.responses == [0, 0, 1, 0, 0, 0])
                #expect(report.traffic.requestBytes == Int64(sent))
                #expect(report.traffic.responseBytes == Int64(received))
                #expect(report.traffic.duration.count == 1)
                #expect(report.traffic.queueWait.count == 1)
            }
            try await onThread { log.stop() }

            let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map { line in
                try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            }.sorted { $0.time < $1.time }
            try #require(lines.count == 3)
            let made = lines[0]
            #expect(made.requestID == "mine")
            #expect(made.peer == "127.0.0.1")
            #expect(made.protocol == "HTTP/1.1")
            #expect(made.method == "POST")
            #expect(made.host.lowercased() == "app.localhost")
            #expect(made.target == "/made?x=1")
            #expect(made.service == testService.rawValue)
            #expect(made.instance == instance.id.rawValue)
            #expect(made.outcome == "answered" && made.status == 201)
            #expect(made.requestBytes == sent)
            #expect(made.responseBytes == received)
            let parts = [made.queueMicroseconds, made.connectMicroseconds, made.firstByteMicroseconds]
            #expect(parts.allSatisfy { $0.map { (0...made.totalMicroseconds).contains($0) } ?? false })

            let nowhere = lines[1]
            #expect(nowhere.outcome == "noSuchHost" && nowhere.status == 404)
            #expect(nowhere.service == nil && nowhere.instance == nil && nowhere.connectMicroseconds == nil)
            #expect(nowhere.target == "/nowhere" && nowhere.host == "other.localhost")
            #expect(nowhere.responseBytes > 0)

            let bad = lines[2]
            #expect(bad.outcome == "badRequest" && bad.status == 400)
            #expect(bad.target.isEmpty && bad.requestID.count == 32)
        }
    }

    @Test func theHeadThatWeWriteIsTakenApart() {
        func parts(_ head: String) -> [String] {
            Array(head.utf8).withUnsafeBytes { bytes in
                let head = WrittenHead(bytes)
                return [head.method, head.target, head.host].map { String(decoding: $0, as: UTF8.self) }
            }
        }
        #expect(parts("GET /a?b HTTP/1.1\r\nHost: h:80\r\nX: y\r\n\r\n") == ["GET", "/a?b", "h:80"])
        #expect(parts("GET / HTTP/1.1\r\nX: y\r\nHOST:h \r\n\r\n") == ["GET", "/", "h"])
        #expect(parts("GET / HTTP/1.1\r\nX-Host: y\r\n\r\n") == ["GET", "/", ""])
        #expect(parts("GET") == ["", "", ""])
        #expect(parts("") == ["", "", ""])
    }
}
