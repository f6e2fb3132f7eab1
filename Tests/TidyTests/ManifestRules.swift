import Foundation

/// Which kind of module may use which: arrows only point down.
enum ManifestRules {
    /// A target of ours as the manifest declares it.
    struct Target: Equatable {
        /// Its name.
        let name: String
        /// The folder it is in: `Decisions`.
        let group: String
        /// Our own targets that it uses.
        let uses: [String]
    }

    /// For each kind of code, the kinds it may use besides its own.
    private static let below: [String: Set<String>] = [
        "Linux": [],
        "Images": ["Linux"],
        "Model": [],
        "Decisions": ["Model"],
        "RequestPath": ["Model", "Decisions", "Linux"],
        "ControlPath": ["Model", "Decisions", "RequestPath", "Images", "Linux"],
        "Support": ["Model", "Decisions", "RequestPath", "Images", "Linux"],
        "Programs": ["Model", "Decisions", "RequestPath", "ControlPath", "Images", "Linux", "Support"],
    ]

    /// `OCI` holds the words of images (digests, configurations) and nothing else, so every kind may use it.
    private static let commonWords: Set<String> = ["OCI"]

    static func findings(in targets: [Target]) -> [Finding] {
        let groups = Dictionary(targets.map { ($0.name, $0.group) }) { first, _ in first }
        var findings: [Finding] = []
        func report(_ message: String) { findings.append(Finding(path: "Package.swift", line: 0, message: message)) }
        for target in targets {
            guard let allowed = below[target.group] else {
                report("\(target.name) is of an unknown kind, \(target.group)")
                continue
            }
            for used in target.uses {
                guard let group = groups[used], !commonWords.contains(used) else { continue }
                if group != target.group, !allowed.contains(group) {
                    report("\(target.name) (\(target.group)) must not use \(used) (\(group)): arrows point down")
                }
                if group == "Programs" { report("\(target.name) uses \(used), and nothing uses a program") }
                let isGeneral = ["Linux", "Images"].contains(target.group)
                if isGeneral, used.hasPrefix("Runabout") {
                    report("\(target.name) could be lifted out whole, so it must not use \(used)")
                }
                if target.group == "ControlPath", used == "RunaboutProxy" {
                    report("\(target.name) must not use RunaboutProxy: control and request path are two processes")
                }
            }
        }
        return findings
    }

    /// The targets a manifest declares with its `module`, `program` and `target` calls; tests are left out.
    static func targets(inManifest text: String) -> [Target] {
        var targets: [Target] = []
        for (opening, group) in [
            ("module(", nil), ("program(", "Programs"), (".target(", nil), (".systemLibrary(", nil),
        ] {
            var rest = text[...]
            while let found = rest.range(of: opening) {
                let call = balanced(from: found.upperBound, in: text)
                rest = rest[found.upperBound...]
                let names = quoted(in: call)
                guard let name = names.first, !call.contains("path: \"Sources/\\(") else { continue }
                let uses = quoted(in: call.range(of: "uses:").map { call[$0.upperBound...] } ?? "")
                if let folder = group ?? groupFolder(of: call) {
                    targets.append(Target(name: name, group: folder, uses: uses))
                }
            }
        }
        return targets
    }

    private static func groupFolder(of call: Substring) -> String? {
        if let found = call.range(of: "in: .") {
            let word = call[found.upperBound...].prefix { $0.isLetter }
            return word.prefix(1).uppercased() + word.dropFirst()
        }
        return call.range(of: "path: \"Sources/").map { String(call[$0.upperBound...].prefix { $0.isLetter }) }
    }

    private static func balanced(from start: String.Index, in text: String) -> Substring {
        var depth = 1
        var index = start
        while index < text.endIndex {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { break }
            index = text.index(after: index)
        }
        return text[start..<index]
    }

    private static func quoted(in text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }
}
