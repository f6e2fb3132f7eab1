import RouterProbes
import Testing

/// The whole corpus of malformed and ambiguous requests, through the router to an instance that records every byte.
@Suite struct HTTP1ConformanceTests {
    /// How long nothing may happen; only a case that hangs waits so long.
    private static let deadline = Duration.seconds(20)
    /// Cases in which the router is kinder than the RFCs, each with the reason why.
    private static let lenient: [String: String] = [
        "target: braces": uri, "target: a bar": uri, "target: a caret": uri, "target: a backquote": uri,
        "chunk: an extension of only a semicolon": chunk, "chunk: an extension of two semicolons": chunk,
        "chunk: an extension of no name": chunk, "chunk: an extension of no value": chunk,
        "chunk: an extension of a quote that does not end": chunk,
        "chunk: an extension of something behind a quote": chunk, "chunk: an extension of two words": chunk,
        "chunk: an extension of brackets in a name": chunk,
        "host: with a malformed escape": "escapes in a host's name are not looked at",
    ]
    private static let uri = "browsers send it as it is in queries, and no server reads it as anything else"
    private static let chunk = "extensions are dropped, whatever they say, as long as they end with their line"

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
    }
}
