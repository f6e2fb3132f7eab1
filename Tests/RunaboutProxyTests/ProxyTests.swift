import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    @Test func aRequestReachesItsServiceAndIsCounted() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            #expect(answer.contains("Connection: close"))
            let totals = try await proxy.totals { $0.answered == 1 }
            #expect(totals.accepted == 1)
            #expect(proxy.entries.isEmpty)
        }
    }

    @Test func hostsAreFoundWhateverTheirCaseAndPort() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            for host in ["APP.localhost", "app.localhost:8080", "app.localhost."] {
                #expect(try await proxy.exchange(get(host: host)).hasPrefix("HTTP/1.1 200"), "\(host)")
            }
            for (accept, type, mark) in [
                ("*/*", "text/plain; charset=utf-8", "\ncode noSuchHost, request abc-1\n"),
                (
                    "text/html,*/*;q=0.8", "text/html; charset=utf-8",
                    "<code>noSuchHost</code>, request <code>abc-1</code>"
                ),
                ("application/json", "application/problem+json", "\"code\":\"noSuchHost\""),
            ] {
                let fields = "Accept: \(accept)\r\nX-Request-Id: abc-1\r\n"
                let answer = try await proxy.exchange(get(host: "other.localhost", fields))
                #expect(answer.hasPrefix("HTTP/1.1 404"))
                #expect(answer.contains("\r\nContent-Type: \(type)\r\n"))
                #expect(answer.contains("\r\nX-Request-Id: abc-1\r\n"))
                #expect(answer.contains(mark))
            }
        }
    }

    @Test func oneConnectionServesManyRequestsOverOneConnection() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                for _ in 0..<20 {
                    try wire.write(keep())
                    let head = try wire.readHead()
                    #expect(!head.contains("Connection:"))
                    #expect(try wire.read(count: 5) == Array("hello".utf8))
                }
            }
            #expect(instance.connections == 1)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let path = try wire.readHead().split(separator: " ")[1]
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)")
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let requests = (0..<30).map { keep("/\($0)") }.joined() + get("/last")
            let answer = try await proxy.exchange(requests)
            let bodies = answer.split(separator: "\r\n\r\n").dropFirst().map { $0.split(separator: "HTTP").first ?? "" }
            #expect(bodies == (0..<30).map { "/\($0)" } + ["/last"])
        }
    }

    @Test func theInstanceSeesWhoAsksAndNothingHopByHop() async throws {
        let heard = Mutex("")
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            heard.withLock { $0 = head }
            try wire.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let fields = """
                X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nKeep-Alive: timeout=5\r\n\
                Connection: x-secret\r\nX-Secret: 1\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n\
                X-Request-Id: abc-1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\
                Cookie: a=b\r\n
                """
            let answer = try await proxy.exchange(get("/x?y=1", fields))
            #expect(answer.hasPrefix("HTTP/1.1 204"))
            let head = heard.withLock { $0 }
            #expect(head.hasPrefix("GET /x?y=1 HTTP/1.1\r\nHost: app.localhost\r\n"))
            for line in [
                "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: app.localhost",
                "Forwarded: for=127.0.0.1;host=\"app.localhost\";proto=http", "X-Request-Id: abc-1", "Cookie: a=b",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ] {
                #expect(head.contains("\r\n\(line)\r\n"), "\(line)")
            }
            #expect(head.contains("X-Amzn-Trace-Id: Root=1-"))
            for absent in ["6.6.6.6", "Keep-Alive", "X-Secret", "Proxy-Connection", "TE:", "Connection:"] {
                #expect(!head.contains(absent), "\(absent)")
            }
        }
    }

    @Test func chunkedBodiesPassBothWaysWithTrailers() async throws {
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            #expect(head.contains("Transfer-Encoding: chunked"))
            let body = try wire.read(through: "\r\n\r\n")
            #expect(body == "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n")
            try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n")
            try wire.write("A\r\n0123456789\r\n0\r\nX-End: 1\r\nContent-Length: 7\r\n\r\n")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let request = """
                POST / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
                5;ext=1\r\nhello\r\n06\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n
                """
            let answer = try await proxy.exchange(request)
            #expect(answer.contains("Transfer-Encoding: chunked\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\nX-End: 1\r\n\r\n"))
        }
    }

    @Test func headAnswersHaveNoBodyAndKeepTheConnection() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                _ = try wire.readHead()
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let head = "HEAD / HTTP/1.1\r\nHost: app.localhost\r\n\r\n"
            let last = "HEAD / HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n"
            let answer = try await proxy.exchange(head + last)
            #expect(answer.split(separator: "\r\n\r\n").count == 2)
            #expect(answer.contains("Content-Length: 1000"))
            #expect(instance.connections == 1)
        }
    }

    @Test func clientsOfHTTP10GetWhatTheyUnderstand() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                #expect(try wire.readHead().contains("HTTP/1.1"))
                try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let answer = try await proxy.exchange("GET / HTTP/1.0\r\nHost: app.localhost\r\n\r\n")
            #expect(answer.hasSuffix("Connection: close\r\n\r\nabc"))
            #expect(!answer.contains("chunked"))
        }
    }

    @Test func continueIsPassedOnAndTheBodyFollows() async throws {
        let instance = try ScriptedInstance { wire, _ in
            #expect(try wire.readHead().contains("Expect: 100-continue"))
            try wire.write("HTTP/1.1 100 Continue\r\n\r\n")
            #expect(try wire.read(count: 4) == Array("body".utf8))
            try wire.write(
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                try wire.write(
                    "PUT / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
                #expect(try wire.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
                try wire.write("body")
                #expect(try wire.readHead() == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                #expect(try wire.readHead().hasPrefix("HTTP/1.1 200 OK"))
                #expect(try wire.read(count: 2) == Array("ok".utf8))
            }
        }
    }

    @Test func anUpgradeBecomesATunnelAndCountsAsInFlight() async throws {
        let instance = try ScriptedInstance { wire, _ in
            let head = try wire.readHead()
            #expect(head.contains("Connection: Upgrade\r\nUpgrade: websocket\r\n"))
            try wire.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi")
            while true {
                let bytes = try wire.readSome()
                if bytes.isEmpty { return }
                try wire.write(bytes.reversed())
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                try wire.write(keep("/ws", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"))
                #expect(try wire.readHead().contains("101 Switching Protocols"))
                #expect(try wire.read(count: 2) == Array("hi".utf8))
                try wire.write("abc")
                #expect(try wire.read(count: 3) == Array("cba".utf8))
                wire.cut()
            }
            let totals = try await proxy.totals { $0.answered == 1 }
            #expect(totals == LedgerTotals(accepted: 1, answered: 1))
        }
    }

    @Test func bodiesOfAnySizePassUnchanged() async throws {
        let size = 5_000_000
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            let body = try wire.read(count: size)
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            try wire.write(body)
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            try await onThread {
                // Before the connection, on which a client may not be silent for long.
                let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
                let wire = try Wire(port: port)
                try wire.write("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: \(size)\r\n\r\n")
                try wire.write(body)
                _ = try wire.readHead()
                #expect(try wire.read(count: size) == body)
            }
        }
    }
}
