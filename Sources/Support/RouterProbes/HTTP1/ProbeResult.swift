/// What became of a case.
package struct ProbeResult: Sendable, Codable {
    /// Its place in its list.
    package let number: Int
    /// Its name.
    package let name: String
    /// The verdict.
    package let verdict: Verdict
    /// Why; empty for a pass.
    package let reason: String
    /// Of the answers on the case's connection.
    package let statuses: [Int]
}

extension [ProbeResult] {
    /// How many have a verdict.
    package func count(_ verdict: Verdict) -> Int { count { $0.verdict == verdict } }
}
