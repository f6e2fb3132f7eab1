/// Which words of the language may be used where.
enum WordRules {
    private struct Rule {
        let word: String
        let message: String
        let applies: @Sendable (SourceFile) -> Bool
        /// Whether a comment on the line, or right above it, makes the use right.
        let commentAllows: Bool
    }

    private static let rules: [Rule] =
        ["async", "await", ".now", ".random", "UUID(", "Date(", "Logger", "Task"].map { word in
            Rule(
                word: word,
                message: "decisions are values from values: no \(word) here",
                applies: { $0.group == "Decisions" },
                commentAllows: false,
            )
        }
        + ["try!", "as!", "fatalError"].map { word in
            Rule(word: word, message: "\(word) is not used", applies: { _ in true }, commentAllows: false)
        }
        + ["Task {", "Task.detached", "Task.immediate", "@unchecked", "nonisolated(unsafe)", "try?"].map { word in
            Rule(
                word: word,
                message: "\(word) needs a comment on its line, or right above, that says why it is right",
                applies: { $0.path.hasPrefix("Sources/") },
                commentAllows: true,
            )
        }
        + [
            Rule(
                word: "print(",
                message: "only programs write to the terminal",
                applies: { $0.path.hasPrefix("Sources/") && $0.group != "Programs" },
                commentAllows: false,
            )
        ]
        + ["Task.sleep", "Thread.sleep", "usleep(", "nanosleep(", " sleep("].map { word in
            Rule(
                word: word,
                message: "tests wait for an event with a deadline; they do not sleep",
                applies: { $0.path.hasPrefix("Tests/") && !$0.path.hasPrefix("Tests/TidyTests/") },
                commentAllows: false,
            )
        }

    static func findings(in file: SourceFile) -> [Finding] {
        let applying = rules.filter { $0.applies(file) }
        var findings: [Finding] = []
        for (index, line) in file.code.enumerated() {
            for rule in applying where contains(line, word: rule.word) {
                if rule.commentAllows, isExplained(index, in: file) { continue }
                findings.append(Finding(path: file.path, line: index + 1, message: rule.message))
            }
        }
        return findings
    }

    /// Whether a line holds the word, not as a part of a longer one.
    static func contains(_ line: String, word: String) -> Bool {
        guard let first = word.first else { return false }
        var index = line.startIndex
        while index < line.endIndex {
            if line[index] == first, line[index...].hasPrefix(word) {
                let before = index > line.startIndex ? line[line.index(before: index)] : " "
                let afterIndex = line.index(index, offsetBy: word.count)
                let after = afterIndex < line.endIndex ? line[afterIndex] : " "
                let startsAlone =
                    first == "."
                    ? isStaticMember(line[..<index])
                    : !isWordCharacter(first) || !(isWordCharacter(before) || before == ".")
                let endsAlone = word.last.map { !isWordCharacter($0) || !isWordCharacter(after) } ?? true
                if startsAlone, endsAlone { return true }
            }
            index = line.index(after: index)
        }
        return false
    }

    /// Whether a member after this is one of a type or a clock; `input.now` is a value that was passed in.
    private static func isStaticMember(_ before: Substring) -> Bool {
        let owner = String(before.reversed().prefix(while: isWordCharacter).reversed())
        return owner.isEmpty || owner.first?.isUppercase == true || owner.lowercased().hasSuffix("clock")
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// A comment counts on the line itself, or above, where only lines of the same statement may stand between.
    private static func isExplained(_ index: Int, in file: SourceFile) -> Bool {
        if file.lines[index].contains("// ") { return true }
        return (max(0, index - 3)..<index).contains { isComment(file.lines[$0]) }
    }

    private static func isComment(_ line: String) -> Bool { line.drop { $0 == " " }.hasPrefix("//") }
}
