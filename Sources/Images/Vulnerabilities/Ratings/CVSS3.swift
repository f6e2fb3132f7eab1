import Glibc

/// The base score of a CVSS vector of version 3.0 or 3.1.
///
/// `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H` is 9.8.
/// Source: FIRST, "Common Vulnerability Scoring System v3.1", 7.1 and appendix A.
enum CVSS3 {
    private static let weights: [String: [String: Double]] = [
        "AV": ["N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2],
        "AC": ["L": 0.77, "H": 0.44],
        "UI": ["N": 0.85, "R": 0.62],
        "C": ["H": 0.56, "L": 0.22, "N": 0],
        "I": ["H": 0.56, "L": 0.22, "N": 0],
        "A": ["H": 0.56, "L": 0.22, "N": 0],
    ]
    private static let privileges: [String: (unchanged: Double, changed: Double)] = [
        "N": (0.85, 0.85), "L": (0.62, 0.68), "H": (0.27, 0.5),
    ]

    /// The score; nil when the text is no such vector, or lacks a metric of the base group.
    static func baseScore(_ vector: String) -> Double? {
        let isFirst = vector.hasPrefix("CVSS:3.0/")
        guard isFirst || vector.hasPrefix("CVSS:3.1/"), let metrics = CVSSVector.metrics(vector.dropFirst(9)) else {
            return nil
        }
        func weight(_ metric: String) -> Double? { metrics[metric].flatMap { weights[metric]?[$0] } }
        guard let scope = metrics["S"], scope == "U" || scope == "C",
            let privilege = metrics["PR"].flatMap({ privileges[$0] }),
            let vectorWeight = weight("AV"), let complexity = weight("AC"), let interaction = weight("UI"),
            let confidentiality = weight("C"), let integrity = weight("I"), let availability = weight("A")
        else { return nil }
        let isChanged = scope == "C"
        let base = 1 - (1 - confidentiality) * (1 - integrity) * (1 - availability)
        let impact = isChanged ? 7.52 * (base - 0.029) - 3.25 * pow(base - 0.02, 15) : 6.42 * base
        guard impact > 0 else { return 0 }
        let exploitability =
            8.22 * vectorWeight * complexity * (isChanged ? privilege.changed : privilege.unchanged) * interaction
        let sum = min((isChanged ? 1.08 : 1) * (impact + exploitability), 10)
        return isFirst ? (sum * 10).rounded(.up) / 10 : roundedUp(sum)
    }

    /// Up to one decimal, but not for what only the machine's arithmetic adds.
    private static func roundedUp(_ value: Double) -> Double {
        let whole = Int((value * 100_000).rounded())
        return whole % 10_000 == 0 ? Double(whole) / 100_000 : Double(whole / 10_000 + 1) / 10
    }
}

/// Vectors of all versions of CVSS: metrics and their values, `AV:N/AC:L`.
enum CVSSVector {
    /// The value of each metric; nil when one is there twice or has none.
    static func metrics(_ text: some StringProtocol) -> [String: String]? {
        var metrics: [String: String] = [:]
        for part in text.split(separator: "/", omittingEmptySubsequences: false) {
            let halves = part.split(separator: ":", omittingEmptySubsequences: false)
            guard halves.count == 2, metrics.updateValue(String(halves[1]), forKey: String(halves[0])) == nil else {
                return nil
            }
        }
        return metrics
    }
}
