/// One place where a rule of the project is broken.
struct Finding: Hashable, CustomStringConvertible {
    /// The file, from the top of the repository.
    let path: String
    /// The line, counted from 1; 0 when the file as a whole is meant.
    let line: Int
    /// What is wrong and what to do.
    let message: String

    var description: String { line > 0 ? "\(path):\(line): \(message)" : "\(path): \(message)" }
}

/// A file's path and text, as rules take it.
struct SourceFile: Sendable {
    /// The path from the top of the repository.
    let path: String
    /// Everything in it.
    let text: String
    /// The lines as written.
    let lines: [String]
    /// The lines with the contents of strings and comments replaced by spaces, so that what is left is code.
    let code: [String]

    /// Takes a path and a text.
    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        self.code =
            path.hasSuffix(".swift")
            ? blankedCode(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : []
    }

    /// The folders of the path: `["Sources", "Model", "RunaboutModel", "ID.swift"]`.
    var parts: [String] { path.split(separator: "/").map(String.init) }

    /// The kind of code, for a file below `Sources`: `Decisions`.
    var group: String? { parts.count > 3 && parts[0] == "Sources" ? parts[1] : nil }

    /// The module, for a file below `Sources` or `Tests`.
    var module: String? {
        if parts.count > 3, parts[0] == "Sources" { return parts[2] }
        return parts.count > 2 && parts[0] == "Tests" ? parts[1] : nil
    }

    /// The file's name.
    var name: String { parts.last ?? path }
}
