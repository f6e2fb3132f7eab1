/// What a proxy is said to have done with a case.
package enum Verdict: String, Sendable, CaseIterable, Codable {
    /// Exactly what a strict reading demands.
    case pass
    /// It took what it should have refused, but nobody was fooled.
    case lenient
    /// An instance could be fooled, a client got what was not its own, or a plain request was refused.
    case fail
    /// Nothing happened in time.
    case hang
}

/// Everything that was seen of a case.
package struct HTTP1Observation: Sendable {
    /// The whole requests that reached the instance, in their order, without the probe's own two.
    package var forwards: [ReadRequest] = []
    /// Why bytes that reached the instance are no request that everybody reads in the same way.
    package var ambiguities: [String] = []
    /// Requests that reached the instance in part, on connections that were left open.
    package var leftOpen: [String] = []
    /// Final answers on the case's connection, without the one to the follow-up.
    package var answers: [ReadAnswer] = []
    /// What did not happen in time.
    package var hang: String?
    /// How a request behind the case, on the same connection or another, went wrong.
    package var poisoning: String?

    /// Nothing seen yet.
    package init() {}
}

/// A verdict and why.
package struct Judgement: Hashable, Sendable {
    /// The verdict.
    package let verdict: Verdict
    /// A short sentence; empty for a pass.
    package let reason: String

    init(_ verdict: Verdict, _ reason: String = "") {
        self.verdict = verdict
        self.reason = reason
    }
}

/// Decides from the bytes that an instance got, not from what a proxy says about them.
package enum HTTP1Judge {
    /// Judges a case, which carries its numbers, on the lane with this host.
    package static func judge(_ probe: HTTP1Case, _ seen: HTTP1Observation, host: String) -> Judgement {
        if let ambiguity = seen.ambiguities.first { return Judgement(.fail, "the instance got \(ambiguity)") }
        if let poisoning = seen.poisoning { return Judgement(.fail, poisoning) }
        if let leftOpen = seen.leftOpen.first {
            return Judgement(.fail, "a request without an end (\(leftOpen)) was left open at the instance")
        }
        if let hang = seen.hang { return Judgement(.hang, hang) }
        let match = { (forwards: [Forward]) in matches(seen.forwards, forwards, host: host) }
        if match(probe.legal) { return judgeUnforwarded(probe, seen) }
        if probe.demand != .accept {
            if let reading = probe.readings.first(where: { match(probe.legal + $0) }) {
                return judgeForwarded(probe.legal + reading, seen, ifRight: .pass)
            }
            if let reading = probe.lenientReadings.first(where: { match(probe.legal + $0) }) {
                return judgeForwarded(probe.legal + reading, seen, ifRight: .lenient)
            }
        }
        return Judgement(.fail, "the instance got \(text(of: seen)) instead of \(text(of: probe.legal))")
    }

    /// Only what is legal reached the instance.
    private static func judgeUnforwarded(_ probe: HTTP1Case, _ seen: HTTP1Observation) -> Judgement {
        let forwarded = judgeForwarded(probe.legal, seen, ifRight: .pass)
        guard forwarded.verdict == .pass else { return forwarded }
        let statuses = seen.answers.map(\.status)
        if probe.demand == .accept {
            let isAnswered =
                statuses.count >= probe.legal.count && statuses.prefix(probe.legal.count).allSatisfy { $0 == 200 }
            return isAnswered ? forwarded : Judgement(.fail, "a plain request was answered \(statuses)")
        }
        // An answer that only says that nobody lives there means that the request was understood.
        if probe.demand == .reject, let last = statuses.dropFirst(probe.legal.count).first {
            if last == 404 { return Judgement(.lenient, "it was understood, for a host that is not known") }
            if last < 400 { return Judgement(.lenient, "it was answered \(last)") }
        }
        return forwarded
    }

    /// These requests reached the instance.
    private static func judgeForwarded(
        _ forwards: [Forward], _ seen: HTTP1Observation, ifRight verdict: Verdict,
    ) -> Judgement {
        let markers = seen.answers.compactMap { $0.fields.values(of: InstanceAnswer.marker.lowercased()).first }
        let wanted = forwards.map(marker)
        guard markers == Array(wanted.prefix(markers.count)) else {
            return Judgement(.fail, "the client got the answers to \(markers) for \(wanted)")
        }
        var rest = seen.forwards
        for forward in forwards {
            guard let index = rest.firstIndex(where: { isSame($0, forward) }) else { continue }
            let request = rest.remove(at: index)
            for name in forward.keeps where request.fields.values(of: name).isEmpty {
                return Judgement(.fail, "\(name) was taken away")
            }
            for name in forward.drops where !request.fields.values(of: name).isEmpty {
                return Judgement(.lenient, "\(name) was passed on")
            }
            if let oddity = request.oddities.first { return Judgement(.lenient, "the instance got \(oddity)") }
        }
        return Judgement(verdict, verdict == .lenient ? "the instance got \(text(of: forwards))" : "")
    }

    private static func matches(_ requests: [ReadRequest], _ forwards: [Forward], host: String) -> Bool {
        guard requests.count == forwards.count else { return false }
        var rest = requests
        for forward in forwards {
            let wanted = forward.host ?? host
            guard
                let index = rest.firstIndex(where: {
                    isSame($0, forward) && ($0.hostName == wanted || !$0.hasPlainHost)
                })
            else {
                return false
            }
            rest.remove(at: index)
        }
        return true
    }

    private static func isSame(_ request: ReadRequest, _ forward: Forward) -> Bool {
        request.method == forward.method && request.originTarget == forward.target && request.body == forward.body
    }

    /// How the instance's answers name a request.
    static func marker(_ forward: Forward) -> String { shown("\(forward.method) \(forward.target)", lettersMax: 200) }

    private static func text(of forwards: [Forward]) -> String {
        if forwards.isEmpty { return "nothing" }
        return forwards.map { "\(shown(marker($0), lettersMax: 60)) with \($0.body.count) bytes" }.joined(
            separator: ", ")
    }

    private static func text(of seen: HTTP1Observation) -> String {
        if seen.forwards.isEmpty { return "nothing (the client: \(seen.answers.map(\.status)))" }
        return seen.forwards.map {
            "\(shown($0.method + " " + $0.target, lettersMax: 60)) for \(shown($0.hostName, lettersMax: 40)) "
                + "with \($0.body.count) bytes"
        }.joined(separator: ", ")
    }
}
