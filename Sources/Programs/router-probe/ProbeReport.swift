import Foundation
import RouterProbes

/// Results as people and programs read them.
struct ProbeReport: Encodable {
    let probe: String
    let counts: [String: Int]
    let results: [ProbeResult]

    init(_ probe: String, _ results: [ProbeResult]) {
        self.probe = probe
        self.results = results
        counts = Dictionary(uniqueKeysWithValues: Verdict.allCases.map { ($0.rawValue, results.count($0)) })
    }

    /// Prints a table, of everything or of what did not pass, and writes all of it to a file, if one is named.
    func write(_ options: ProbeOptions) throws {
        if let path = options.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(self).write(to: URL(filePath: path))
        }
        for result in results where options.all || result.verdict != .pass {
            let verdict = result.verdict.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
            print("\(verdict)\(result.name): \(result.reason) \(result.statuses)")
        }
        let line = Verdict.allCases.map { "\(counts[$0.rawValue] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        print("\(probe): \(results.count) cases: \(line)")
    }
}
