/// What comments and texts must have, and must not say.
enum CommentRules {
    private static let kinds: Set<Substring> = [
        "func", "var", "let", "struct", "enum", "class", "actor", "protocol", "typealias", "subscript", "static",
        "init",
        "indirect", "final", "mutating", "nonisolated", "macro",
    ]

    /// Declarations others can see that have no documentation.
    static func undocumented(in file: SourceFile) -> [Finding] {
        var findings: [Finding] = []
        for (index, line) in file.code.enumerated() {
            let words = line.split { $0 == " " || $0 == "(" || $0 == "?" || $0 == "<" || $0 == "[" }
            guard let first = words.first, first == "public" || first == "package", words.count > 1 else { continue }
            guard kinds.contains(words[1]), !isDocumented(index, in: file) else { continue }
            let name = words.dropFirst().prefix(4).joined(separator: " ")
            findings.append(
                Finding(path: file.path, line: index + 1, message: "\(first) \(name)... has no documentation"))
        }
        return findings
    }

    private static func isDocumented(_ index: Int, in file: SourceFile) -> Bool {
        for above in (0..<index).reversed() {
            let line = file.lines[above].drop { $0 == " " }
            if line.hasPrefix("///") { return true }
            // Attributes, and conditions around a declaration, may stand between.
            if !line.hasPrefix("@"), !line.hasPrefix("#if"), !line.hasPrefix("// ") { return false }
        }
        return false
    }

    /// Things left to do that no issue tracks.
    static func unfinished(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
            guard let mark = marks.first(where: { WordRules.contains(line, word: $0) }) else { return nil }
            if line.contains("#"), line.contains(where: \.isNumber) { return nil }
            return Finding(path: file.path, line: index + 1, message: "\(mark) without the number of an issue")
        }
    }

    /// Words about where and by whom the project is made; it speaks of itself alone.
    static func foreign(in file: SourceFile) -> [Finding] {
        let words = ["/wo" + "rk/", "/fa" + "rm/", "this sess" + "ion", "sub" + "agent", "work" + "tree /"]
        return file.lines.enumerated().compactMap { index, line in
            guard let word = words.first(where: line.lowercased().contains) else { return nil }
            return Finding(path: file.path, line: index + 1, message: "“\(word)” is not about the project")
        }
    }
}
