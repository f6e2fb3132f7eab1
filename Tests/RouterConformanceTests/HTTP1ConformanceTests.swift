import RouterProbes
import Testing

/// The whole corpus of malformed and ambiguous requests, through the router to an instance that records every byte.
@Suite struct HTTP1ConformanceTests {
    /// How long nothing may happen; only a case that hangs waits so long.
    private static let deadline = Duration.seconds(20)
    /// Cases in which the router is kinder than the RFCs, each with the reason why.
    private static let lenient: [String: String] = [
        "target: braces": uri, "target: a bar": uri, "target: a caret": uri, "target: a backquote": uri,
    ]
    private static let uri = "browsers send it as it is in queries, and no server reads it as anything else"

    @Test(.timeLimit(.minutes(5))) func noRequestFoolsAnInstance() async throws {
        let cases = HTTP1Corpus.cases.enumerated().map { (place: $0.offset, probe: $0.element) }
        var results: [ProbeResult] = []
        try await ProbedRouter.with(lanes: 8) { lanes in
            results = await HTTP1Run.run(cases, lanes: lanes, deadline: Self.deadline)
        }
        #expect(results.count == HTTP1Corpus.cases.count)
        for result in results where result.verdict != .pass {
            let isKnown = result.verdict == .lenient && Self.lenient[result.name] != nil
            #expect(isKnown, "\(result.verdict): \(result.name): \(result.reason) \(result.statuses)")
        }
        let found = Set(results.filter { $0.verdict == .lenient }.map(\.name))
        #expect(Set(Self.lenient.keys).isSubset(of: found), "a case that is lenient no longer is still listed")
        #expect(Self.lenient.count <= 5)
    }
}
