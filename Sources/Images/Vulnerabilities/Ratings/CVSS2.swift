/// The base score of a CVSS vector of version 2.
///
/// `AV:N/AC:L/Au:N/C:C/I:C/A:C` is 10.0.
/// Source: FIRST, "A Complete Guide to the Common Vulnerability Scoring System Version 2.0", 3.2.1.
enum CVSS2 {
    private static let weights: [String: [String: Double]] = [
        "AV": ["L": 0.395, "A": 0.646, "N": 1],
        "AC": ["H": 0.35, "M": 0.61, "L": 0.71],
        "Au": ["M": 0.45, "S": 0.56, "N": 0.704],
        "C": ["N": 0, "P": 0.275, "C": 0.66],
        "I": ["N": 0, "P": 0.275, "C": 0.66],
        "A": ["N": 0, "P": 0.275, "C": 0.66],
    ]

    /// The score; nil when the text is no such vector, or lacks a metric of the base group.
    static func baseScore(_ vector: String) -> Double? {
        var text = vector[...]
        if text.hasPrefix("("), text.hasSuffix(")") { text = text.dropFirst().dropLast() }
        guard let metrics = CVSSVector.metrics(text) else { return nil }
        func weight(_ metric: String) -> Double? { metrics[metric].flatMap { weights[metric]?[$0] } }
        guard let vectorWeight = weight("AV"), let complexity = weight("AC"), let authentication = weight("Au"),
            let confidentiality = weight("C"), let integrity = weight("I"), let availability = weight("A")
        else { return nil }
        let impact = 10.41 * (1 - (1 - confidentiality) * (1 - integrity) * (1 - availability))
        let exploitability = 20 * vectorWeight * complexity * authentication
        let score = (0.6 * impact + 0.4 * exploitability - 1.5) * (impact == 0 ? 0 : 1.176)
        return (score * 10).rounded() / 10
    }
}
