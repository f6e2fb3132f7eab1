/// One way to make a server work, wait or remember without end, on one connection.
package struct HTTP2Attack: Sendable, CustomStringConvertible {
    /// What goes over the wire in one round, by the number of the round.
    typealias Round = @Sendable (_ number: UInt32, _ target: HTTP2Target) -> [UInt8]

    /// A short name: `rapid-reset`.
    package let id: String
    /// What the attacker does, and where the attack is known from.
    package let sentence: String
    /// Whether the attacker reads the answers.
    let reads: Bool
    /// What comes first; the preface and SETTINGS as a rule.
    let opening: @Sendable (HTTP2Target) -> [UInt8]
    /// How many rounds there are at most.
    let rounds: UInt32
    let round: Round

    init(
        _ id: String, _ sentence: String, settings: [(HTTP2Setting, UInt32)] = [], reads: Bool = true,
        first: @escaping @Sendable (HTTP2Target) -> HTTP2Frame? = { _ in nil }, rounds: UInt32, round: @escaping Round,
    ) {
        self.id = id
        self.sentence = sentence
        self.reads = reads
        self.rounds = rounds
        self.round = round
        opening = { target in
            HTTP2Frame.preface + HTTP2Frame.settings(settings).bytes + (first(target)?.bytes ?? [])
        }
    }

    /// An attack by silence: these bytes, and nothing more.
    init(_ id: String, _ sentence: String, only bytes: @escaping @Sendable (HTTP2Target) -> [UInt8]) {
        self.id = id
        self.sentence = sentence
        reads = true
        rounds = 0
        round = { _, _ in [] }
        opening = bytes
    }

    /// The id and the sentence.
    package var description: String { "\(id): \(sentence)" }
}

/// What became of an attack, and what it cost the server.
package struct HTTP2AttackReport: Sendable, CustomStringConvertible {
    /// Megabytes of memory that an attack may cost at most.
    ///
    /// Source: the issue's bound for every attack.
    package static let residentMegabytesMax = 16.0
    /// Seconds of processor that an attack may cost at most.
    ///
    /// Source: as above.
    package static let processorSecondsMax = 0.3
    /// How many times other clients ask while the attack goes on.
    package static let questions = 8

    /// The attack's name.
    package let id: String
    /// Rounds that were sent, and of how many.
    package let rounds: (sent: UInt32, most: UInt32)
    /// Bytes that the server took.
    package let bytesSent: Int
    /// Whether the server has ended the connection.
    package let isClosed: Bool
    /// The code of its GOAWAY.
    package let code: UInt32?
    /// By how much its memory was larger at its peak than before.
    package let residentMegabytes: Double
    /// How long its threads were on a processor, other clients' questions included.
    package let processorSeconds: Double
    /// How many of the other clients' questions were answered.
    package let answers: Int

    /// What is over a bound; empty when the server has stood.
    package var failures: [String] {
        var failures: [String] = []
        if !isClosed { failures.append("the connection stays open") }
        if answers < Self.questions { failures.append("\(answers) of \(Self.questions) questions answered") }
        if residentMegabytes >= Self.residentMegabytesMax { failures.append("\(residentMegabytes) MB of memory") }
        if processorSeconds > Self.processorSecondsMax { failures.append("\(processorSeconds) s of processor") }
        return failures
    }

    /// All figures in one line.
    package var description: String {
        let end = isClosed ? "closed\(code.map { " (\(HTTP2Code.name($0)))" } ?? "")" : "open"
        return "\(id): \(rounds.sent)/\(rounds.most) rounds, \(bytesSent / 1_024) KiB, \(end), "
            + "memory +\(residentMegabytes) MB, processor \(processorSeconds) s, \(answers)/\(Self.questions) answered"
    }
}

/// Attacks one server and measures what it costs.
package struct HTTP2Attacker: Sendable {
    /// The server.
    package let target: HTTP2Target
    /// Its process.
    package let process: ServerProcess
    /// How long a server may take to end the connection of an attacker that has nothing more to send.
    package let patience: Duration

    /// Names a server, its process, and how long it may take to end an attacker's connection.
    package init(_ target: HTTP2Target, process: ServerProcess, patience: Duration = .seconds(20)) {
        self.target = target
        self.process = process
        self.patience = patience
    }

    /// Runs one attack, asking as another client between its parts.
    ///
    /// - Throws: `ProbeFailure` when there is no server to attack.
    package func report(_ attack: HTTP2Attack) throws(ProbeFailure) -> HTTP2AttackReport {
        // What a first request costs is no cost of the attack.
        _ = isAnswered()
        let before = (resident: process.residentKibibytes, processor: process.processorNanoseconds)
        process.forgetPeak()
        let wire = try FloodWire(target, reads: attack.reads)
        let deadline = ContinuousClock.now + patience
        var answers = 0
        var asked = 0
        var sent: UInt32 = 0
        var goesOn = wire.send(attack.opening(target), by: deadline)
        while goesOn, sent < attack.rounds {
            if asked < HTTP2AttackReport.questions, sent >= (attack.rounds / 256) << UInt32(asked) {
                asked += 1
                if isAnswered() { answers += 1 }
            }
            goesOn = wire.send(attack.round(sent, target), by: min(deadline, .now + .seconds(2)))
            if goesOn { sent += 1 }
        }
        while asked < HTTP2AttackReport.questions {
            asked += 1
            if isAnswered() { answers += 1 }
        }
        wire.awaitEnd(by: .now + patience)
        let grown = max(process.peakKibibytes, process.residentKibibytes) - before.resident
        let processor = process.processorNanoseconds - before.processor
        return HTTP2AttackReport(
            id: attack.id, rounds: (sent, attack.rounds), bytesSent: wire.sent, isClosed: wire.isEnded,
            code: wire.code, residentMegabytes: Double(grown / 102) / 10,
            processorSeconds: Double(processor / 1_000_000) / 1_000, answers: answers)
    }

    /// Whether another client is answered.
    private func isAnswered() -> Bool {
        do {
            let peer = try HTTP2Peer(target)
            try peer.open()
            try peer.ask("/after")
            return true
        } catch {
            return false
        }
    }
}
