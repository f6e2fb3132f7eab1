/// How long functions and files may be.
enum SizeRules {
    /// Lines of a function, from its first to its closing brace.
    static let functionLinesMax = 70
    /// Lines of a file.
    static let fileLinesMax = 600

    static func findings(in file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        let count = file.text.hasSuffix("\n") ? file.lines.count - 1 : file.lines.count
        if count > fileLinesMax {
            findings.append(
                Finding(path: file.path, line: 0, message: "\(count) lines; at most \(fileLinesMax) are allowed"))
        }
        for function in functions(in: file) where function.lines > functionLinesMax {
            findings.append(
                Finding(
                    path: file.path, line: function.line,
                    message: "a function of \(function.lines) lines; at most \(functionLinesMax) are allowed"))
        }
        return findings
    }

    /// Each function or initialiser with a body, where it begins and how many lines it takes.
    static func functions(in file: SourceFile) -> [(line: Int, lines: Int)] {
        var found: [(line: Int, lines: Int)] = []
        for (index, line) in file.code.enumerated() {
            let isFunction = WordRules.contains(line, word: "func") && !line.contains("`func`")
            let isInitialiser = line.drop { $0 == " " }.split(separator: " ").contains {
                ($0.hasPrefix("init(") || $0.hasPrefix("init?(") || $0.hasPrefix("init<")) && !line.contains(".init")
            }
            guard isFunction || isInitialiser, let end = endOfBody(from: index, in: file.code) else { continue }
            found.append((index + 1, end - index + 1))
        }
        return found
    }

    /// The line on which the body that begins at or after a line ends; nil for a declaration without a body.
    private static func endOfBody(from start: Int, in code: [String]) -> Int? {
        var braces = 0
        var brackets = 0
        for index in start..<code.count {
            for character in code[index] {
                switch character {
                case "(", "[": brackets += 1
                case ")", "]": brackets -= 1
                case "{" where brackets == 0 || braces > 0: braces += 1
                case "}" where brackets == 0 || braces > 0:
                    braces -= 1
                    // A closing brace before any opening one ends what the declaration stands in.
                    if braces < 0 { return nil }
                    if braces == 0 { return index }
                default: break
                }
            }
            if braces == 0, brackets == 0, !code[index].contains("{"), index + 1 < code.count {
                let next = code[index + 1].drop { $0 == " " }
                let continues = ["{", "->", "where", "async", "throws"].contains { next.hasPrefix($0) }
                if !continues { return nil }
            }
        }
        return nil
    }
}
