/// Paths and links in pages lead somewhere.
enum PageRules {
    private static let tops = [
        "Sources/", "Tests/", "docs/", "deploy/", "scripts/", "Examples/", "Benchmarks/", ".ci/",
    ]

    static func findings(in page: SourceFile, exists: (String) -> Bool) -> [Finding] {
        var findings: [Finding] = []
        for (index, line) in page.lines.enumerated() {
            for path in paths(in: line) where !exists(path) {
                findings.append(Finding(path: page.path, line: index + 1, message: "there is no \(path)"))
            }
            for link in links(in: line) {
                let path = resolved(link, from: page.path)
                if !exists(path) {
                    findings.append(
                        Finding(path: page.path, line: index + 1, message: "a link to \(path) leads nowhere"))
                }
            }
        }
        return findings
    }

    /// Words in backticks that name a file of the repository; placeholders (`NNNN`, `*`, `<`) are none.
    static func paths(in line: String) -> [String] {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
            .filter { word in tops.contains { word.hasPrefix($0) } }
            .filter { word in !["*", "<", "NNNN", " ", "{"].contains { word.contains($0) } }
            .map { word in
                let ends = word.hasSuffix("/") ? String(word.dropLast()) : word
                return String(ends.prefix { $0 != ":" && $0 != "#" })
            }
    }

    private static func links(in line: String) -> [String] {
        line.components(between: "](", and: ")")
            .filter { !$0.hasPrefix("http") && !$0.hasPrefix("#") && !$0.hasPrefix("mailto:") }
            .map { link in String(link.prefix { $0 != "#" }) }
    }

    /// A link as a path from the top of the repository.
    static func resolved(_ link: String, from page: String) -> String {
        var parts = page.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") {
            if part == ".." {
                _ = parts.popLast()
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

extension String {
    /// The texts between each opening and the next closing mark.
    fileprivate func components(between opening: String, and closing: Character) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let index = rest.indices.first(where: { rest[$0...].hasPrefix(opening) }) {
            rest = rest[index...].dropFirst(opening.count)
            found.append(String(rest.prefix { $0 != closing }))
        }
        return found
    }
}
