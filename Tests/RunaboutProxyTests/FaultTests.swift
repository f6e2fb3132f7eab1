import Glibc
import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization
import Testing

/// Instances and clients that misbehave.
@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX7\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func aTruncatedAnswerNeverLooksComplete(answer: String) async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write(answer)
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let received = try await proxy.exchange(keep())
            #expect(received.hasPrefix("HTTP/1.1 200"))
            #expect(!received.hasSuffix("0\r\n\r\n"))
            if received.contains("Content-Length: 10") { #expect(received.hasSuffix("\r\n\r\nabc")) }
            let totals = try await proxy.totals { $0.accepted == 1 && !$0.platformErrors.isEmpty }
            #expect(totals.answered == 0)
            #expect(totals.platformErrors.values.reduce(0, +) == 1)
            #expect(proxy.entries.count == 1)
            #expect(proxy.entries.first?.instance == instance.id)
        }
    }

    @Test(arguments: [
        ("", "instanceClosed"), ("HTTP/1.1 200 OK\r\nX: ", "instanceClosed"),
        ("garbage\r\n\r\n", "instanceMalformed"), ("HTTP/1.1 099 No\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 200 OK\nX: y\n\n", "instanceMalformed"), ("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "instanceMalformed"),
        ("HTTP/1.1 200 OK\r\nConnection: a b\r\nContent-Length: 0\r\n\r\n", "instanceMalformed"),
    ])
    func anAnswerThatCannotBeUnderstoodIsABadGateway(answer: String, code: String) async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write(answer)
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let received = try await proxy.exchange(get("/", "Accept: application/json\r\n"))
            #expect(received.hasPrefix("HTTP/1.1 502"), "\(answer)")
            #expect(received.contains("\"code\":\"\(code)\""), "\(received)")
        }
    }

    @Test func anHeadLargerThanTheLimitIsABadGateway() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 300_000) + "\r\n\r\n")
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 502"))
        }
    }

    @Test func bytesBehindAnAnswerReachNobody() async throws {
        let instance = try ScriptedInstance { wire, _ in
            while true {
                _ = try wire.readHead()
                try wire.write(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            for _ in 0..<10 {
                let answer = try await proxy.exchange(get())
                #expect(answer.hasSuffix("\r\n\r\nok"))
            }
        }
    }

    @Test func aConnectionThatTheInstanceClosedMeanwhileCostsNoRequest() async throws {
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            // Says nothing of closing, and closes.
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            try await onThread {
                let wire = try Wire(port: port)
                for _ in 0..<200 {
                    try wire.write(keep())
                    #expect(try wire.readHead().hasPrefix("HTTP/1.1 200"))
                    _ = try wire.read(count: 2)
                }
            }
            #expect(instance.connections >= 200)
        }
    }

    @Test func aRequestThatMayHaveBeenActedOnIsNotSentAgain() async throws {
        let posts = Mutex(0)
        let instance = try ScriptedInstance { wire, _ in
            while true {
                let head = try wire.readHead()
                if head.hasPrefix("POST") {
                    posts.withLock { $0 += 1 }
                    return
                }
                try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let post = "POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            let answer = try await proxy.exchange(keep() + post)
            #expect(answer.contains("HTTP/1.1 502"))
            #expect(posts.withLock { $0 } == 1)
        }
    }

    @Test func aRefusedConnectionGoesToAnotherInstance() async throws {
        let dead = try RefusingInstance(1)
        let alive = try ScriptedInstance(2, answering: "alive")
        try await TestProxy.with([route([dead.routed(), alive.routed()])]) { proxy in
            for _ in 0..<5 {
                let answer = try await proxy.exchange(get())
                #expect(answer.hasSuffix("alive"))
            }
        }
    }

    @Test func aRequestForADeadInstanceWaitsForItsReplacement() async throws {
        let dead = try RefusingInstance(1)
        let replacement = try ScriptedInstance(2, answering: "alive")
        try await TestProxy.with([route([dead.routed()])]) { proxy in
            let port = proxy.port
            async let answer = onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire.readToEnd()
            }
            try await proxy.queued(1)
            await proxy.publish(route([replacement.routed()], generation: 2))
            let text = try await answer
            #expect(text.hasSuffix("alive"))
        }
    }

    @Test func aDeadInstanceWithoutReplacementIsToldAsSuch() async throws {
        let dead = try RefusingInstance(1)
        try await TestProxy.with([route([dead.routed()], queueWaitMilliseconds: 300)]) { proxy in
            let answer = try await proxy.exchange(get())
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("instanceUnreachable"))
        }
    }

    @Test func aClientThatLeavesEndsItsRequestEverywhere() async throws {
        let (cancelled, noteCancelled) = AsyncStream.makeStream(of: Bool.self)
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            // The end of the stream is the cancellation.
            noteCancelled.yield((try? wire.readSome().isEmpty) ?? true)
        }
        try await TestProxy.with([route([instance.routed()], maxConcurrency: 1)]) { proxy in
            let port = proxy.port
            let wires = try await onThread {
                let running = try Wire(port: port)
                try running.write(get())
                return running
            }
            let waiting = try await onThread {
                let waiting = try Wire(port: port)
                try waiting.write(get())
                return waiting
            }
            try await proxy.queued(1)
            waiting.cut()
            wires.cut()
            var iterator = cancelled.makeAsyncIterator()
            #expect(await iterator.next() == true)
            let totals = try await proxy.totals { $0.clientGone == 2 }
            #expect(totals == LedgerTotals(accepted: 2, clientGone: 2))
            #expect(proxy.entries.map(\.outcome) == [.clientGone, .clientGone])
        }
    }

    @Test func aSlowReaderStopsItsProducer() async throws {
        let written = Mutex(0)
        let (stalls, noteStall) = AsyncStream.makeStream(of: Int.self)
        let instance = try ScriptedInstance { wire, _ in
            _ = try wire.readHead()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            var time = timeval(tv_sec: 0, tv_usec: 700_000)
            setsockopt(wire.descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            let block = [UInt8](repeating: 7, count: 100_000)
            while (try? wire.write(block)) != nil { written.withLock { $0 += block.count } }
            noteStall.yield(written.withLock { $0 })
        }
        try await TestProxy.with([route([instance.routed()])]) { proxy in
            let port = proxy.port
            let wire = try await onThread {
                let wire = try Wire(port: port, receiveBuffer: 65_536)
                try wire.write(get())
                return wire
            }
            var iterator = stalls.makeAsyncIterator()
            let count = try #require(await iterator.next())
            // Kernel buffers on three sockets and our queue; far from the gigabyte that was announced.
            #expect(count < 40_000_000)
            wire.cut()
        }
    }
}
