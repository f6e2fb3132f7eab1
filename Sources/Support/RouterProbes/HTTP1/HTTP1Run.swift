import Synchronization

/// A proxy's port and the instance behind it, which one thread of probes plays.
package struct ProbeLane: Sendable {
    /// 0...99; the proxy has to send `probe-NN.test` to the instance.
    package let number: Int
    /// Where the proxy listens.
    package let proxyPort: Int
    /// Where the instance listens; stays with the caller.
    package let listener: ProbeListener

    /// Takes the parts.
    package init(number: Int, proxyPort: Int, listener: ProbeListener) {
        self.number = number
        self.proxyPort = proxyPort
        self.listener = listener
    }
}

/// Takes the corpus through a proxy.
package enum HTTP1Run {
    /// Runs cases, given with their places in the corpus, on all lanes at once; gives the results in that order.
    ///
    /// Each lane gets a thread. `deadline` is how long nothing may happen before a case counts as hanging.
    package static func run(
        _ cases: [(place: Int, probe: HTTP1Case)], lanes: [ProbeLane], deadline: Duration,
    ) async -> [ProbeResult] {
        let queue = CaseQueue(cases)
        let results = await onThreads(lanes.count, name: "probe") { index in
            let lane = lanes[index]
            let prober = HTTP1Prober(
                Lane(listener: lane.listener, proxyPort: lane.proxyPort, deadline: deadline), number: lane.number)
            var results: [ProbeResult] = []
            while let (place, probe) = queue.next() { results.append(prober.run(probe, at: place)) }
            return results
        }
        return results.flatMap(\.self).sorted { $0.number < $1.number }
    }
}

/// Hands out cases to whoever is free.
private final class CaseQueue: Sendable {
    private let cases: [(place: Int, probe: HTTP1Case)]
    private let taken = Mutex(0)

    init(_ cases: [(place: Int, probe: HTTP1Case)]) { self.cases = cases }

    func next() -> (place: Int, probe: HTTP1Case)? {
        let index = taken.withLock { taken in
            defer { taken += 1 }
            return taken
        }
        return index < cases.count ? cases[index] : nil
    }
}
