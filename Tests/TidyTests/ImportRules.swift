/// Which modules may be imported where.
enum ImportRules {
    /// Modules that only some of our modules may import, and which.
    private static let restricted: [(modules: Set<String>, allowedIn: Set<String>, why: String)] = [
        (
            ["GRDB"],
            [
                "RunaboutStore", "Vulnerabilities", "RunaboutStoreTests", "RunaboutReconcilerTests",
                "VulnerabilitiesTests",
            ],
            "only the store and the vulnerability database know that they are SQLite databases"
        ),
        (
            ["Hummingbird", "HummingbirdCore", "HummingbirdTesting"],
            [
                "RunaboutAPI", "OCIRegistry", "runaboutd", "RunaboutAPITests", "OCIRegistryTests",
                "RunaboutClientTests", "RegistryConformanceTests",
            ],
            "only the servers know their HTTP library"
        ),
        (
            ["NIOPosix", "NIO", "_NIOFileSystem", "NIOFileSystem"],
            [
                "RunaboutLinkServer", "OCIContentStore", "OCILayers", "RunaboutReconciler", "runaboutd",
                "RunaboutLinkTests",
                "OCIContentStoreTests", "RunaboutReconcilerTests",
            ],
            "channels and thread pools stay behind few modules"
        ),
        (
            ["AsyncHTTPClient", "NIOHTTP1"], ["RunaboutClient", "IntegrationTests"],
            "only the client, and tests of real programs, know the HTTP client"
        ),
        (["COpenSSL"], ["OCIContentStore"], "only blobs need SHA-256"),
        (["Yams"], ["runaboutd"], "only the program reads its configuration file"),
    ]

    /// Groups that may import nothing but this, besides modules of their own group.
    private static let closed: [String: Set<String>] = [
        "Decisions": ["RunaboutModel", "OCI", "Collections", "DequeModule", "HeapModule", "OrderedCollections"]
    ]

    /// Groups of which a group may import nothing, where what the package manifest allows is too much.
    static func findings(in file: SourceFile, modulesByGroup: [String: Set<String>]) -> [Finding] {
        imports(of: file).flatMap { line, module -> [Finding] in
            var findings: [Finding] = []
            if let group = file.group, let allowed = closed[group] {
                let isSibling = modulesByGroup[group]?.contains(module) ?? false
                if !allowed.contains(module), !isSibling {
                    findings.append(Finding(path: file.path, line: line, message: "\(group) must not import \(module)"))
                }
            }
            for rule in restricted where rule.modules.contains(module) {
                guard let importer = file.module, !rule.allowedIn.contains(importer) else { continue }
                findings.append(
                    Finding(path: file.path, line: line, message: "\(importer) must not import \(module): \(rule.why)"))
            }
            if file.group == "Programs", module.hasPrefix("Foundation"), file.module == "runabout-router" {
                findings.append(
                    Finding(path: file.path, line: line, message: "the router does without Foundation on its path"))
            }
            return findings
        }
    }

    /// What a file imports, with the line of each.
    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        file.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count else { return nil }
            let before: Set<Substring> = ["public", "package", "internal", "private", "@testable", "@preconcurrency"]
            guard words[..<at].allSatisfy(before.contains) else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let named = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
            return (index + 1, String(named.prefix { $0 != "." }))
        }
    }
}
