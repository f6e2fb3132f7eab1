/// Takes instances that misbehave through a proxy.
package enum FaultRun {
    /// Everything: the faults on all lanes at once, then on the first what takes several clients.
    ///
    /// Each lane gets a thread. `deadline` is how long nothing may happen before a case counts as hanging.
    package static func all(lanes: [ProbeLane], deadline: Duration) async -> [ProbeResult] {
        let faults = FaultCorpus.cases
        let results = await run(faults, lanes: lanes, deadline: deadline)
        let more = await onThreads(min(1, lanes.count), name: "probe") { index in
            let lane = lanes[index]
            let stage = Lane(listener: lane.listener, proxyPort: lane.proxyPort, deadline: deadline)
            return KeepAliveRace(stage, number: lane.number).run(from: faults.count)
                + [LateBody(stage, number: lane.number).run(at: faults.count + 3)]
        }
        return results + more.flatMap(\.self)
    }

    /// Runs faults on all lanes at once; gives the results in their order.
    package static func run(_ faults: [FaultCase], lanes: [ProbeLane], deadline: Duration) async -> [ProbeResult] {
        let results = await onThreads(lanes.count, name: "probe") { index in
            let lane = lanes[index]
            let stage = Lane(listener: lane.listener, proxyPort: lane.proxyPort, deadline: deadline)
            let prober = FaultProber(stage, number: lane.number)
            var results: [ProbeResult] = []
            for (place, fault) in faults.enumerated() where place % lanes.count == index {
                results.append(prober.run(fault, at: place))
            }
            return results
        }
        return results.flatMap(\.self).sorted { $0.number < $1.number }
    }
}
