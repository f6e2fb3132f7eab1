/// Takes cases through a proxy on one lane, one after the other.
final class HTTP1Prober {
    private let lane: Lane
    private let number: Int
    private let host: String

    init(_ lane: Lane, number: Int) {
        self.lane = lane
        self.number = number
        host = HTTP1Case.host(lane: number)
    }

    /// Runs the case that has this place in the corpus.
    func run(_ probe: HTTP1Case, at place: Int) -> ProbeResult {
        let probe = probe.numbered(lane: number, number: place)
        var seen = HTTP1Observation()
        lane.forget()
        do throws(ProbeError) {
            let client = try lane.connect()
            converse(probe, client, place, &seen)
            client.close()
            try askElsewhere(place, &seen)
        } catch {
            seen.poisoning = seen.poisoning ?? "\(error)"
        }
        record(&seen)
        let judgement = HTTP1Judge.judge(probe, seen, host: host)
        return ProbeResult(
            number: place, name: probe.name, verdict: judgement.verdict, reason: judgement.reason,
            statuses: seen.answers.map(\.status))
    }

    private func ownRequest(_ target: String, closes: Bool) -> [UInt8] {
        rawBytes("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\(closes ? "Connection: close\r\n" : "")\r\n")
    }

    /// Sends the case, reads what comes, and asks for something else on the same connection where it lives on.
    private func converse(_ probe: HTTP1Case, _ client: ProbeSocket, _ place: Int, _ seen: inout HTTP1Observation) {
        let methods = (probe.legal + (probe.readings.first ?? probe.lenientReadings.first ?? [])).map(\.method)
        func finals() -> (answers: [ReadAnswer], isMalformed: Bool) {
            let (answers, rest) = AnswerReader.readAll(client.received, methods: methods, end: client.end)
            if case .malformed = rest { return (answers.filter { !$0.isInterim }, true) }
            return (answers.filter { !$0.isInterim }, false)
        }
        client.send(probe.bytes)
        if probe.ends { client.endSending() }
        let wanted = probe.legal.count + (probe.demand == .accept ? 0 : 1)
        let isAnswered = lane.play {
            guard client.end == .open else { return true }
            let (answers, isMalformed) = finals()
            return isMalformed || answers.count >= wanted || answers.last?.closes == true
        }
        seen.answers = finals().answers
        guard isAnswered else {
            seen.hang = "no answer and no end; the client got \(seen.answers.map(\.status))"
            return
        }
        guard client.end == .open else { return }
        let isLast = probe.ends || finals().isMalformed || seen.answers.last?.closes == true
        let followUp = "/follow-up-\(place)"
        let marker = "GET \(followUp)"
        if !isLast { client.send(ownRequest(followUp, closes: false)) }
        let isOver = lane.play {
            client.end != .open || (!isLast && finals().answers.contains { $0.marker == marker })
        }
        let answers = finals().answers
        seen.answers = answers.filter { $0.marker != marker }
        if let last = answers.last, let index = answers.firstIndex(where: { $0.marker == marker }),
            index < answers.count - 1
        {
            seen.poisoning = "behind the answer to the follow-up came one of status \(last.status)"
        } else if !isOver {
            seen.hang = isLast ? "the connection was not ended" : "the follow-up was not answered"
        }
    }

    /// A client of its own has to be answered as if nothing had been.
    private func askElsewhere(_ place: Int, _ seen: inout HTTP1Observation) throws(ProbeError) {
        let client = try lane.connect()
        let target = "/elsewhere-\(place)"
        client.send(ownRequest(target, closes: true))
        func answer() -> ReadAnswer? {
            AnswerReader.readAll(client.received, methods: [], end: client.end).answers.last { !$0.isInterim }
        }
        let isAnswered = lane.play { answer() != nil || client.end != .open }
        if !isAnswered {
            seen.hang = seen.hang ?? "a client on another connection was not answered"
        } else if let answer = answer() {
            if answer.status != 200 || answer.marker != "GET \(target)" {
                seen.poisoning =
                    seen.poisoning
                    ?? "a client on another connection got \(answer.status) for '\(answer.marker ?? "nobody")'"
            }
        } else {
            seen.poisoning = seen.poisoning ?? "a client on another connection got no answer"
        }
        client.close()
    }

    /// Takes down what reached the instance.
    private func record(_ seen: inout HTTP1Observation) {
        let isSettled = lane.play {
            lane.instances.allSatisfy { $0.isOver || $0.unfinished == nil }
        }
        for instance in lane.instances {
            for request in instance.requests where !Self.isOwn(request) { seen.forwards.append(request) }
            if let malformation = instance.malformation { seen.ambiguities.append(malformation) }
            if !instance.isOver, let unfinished = instance.unfinished { seen.leftOpen.append(unfinished) }
        }
        if !isSettled || !seen.ambiguities.isEmpty { lane.closeInstances() }
    }

    private static func isOwn(_ request: ReadRequest) -> Bool {
        request.method == "GET" && (request.target.hasPrefix("/follow-up-") || request.target.hasPrefix("/elsewhere-"))
    }
}

extension ReadAnswer {
    /// Which request the instance answered with it; nil when it is the proxy's own.
    var marker: String? { fields.values(of: InstanceAnswer.marker.lowercased()).first }
}
