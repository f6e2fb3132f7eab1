/// An instance whose head comes long before its body, as that of an event stream does, while others are served.
final class LateBody {
    private let lane: Lane
    private let host: String

    init(_ lane: Lane, number: Int) {
        self.lane = lane
        host = HTTP1Case.host(lane: number)
    }

    func run(at place: Int) -> ProbeResult {
        let judgement: Judgement
        do { judgement = try converse() } catch { judgement = Judgement(.fail, "\(error)") }
        return ProbeResult(
            number: place, name: "a head, then other clients' answers, then its body", verdict: judgement.verdict,
            reason: judgement.reason, statuses: [])
    }

    /// For each framing: the head has to come before there is a body, and the body has to come whole.
    private func converse() throws -> Judgement {
        lane.forget()
        let framings: [(String, [UInt8])] = [
            ("Content-Length: 5", rawBytes("hello")),
            ("Transfer-Encoding: chunked", rawBytes("5\r\nhello\r\n0\r\n\r\n")),
        ]
        for (number, (field, body)) in framings.enumerated() {
            let target = "/late-\(number)"
            lane.script = { request in
                guard request?.target == target else { return InstanceAnswer.steps(for: request) }
                return [.send(rawBytes("HTTP/1.1 200 OK\r\n\(field)\r\n\r\n"))]
            }
            let client = SimpleClient(socket: try lane.connect(), host: host)
            client.send("GET", target)
            let end = rawBytes("\r\n\r\n")
            let hasHead = lane.play { client.socket.end != .open || client.socket.received.suffix(4) == end[...] }
            guard hasHead, client.socket.end == .open else {
                return Judgement(.hang, "the head did not come before the body")
            }
            for other in 0..<3 {
                let neighbour = SimpleClient(socket: try lane.connect(), host: host)
                defer { neighbour.socket.close() }
                guard case .answered(let answer) = neighbour.ask(lane, "GET", "/neighbour-\(other)"),
                    answer.marker == "GET /neighbour-\(other)", answer.body == rawBytes("answered")
                else { return Judgement(.fail, "another client got something else than its answer") }
            }
            guard let instance = lane.instances.first(where: { $0.requests.contains { $0.target == target } }) else {
                return Judgement(.fail, "the instance's connection is gone")
            }
            instance.add([.send(body)])
            let hasBody = lane.play { client.socket.end != .open || !client.answers(to: ["GET"]).isEmpty }
            guard hasBody else { return Judgement(.hang, "the body did not come") }
            guard let answer = client.answers(to: ["GET"]).first, answer.body == rawBytes("hello") else {
                return Judgement(.fail, "the client got '\(shown(latin1(client.socket.received)))'")
            }
            client.socket.close()
        }
        return Judgement(.pass)
    }
}
