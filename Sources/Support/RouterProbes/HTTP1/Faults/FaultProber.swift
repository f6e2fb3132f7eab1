/// Takes instances that misbehave behind a proxy on one lane, one after the other.
final class FaultProber {
    private let lane: Lane
    private let host: String

    init(_ lane: Lane, number: Int) {
        self.lane = lane
        host = HTTP1Case.host(lane: number)
    }

    func run(_ fault: FaultCase, at place: Int) -> ProbeResult {
        let target = "/fault-\(place)"
        lane.forget()
        lane.script = { request in
            request?.target == target ? fault.steps : InstanceAnswer.steps(for: request)
        }
        var statuses: [Int] = []
        let judgement: Judgement
        do throws(ProbeError) {
            let client = SimpleClient(socket: try lane.connect(), host: host)
            let answer = converse(fault, client, target)
            statuses = client.answers(to: [fault.method]).map(\.status)
            let after =
                answer.verdict == .pass || answer.verdict == .lenient ? try askAfterwards(fault, client, place) : nil
            judgement = after ?? answer
            client.socket.close()
        } catch {
            judgement = Judgement(.fail, "\(error)")
        }
        return ProbeResult(
            number: place, name: fault.name, verdict: judgement.verdict, reason: judgement.reason, statuses: statuses)
    }

    private func converse(_ fault: FaultCase, _ client: SimpleClient, _ target: String) -> Judgement {
        client.send(fault.method, target, body: fault.body)
        // What does not come in time is judged by what did.
        _ = lane.play {
            client.socket.end != .open || !client.answers(to: [fault.method]).isEmpty
        }
        if let answer = client.answers(to: [fault.method]).first, answer.closes {
            _ = lane.play { client.socket.end != .open }
        }
        // What the instance says behind its answer has to be said before somebody else's request can be hurt by it.
        let isSaid = lane.play { lane.instances.allSatisfy { $0.isOver || $0.hasSaidAll } }
        guard isSaid else { return Judgement(.hang, "the instance could not say all it had to") }
        return fault.judge(client.socket.received, end: client.socket.end)
    }

    /// The same client where it still can, and three others, get their own answers; nil when they do.
    private func askAfterwards(_ fault: FaultCase, _ client: SimpleClient, _ place: Int) throws(ProbeError)
        -> Judgement?
    {
        if client.socket.end == .open {
            let target = "/follow-up-\(place)"
            switch client.ask(lane, "GET", target, after: [fault.method]) {
            case .answered(let answer):
                if let wrong = wrong(answer, target, "the next request") { return wrong }
            case .late: return Judgement(.hang, "the next request was not answered")
            // A connection that ends is no lie.
            case .ended: break
            }
        }
        for other in 0..<3 {
            let target = "/elsewhere-\(place)-\(other)"
            let client = SimpleClient(socket: try lane.connect(), host: host)
            defer { client.socket.close() }
            switch client.ask(lane, "GET", target) {
            case .answered(let answer):
                if let wrong = wrong(answer, target, "another client") { return wrong }
            case .ended: return Judgement(.fail, "another client got no answer")
            case .late: return Judgement(.hang, "another client was not answered")
            }
        }
        return nil
    }

    private func wrong(_ answer: ReadAnswer, _ target: String, _ who: String) -> Judgement? {
        if answer.status == 200, answer.marker == "GET \(target)" { return nil }
        return Judgement(.fail, "\(who) got \(answer.status) for '\(answer.marker ?? "nobody")'")
    }
}
