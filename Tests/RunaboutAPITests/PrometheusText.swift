import Foundation

/// A strict reader of Prometheus's text format: what it takes, every Prometheus takes.
///
/// Source: Prometheus exposition formats, text format 0.0.4; the rules of `promtool check metrics` that matter here.
struct PrometheusText {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
    }

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var kinds: [String: String] = [:]
    private(set) var values: [Sample: Double] = [:]
    private var order: [(family: String, sample: Sample)] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Wrong(description: "the last line has no end") }
        var described: Set<String> = []
        var current = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# HELP ") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count == 4, described.insert(String(words[2])).inserted else { throw wrong("HELP", line) }
            } else if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                guard words.count == 4, ["counter", "gauge", "histogram"].contains(words[3]) else {
                    throw wrong("TYPE", line)
                }
                current = String(words[2])
                guard described.contains(current), kinds[current] == nil else { throw wrong("TYPE twice", line) }
                kinds[current] = String(words[3])
            } else {
                try read(line, family: current)
            }
        }
        try check()
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        values[Sample(name: name, labels: labels)]
    }

    /// Every value that a label has anywhere.
    func words(of label: String) -> Set<String> { Set(values.keys.compactMap { $0.labels[label] }) }

    private func wrong(_ what: String, _ line: Substring) -> Wrong { Wrong(description: "\(what): \(line)") }

    private mutating func read(_ line: Substring, family: String) throws {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        guard let first = name.first, !first.isNumber else { throw wrong("name", line) }
        var rest = line.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest = rest.dropFirst(label.count)
                guard !label.isEmpty, rest.hasPrefix("=\"") else { throw wrong("label", line) }
                rest = rest.dropFirst(2)
                let value = try Self.quoted(&rest, line)
                guard labels.updateValue(value, forKey: String(label)) == nil else { throw wrong("label twice", line) }
                if rest.first == "," { rest = rest.dropFirst() }
            }
            rest = rest.dropFirst()
        }
        guard rest.first == " ", let value = Double(rest.dropFirst()) else { throw wrong("value", line) }
        let sample = Sample(name: String(name), labels: labels)
        guard values.updateValue(value, forKey: sample) == nil else { throw wrong("sample twice", line) }
        let names = kinds[family] == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
        guard names.contains(sample.name) else { throw wrong("a sample outside its family", line) }
        order.append((family, sample))
    }

    private static func quoted(_ rest: inout Substring, _ line: Substring) throws -> String {
        var value = ""
        while let next = rest.popFirst(), next != "\"" {
            guard next == "\\" else {
                value.append(next)
                continue
            }
            switch rest.popFirst() {
            case "\\": value.append("\\")
            case "\"": value.append("\"")
            case "n": value.append("\n")
            default: throw Wrong(description: "escape: \(line)")
            }
        }
        return value
    }

    private func check() throws {
        for (name, kind) in kinds {
            if (kind == "counter") != name.hasSuffix("_total") { throw Wrong(description: "\(name) is no \(kind)") }
            guard kind == "histogram" else { continue }
            var series: [[String: String]: [(bound: Double, count: Double)]] = [:]
            for (family, sample) in order where family == name && sample.name.hasSuffix("_bucket") {
                var labels = sample.labels
                guard let bound = labels.removeValue(forKey: "le").flatMap({ Double($0) }) else {
                    throw Wrong(description: "a bucket of \(name) has no bound")
                }
                series[labels, default: []].append((bound, values[sample] ?? -1))
            }
            for (labels, buckets) in series {
                let isOrdered = zip(buckets, buckets.dropFirst()).allSatisfy {
                    $0.bound < $1.bound && $0.count <= $1.count
                }
                let isWhole =
                    buckets.last?.bound == .infinity && buckets.last?.count == value(name + "_count", labels)
                    && value(name + "_sum", labels) != nil
                guard isOrdered, isWhole else { throw Wrong(description: "the buckets of \(name) \(labels)") }
            }
        }
    }
}
