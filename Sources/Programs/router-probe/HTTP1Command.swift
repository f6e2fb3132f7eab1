import ArgumentParser
import RouterProbes

/// Malformed and ambiguous requests of HTTP/1.
struct HTTP1Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http1",
        abstract: "Send malformed and ambiguous requests and judge the bytes that reach the instance.")

    @OptionGroup var options: ProbeOptions

    @Option(help: "Only cases whose name contains this.")
    var only = ""

    func run() async throws {
        let cases = HTTP1Corpus.cases.enumerated().map { (place: $0.offset, probe: $0.element) }
            .filter { only.isEmpty || $0.probe.name.contains(only) }
        try await options.with { lanes in
            let results = await HTTP1Run.run(cases, lanes: lanes, deadline: .seconds(options.deadline))
            try ProbeReport("http1", results).write(options)
        }
    }
}
