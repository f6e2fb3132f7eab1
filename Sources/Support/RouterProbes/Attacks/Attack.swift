/// What is attacked.
package struct AttackTarget: Sendable {
    /// Of this machine.
    package var port: Int
    /// The host of the service that the attack names.
    package var host: String
    /// A path whose answer is large, for slow readers.
    package var largePath: String
    /// A path that is answered after a long time only, or never.
    package var silentPath: String

    /// Takes all values.
    package init(
        port: Int, host: String = "app.localhost", largePath: String = "/large", silentPath: String = "/silent"
    ) {
        self.port = port
        self.host = host
        self.largePath = largePath
        self.silentPath = silentPath
    }
}

/// What became of an attack's connections.
package struct AttackOutcome: Hashable, Sendable {
    /// Connections that the attack made.
    package var opened = 0
    /// Those that the proxy ended while it lasted.
    package var ended = 0
    /// Answers by status; 0 for connections that got none.
    package var statuses: [Int: Int] = [:]
    /// Bytes that came from the proxy.
    package var received = 0

    /// Counts what became of a crowd.
    package init(_ crowd: Crowd) {
        opened = crowd.members.count
        ended = crowd.members.count - crowd.openCount
        for member in crowd.members {
            statuses[member.status, default: 0] += 1
            received += member.received
        }
    }
}

/// One way to use up a proxy.
package struct Attack: Sendable {
    /// One word, for the command line.
    package let name: String
    /// What it does, one sentence.
    package let summary: String
    /// Whether a proxy has to end its connections by itself.
    package let mustEnd: Bool
    /// Connections it makes where nothing else is asked for.
    package let connections: Int
    /// Runs it until the proxy has ended every connection, or the time is over; blocks.
    package let run: @Sendable (AttackTarget, _ connections: Int, _ limit: Duration) throws -> AttackOutcome

    /// Takes all values.
    package init(
        name: String, summary: String, mustEnd: Bool, connections: Int,
        run: @escaping @Sendable (AttackTarget, _ connections: Int, _ limit: Duration) throws -> AttackOutcome,
    ) {
        self.name = name
        self.summary = summary
        self.mustEnd = mustEnd
        self.connections = connections
        self.run = run
    }
}

/// What a proxy did under an attack.
package struct AttackReport: Sendable {
    /// Which attack.
    package let attack: Attack
    /// What became of its connections.
    package let outcome: AttackOutcome
    /// What another client got meanwhile.
    package let bystander: Bystander.Tally
    /// Kibibytes by which the proxy's memory grew at most.
    package let grownKibibytes: Int
    /// Processor time that the proxy took.
    package let processorTime: Duration

    /// What is wrong with it, a sentence each; empty when the proxy stood it.
    ///
    /// Source of the bounds: what HAProxy and nginx keep, rounded up.
    package func faults(processorMax: Duration = .milliseconds(300), grownKibibytesMax: Int = 16_384) -> [String] {
        var faults: [String] = []
        if attack.mustEnd, outcome.ended < outcome.opened {
            faults.append("\(outcome.opened - outcome.ended) of \(outcome.opened) connections were left open")
        }
        if grownKibibytes > grownKibibytesMax { faults.append("memory grew by \(grownKibibytes) KiB") }
        if processorTime > processorMax { faults.append("it took \(processorTime) of processor time") }
        if let first = bystander.failures.first {
            faults.append("\(bystander.failures.count) requests of another client failed; the first: \(first)")
        }
        if bystander.answered == 0 { faults.append("no other client was answered") }
        return faults
    }

    /// One line for people.
    package var line: String {
        let statuses = outcome.statuses.sorted { $0.key < $1.key }
            .map { "\($0.key == 0 ? "none" : "\($0.key)"): \($0.value)" }.joined(separator: ", ")
        return "\(attack.name): \(outcome.ended)/\(outcome.opened) ended (\(statuses)), +\(grownKibibytes) KiB, "
            + "\(processorTime) CPU, others \(bystander.answered) answered, \(bystander.failures.count) failed, "
            + "slowest \(bystander.slowest)"
    }
}
