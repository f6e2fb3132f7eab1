/// Every limit is used, and listed for the operator.
enum LimitRules {
    /// One limit as `Limits.swift` declares it.
    struct Limit: Equatable {
        /// The heading it stands under.
        let section: String
        /// Its name.
        let name: String
        /// Its value as written, in words of the page.
        let value: String
        /// Its documentation, on one line.
        let explanation: String
    }

    /// The limits in a file, in order.
    static func limits(in file: SourceFile) -> [Limit] {
        var section = ""
        var comment: [String] = []
        var limits: [Limit] = []
        for (index, raw) in file.lines.enumerated() {
            let line = String(raw.drop { $0 == " " })
            if line.hasPrefix("// MARK: ") {
                section = String(line.dropFirst("// MARK: ".count))
                comment = []
            } else if line.hasPrefix("///") {
                comment.append(String(line.dropFirst(3).drop { $0 == " " }))
            } else if line.hasPrefix("public static let "), let equals = line.firstIndex(of: "=") {
                let name = line.dropFirst("public static let ".count).prefix { $0.isLetter || $0.isNumber }
                var value = line[line.index(after: equals)...].drop { $0 == " " }
                if value.isEmpty, index + 1 < file.lines.count { value = file.lines[index + 1].drop { $0 == " " } }
                let text = comment.filter { !$0.isEmpty }.joined(separator: " ")
                limits.append(Limit(section: section, name: String(name), value: readable(value), explanation: text))
                comment = []
            } else {
                comment = []
            }
        }
        return limits
    }

    /// Limits that no other source names.
    static func findings(limits: [Limit], in paths: Set<String>, sources: [SourceFile]) -> [Finding] {
        let used = Set(
            sources.filter { !paths.contains($0.path) }.flatMap { file in
                // As written, because limits stand in texts too; comments do not count.
                file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.flatMap { line in
                    line.split(separator: "Limits.", omittingEmptySubsequences: false).dropFirst()
                        .map { String($0.prefix { $0.isLetter || $0.isNumber }) }
                }
            })
        return limits.filter { !used.contains($0.name) }
            .map { Finding(path: paths.sorted().first ?? "", line: 0, message: "nothing uses Limits.\($0.name)") }
    }

    /// The reference page of all limits.
    static func page(of limits: [Limit]) -> String {
        var text = """
            # Limits

            Every bound of the platform, with its unit and where it comes from. This page is written from
            `Sources/Model/RunaboutModel/Limits.swift` and its extensions; a test compares the two. What an operator may change is in
            `docs/reference/settings.md`, what belongs to a service or an auto scaling configuration in
            `docs/reference/api.md`.

            """
        var section: String?
        for limit in limits {
            if limit.section != section {
                section = limit.section
                text += "\n## \(limit.section)\n\n| Limit | Value | What it bounds |\n|---|---|---|\n"
            }
            let explanation = limit.explanation.split(separator: "|").joined(separator: "\\|")
            text += "| `\(limit.name)` | \(limit.value) | \(explanation) |\n"
        }
        return text
    }

    private static func readable(_ value: Substring) -> String {
        let replacements = [
            ("Duration.seconds(", " s"), ("Duration.milliseconds(", " ms"), ("Duration.minutes(", " min"),
            ("ByteCount.mebibytes(", " MiB"), ("ByteCount.kibibytes(", " KiB"),
        ]
        for (call, unit) in replacements where value.hasPrefix(call) && value.hasSuffix(")") {
            return grouped(value.dropFirst(call.count).dropLast()) + unit
        }
        return grouped(value)
    }

    private static func grouped(_ number: Substring) -> String {
        String(number.map { $0 == "_" ? "," : $0 })
    }
}
