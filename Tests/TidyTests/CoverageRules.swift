/// Every source file is tested: by name, or through a file of its module that is.
enum CoverageRules {
    /// A file or folder that needs no test of its own, and why.
    struct Exception {
        /// A path, or with a `/` at its end all below it.
        let path: String
        /// Why no test reaches it.
        let reason: String
    }

    /// What of a file the rule looks at.
    private struct Summary {
        let file: SourceFile
        /// Names of types and of members it declares.
        let declared: Set<String>
        /// Every word of its code.
        let words: Set<String>
    }

    /// Files that no test reaches.
    ///
    /// A test reaches a file when it names something the file declares at its top; from there, a file of the same module
    /// is reached when a reached one names something it declares. What is left is dead, or tested by nobody.
    static func findings(sources: [SourceFile], tests: [SourceFile], exceptions: [Exception]) -> [Finding] {
        let named = Set(tests.flatMap { file in file.code.flatMap(words(of:)) })
        let checked = sources.filter { source in !exceptions.contains { covers($0, source.path) } }
        let modules = Dictionary(grouping: checked.map(summary(of:))) { $0.file.module ?? "" }
        var findings = modules.values.flatMap { files in
            unreached(files, from: named).map { file in
                Finding(path: file.path, line: 0, message: "no test reaches what it declares")
            }
        }
        for exception in exceptions where !sources.contains(where: { covers(exception, $0.path) }) {
            findings.append(Finding(path: exception.path, line: 0, message: "an exception for what does not exist"))
        }
        return findings.sorted { $0.path < $1.path }
    }

    private static func unreached(_ files: [Summary], from named: Set<String>) -> [SourceFile] {
        var left: [Summary] = []
        var frontier: [Summary] = []
        for file in files {
            let top = Set(names(in: file.file, indentation: 0))
            if !(top.isEmpty ? file.declared : top).isDisjoint(with: named) {
                frontier.append(file)
            } else {
                left.append(file)
            }
        }
        while let reached = frontier.popLast() {
            frontier += left.filter { !$0.declared.isDisjoint(with: reached.words) }
            left.removeAll { !$0.declared.isDisjoint(with: reached.words) }
        }
        return left.map(\.file)
    }

    private static func summary(of file: SourceFile) -> Summary {
        let declared = names(in: file, indentation: 0) + names(in: file, indentation: 4)
        return Summary(file: file, declared: Set(declared), words: Set(file.code.flatMap(words(of:))))
    }

    private static func covers(_ exception: Exception, _ path: String) -> Bool {
        exception.path.hasSuffix("/") ? path.hasPrefix(exception.path) : path == exception.path
    }

    private static func names(in file: SourceFile, indentation: Int) -> [String] {
        let kinds: Set<String> = ["struct", "class", "enum", "actor", "protocol", "func", "typealias", "var", "let"]
        return file.code.compactMap { line in
            guard line.prefix(while: { $0 == " " }).count == indentation else { return nil }
            let words = words(of: line)
            guard !words.contains("extension"), let at = words.firstIndex(where: kinds.contains) else { return nil }
            return at + 1 < words.count ? words[at + 1] : nil
        }
    }

    private static func words(of line: String) -> [String] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
}
