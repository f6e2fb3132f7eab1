import Foundation

/// The files of the repository that rules look at, read once.
struct Repository: Sendable {
    /// Where it is.
    let root: URL
    /// Swift files below `Sources`, `Tests` and `Examples`, and `Package.swift`.
    let swift: [SourceFile]
    /// Pages: `README.md`, `CHANGELOG.md` and everything below `docs`.
    let pages: [SourceFile]
    /// Everything else that is text: scripts, units, C sources, the Makefile.
    let others: [SourceFile]

    /// The repository these tests belong to.
    static let own = Repository(root: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../.."))

    /// Reads all files below a folder.
    init(root: URL) {
        self.root = root.standardizedFileURL
        var swift: [SourceFile] = []
        var pages: [SourceFile] = []
        var others: [SourceFile] = []
        for path in Self.paths(below: self.root) {
            // A file that is not text is none that a rule could look at.
            guard let text = try? String(contentsOf: self.root.appending(path: path), encoding: .utf8) else { continue }
            let file = SourceFile(path: path, text: text)
            if path.hasSuffix(".swift") {
                swift.append(file)
            } else if path.hasSuffix(".md") {
                pages.append(file)
            } else {
                others.append(file)
            }
        }
        self.swift = swift
        self.pages = pages
        self.others = others
    }

    /// All files that are read.
    var all: [SourceFile] { swift + pages + others }

    /// Swift files below `Sources`.
    var sources: [SourceFile] { swift.filter { $0.path.hasPrefix("Sources/") } }

    /// Swift files below `Tests`.
    var tests: [SourceFile] { swift.filter { $0.path.hasPrefix("Tests/") } }

    /// Whether there is a file or folder at a path from the top.
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: path).path) }

    private static func paths(below root: URL) -> [String] {
        let folders = ["Sources", "Tests", "Examples", "Benchmarks", "docs", "deploy", "scripts", ".ci"]
        let singles = ["Package.swift", "Makefile", "README.md", "CHANGELOG.md"]
        var paths = singles.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
        for folder in folders {
            let base = root.appending(path: folder).path
            guard let entries = FileManager.default.enumerator(atPath: base) else { continue }
            for case let entry as String in entries {
                var isFolder: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: base + "/" + entry, isDirectory: &isFolder)
                if exists, !isFolder.boolValue { paths.append(folder + "/" + entry) }
            }
        }
        return paths.sorted()
    }
}
