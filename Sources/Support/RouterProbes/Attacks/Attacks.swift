/// The attacks on HTTP/1 that a front proxy has to stand.
package enum Attacks {
    /// All of them.
    package static let all = [
        silent, slowHeads, heldHeads, endlessHead, slowBodies, slowReaders, halfClosed, endedEarly, pipelined,
    ]

    /// Connects and says nothing.
    package static let silent = Attack(
        name: "silent", summary: "Connections that never say a word.", mustEnd: true, connections: 2_000
    ) { target, count, limit in
        let crowd = try makeCrowd(target, count)
        return untilClosed(crowd, limit)
    }

    /// Slowloris: a head that comes byte by byte and never ends.
    package static let slowHeads = Attack(
        name: "slow-heads", summary: "Heads that come a line at a time and never end.", mustEnd: true,
        connections: 1_000
    ) { target, count, limit in
        let crowd = try makeCrowd(target, count, saying: "GET / HTTP/1.1\r\nHost: \(target.host)\r\n")
        drip(crowd, "X-A: b\r\n", every: .milliseconds(200), limit)
        return AttackOutcome(crowd)
    }

    /// As many bytes of a head as a proxy takes, without its end.
    package static let heldHeads = Attack(
        name: "held-heads", summary: "Heads just below the limit on their size, without an end.", mustEnd: true,
        connections: 300
    ) { target, count, limit in
        let crowd = try makeCrowd(target, count, saying: "GET / HTTP/1.1\r\nHost: \(target.host)\r\n")
        let line = "X-Filler: " + String(repeating: "f", count: 1_000) + "\r\n"
        for _ in 0..<28 {
            crowd.sendAll(line)
            crowd.pump(for: .zero)
        }
        return untilClosed(crowd, limit)
    }

    /// Header lines without an end, as fast as they are taken.
    package static let endlessHead = Attack(
        name: "endless-head", summary: "One head after the other of header lines that never stop.", mustEnd: true,
        connections: 50
    ) { target, count, limit in
        let crowd = try makeCrowd(target, count, saying: "GET / HTTP/1.1\r\nHost: \(target.host)\r\n")
        let lines = String(repeating: "a: b\r\n", count: 500)
        let deadline = ProbeClock.now + limit
        while crowd.openCount > 0, ProbeClock.now < deadline {
            crowd.sendAll(lines)
            crowd.pump(for: .milliseconds(10)) { $0.openCount == 0 }
        }
        return AttackOutcome(crowd)
    }

    /// A body that is announced, begun, and then comes a byte at a time.
    package static let slowBodies = Attack(
        name: "slow-bodies", summary: "Bodies that are announced and come a byte at a time.", mustEnd: true,
        connections: 500
    ) { target, count, limit in
        let begin = "POST / HTTP/1.1\r\nHost: \(target.host)\r\nContent-Length: 8192\r\n\r\nbegin"
        let crowd = try makeCrowd(target, count, saying: begin)
        drip(crowd, "x", every: .milliseconds(500), limit)
        return AttackOutcome(crowd)
    }

    /// Asks for a large answer and takes none of it.
    package static let slowReaders = Attack(
        name: "slow-readers", summary: "Large answers of which nothing is read.", mustEnd: true, connections: 50
    ) { target, count, limit in
        let crowd = try makeDeafCrowd(target, count)
        crowd.sendAll("GET \(target.largePath) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n")
        return afterSilence(crowd, limit)
    }

    /// Ends its side without having asked for anything.
    package static let halfClosed = Attack(
        name: "half-closed", summary: "Connections whose client ends its side and waits.", mustEnd: true,
        connections: 2_000
    ) { target, count, limit in
        let crowd = try makeCrowd(target, count)
        for index in crowd.members.indices { crowd.endWriting(index) }
        return untilClosed(crowd, limit)
    }

    /// Asks for what never comes and goes away.
    package static let endedEarly = Attack(
        name: "ended-early", summary: "Requests whose client ends its side before the answer.", mustEnd: true,
        connections: 500
    ) { target, count, limit in
        let request = "GET \(target.silentPath) HTTP/1.1\r\nHost: \(target.host)\r\n\r\n"
        let crowd = try makeCrowd(target, count, saying: request)
        for index in crowd.members.indices { crowd.endWriting(index) }
        return untilClosed(crowd, limit)
    }

    /// Requests behind one another without waiting for answers, of which none is read.
    package static let pipelined = Attack(
        name: "pipelined", summary: "Thousands of requests on one connection, of whose answers none is read.",
        mustEnd: true, connections: 4
    ) { target, count, limit in
        let crowd = try makeDeafCrowd(target, count)
        let requests = String(repeating: "GET / HTTP/1.1\r\nHost: \(target.host)\r\n\r\n", count: 100)
        for _ in 0..<15 {
            crowd.sendAll(requests)
            crowd.pump(for: .milliseconds(1))
        }
        return afterSilence(crowd, limit)
    }

    /// Connections that have all said the same.
    private static func makeCrowd(_ target: AttackTarget, _ count: Int, saying text: String = "") throws -> Crowd {
        let crowd = try Crowd(port: target.port)
        try crowd.connect(count)
        if !text.isEmpty { crowd.sendAll(text) }
        return crowd
    }

    /// Connections that read nothing.
    private static func makeDeafCrowd(_ target: AttackTarget, _ count: Int) throws -> Crowd {
        let crowd = try Crowd(port: target.port)
        try crowd.connect(count, receiveBuffer: 4_096)
        for index in crowd.members.indices { crowd.members[index].reads = false }
        return crowd
    }

    /// Waits until the proxy has closed all connections or the time is over.
    private static func untilClosed(_ crowd: Crowd, _ limit: Duration) -> AttackOutcome {
        crowd.pump(for: limit) { $0.openCount == 0 }
        return AttackOutcome(crowd)
    }

    /// Reads nothing as long as the proxy may take to end the connections, then looks whether it has.
    ///
    /// Who reads nothing does not see the end: it stands behind bytes that nobody takes.
    private static func afterSilence(_ crowd: Crowd, _ limit: Duration) -> AttackOutcome {
        crowd.pump(for: limit) { $0.openCount == 0 }
        crowd.readOn()
        return untilClosed(crowd, .seconds(10))
    }

    /// Sends a piece to all again and again until they are closed or the time is over.
    private static func drip(_ crowd: Crowd, _ piece: String, every interval: Duration, _ limit: Duration) {
        let deadline = ProbeClock.now + limit
        while crowd.openCount > 0, ProbeClock.now < deadline {
            crowd.pump(for: interval) { $0.openCount == 0 }
            crowd.sendAll(piece)
        }
    }
}
