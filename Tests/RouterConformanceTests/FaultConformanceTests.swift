import RouterProbes
import Testing

/// Instances that misbehave, behind the router, judged from the client's side.
@Suite struct FaultConformanceTests {
    @Test(.timeLimit(.minutes(5))) func noInstanceFoolsAClient() async throws {
        var results: [ProbeResult] = []
        try await ProbedRouter.with(lanes: 4) { lanes in
            results = await FaultRun.all(lanes: lanes, deadline: .seconds(20))
        }
        #expect(results.count == FaultCorpus.cases.count + 4)
        for result in results where result.verdict != .pass {
            Issue.record("\(result.verdict): \(result.name): \(result.reason) \(result.statuses)")
        }
    }
}
