/// An instance that closes after each answer without saying so.
///
/// A request may be on its way when the connection closes. One that may be sent twice has to be; one that may not must
/// not, once a byte of it was sent.
final class KeepAliveRace {
    /// Requests of a kind.
    static let count = 400
    private let lane: Lane
    private let host: String
    private var arrivals: [String: Int] = [:]

    init(_ lane: Lane, number: Int) {
        self.lane = lane
        host = HTTP1Case.host(lane: number)
    }

    /// Both kinds, as results with these numbers.
    func run(from place: Int) -> [ProbeResult] {
        [
            result(place, "an instance that closes after each answer, \(Self.count) GETs", judge { try race("GET") }),
            result(
                place + 1, "an instance that closes after each answer, \(Self.count) POSTs", judge { try race("POST") }),
            result(place + 2, "an instance that dies with each POST", judge { try dieWithEach() }),
        ]
    }

    private func judge(_ body: () throws -> Judgement) -> Judgement {
        do { return try body() } catch { return Judgement(.fail, "\(error)") }
    }

    private func result(_ place: Int, _ name: String, _ judgement: Judgement) -> ProbeResult {
        ProbeResult(number: place, name: name, verdict: judgement.verdict, reason: judgement.reason, statuses: [])
    }

    private func race(_ method: String) throws -> Judgement {
        lane.forget()
        var turn = 0
        lane.script = { [self] request in
            guard let request else { return InstanceAnswer.steps(for: nil) }
            count(request)
            turn += 1
            // Now before, now behind the next request.
            let pause: [InstanceStep] = turn % 2 == 0 ? [.pause(.microseconds(turn % 7 * 100))] : []
            return InstanceAnswer.steps(for: request) + pause + [.close]
        }
        var client = SimpleClient(socket: try lane.connect(), host: host)
        var earlier: [String] = []
        var answered = 0
        for number in 0..<Self.count {
            let target = "/race-\(method)-\(number)"
            switch client.ask(lane, method, target, after: earlier, body: method == "POST" ? "hello" : "") {
            case .answered(let answer):
                earlier.append(method)
                guard answer.marker == nil || answer.marker == "\(method) \(target)" else {
                    return Judgement(.fail, "\(target) got the answer to \(answer.marker ?? "")")
                }
                if answer.status == 200 { answered += 1 }
            case .ended: break
            case .late: return Judgement(.hang, "\(target) was not answered")
            }
            if client.socket.end != .open || client.answers(to: earlier).last?.closes == true || earlier.count > 20 {
                client.socket.close()
                client = SimpleClient(socket: try lane.connect(), host: host)
                earlier = []
            }
        }
        client.socket.close()
        if method == "GET" {
            return answered == Self.count
                ? Judgement(.pass) : Judgement(.fail, "\(answered) of \(Self.count) were answered")
        }
        return judgeArrivals()
    }

    /// Each POST meets an instance that takes it and dies, on a connection that was used before.
    private func dieWithEach() throws -> Judgement {
        lane.forget()
        arrivals = [:]
        lane.script = { [self] request in
            guard let request, request.method == "POST" else { return InstanceAnswer.steps(for: request) }
            count(request)
            return [arrivals.count % 2 == 0 ? .close : .reset]
        }
        for number in 0..<50 {
            let client = SimpleClient(socket: try lane.connect(), host: host)
            defer { client.socket.close() }
            guard case .answered(let warm) = client.ask(lane, "GET", "/warm-\(number)"), warm.status == 200 else {
                return Judgement(.fail, "a GET in between was not answered")
            }
            switch client.ask(lane, "POST", "/die-\(number)", after: ["GET"], body: "hello") {
            case .answered(let answer) where answer.status < 500: return Judgement(.fail, "a POST got \(answer.status)")
            case .answered, .ended: break
            case .late: return Judgement(.hang, "a POST was not answered")
            }
        }
        return arrivals.count == 50 ? judgeArrivals() : Judgement(.fail, "\(arrivals.count) of 50 POSTs arrived")
    }

    private func count(_ request: ReadRequest) { arrivals[request.target, default: 0] += 1 }

    private func judgeArrivals() -> Judgement {
        let twice = arrivals.filter { $0.key.contains("POST") || $0.key.contains("die") }.filter { $0.value > 1 }
        return twice.isEmpty ? Judgement(.pass) : Judgement(.fail, "\(twice.count) POSTs were sent more than once")
    }
}
