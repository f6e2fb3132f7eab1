import RouterProbes
import Testing

/// A proxy that passes everything on as it is: the client talks to the instance itself.
@Suite(.timeLimit(.minutes(1))) struct TransparentProxyTests {
    private func with(_ body: (ProbeLane) async -> [ProbeResult]) async throws -> [String: ProbeResult] {
        let listener = try ProbeListener()
        defer { listener.close() }
        let results = await body(ProbeLane(number: 7, proxyPort: listener.port, listener: listener))
        return Dictionary(results.map { ($0.name, $0) }) { first, _ in first }
    }

    private func run(_ names: [String]) async throws -> [String: ProbeResult] {
        let cases = HTTP1Corpus.cases.enumerated().map { (place: $0.offset, probe: $0.element) }
        let chosen = cases.filter { names.contains($0.probe.name) }
        #expect(chosen.count == names.count)
        return try await with { await HTTP1Run.run(chosen, lanes: [$0], deadline: .seconds(20)) }
    }

    @Test func itPassesPlainRequests() async throws {
        let results = try await run([
            "length: plain", "transfer coding: 'chunked'", "pipeline: forty", "target: absolute", "method: HEAD",
            "chunk: one that holds a last chunk and a request", "body: 300 kB of last chunks", "size: a value of 1 MB",
        ])
        for result in results.values { #expect(result.verdict == .pass, "\(result.name): \(result.reason)") }
    }

    @Test func itFailsWhereItHadToRefuse() async throws {
        let results = try await run([
            "length: with a plus sign", "length: twice, different", "length and coding: one byte behind the last chunk",
            "transfer coding: a word that ends with chunked", "chunk: a bare LF behind the size", "trailer: Host",
            "host: twice", "fold: in a plain field", "line end: LF everywhere", "control byte: NUL in a value",
            "field name: a space before the colon", "garbage: a hello of TLS", "version: 'HTTP/2.0'",
            "pipeline: a bad chunk, then a hidden request",
        ])
        for result in results.values { #expect(result.verdict == .fail, "\(result.name): \(result.reason)") }
    }

    @Test func itIsLenientWhereItPassesWhatConcernsAConnection() async throws {
        let results = try await run(["connection: names a field", "upgrade: h2c", "target: a byte above ASCII"])
        for result in results.values { #expect(result.verdict == .lenient, "\(result.name): \(result.reason)") }
    }

    @Test func itShowsClientsWhatAnInstanceDoes() async throws {
        let wanted: [String: Verdict] = [
            "a body cut before its length": .pass, "half a chunk": .pass, "103 before the answer": .pass,
            "an answer letter by letter": .pass, "garbage": .fail, "two lengths": .fail, "a status of 099": .fail,
            "a second answer behind the first": .fail, "NUL in a value": .fail, "a body that ends with a reset": .pass,
            "nothing, and the end": .lenient, "101 that nobody asked for": .fail, "a negative length": .fail,
            "fields that Connection names": .lenient,
        ]
        let faults = FaultCorpus.cases.filter { wanted[$0.name] != nil }
        #expect(faults.count == wanted.count)
        let results = try await with { await FaultRun.run(faults, lanes: [$0], deadline: .seconds(20)) }
        for result in results.values {
            #expect(result.verdict == wanted[result.name], "\(result.name): \(result.reason)")
        }
    }
}
