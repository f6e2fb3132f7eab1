import Testing

/// Each rule finds a planted violation, and lets what is right pass.
@Suite struct RuleTests {
    private func source(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text: text) }

    @Test func stringsAndCommentsAreNotCode() {
        let text = #"""
            let a = "fatalError" // fatalError
            let b = "x\(f("}"))y" + c /* fatalError { */ + #"a\"fatalError"#
            """#
        let code = blankedCode(text)
        #expect(!code.contains("fatalError"))
        #expect(!code.contains("}") && !code.contains("{"))
        #expect(code.contains("+ c"))
        #expect(code.split(separator: "\n").count == 2)
    }

    @Test func aMultilineStringIsBlankedWhole() {
        let code = blankedCode("let a = \"\"\"\n  try! \"quoted\" \\(b)\n  \"\"\"\nlet c = 1")
        #expect(!code.contains("try!"))
        #expect(code.hasSuffix("let c = 1"))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
    }

    @Test(arguments: [
        ("Sources/Decisions/RunaboutHealth/A.swift", "import Foundation"),
        ("Sources/Decisions/RunaboutHealth/A.swift", "public import Logging"),
        ("Sources/ControlPath/RunaboutAPI/A.swift", "import GRDB"),
        ("Sources/ControlPath/RunaboutStore/A.swift", "import Hummingbird"),
        ("Sources/RequestPath/RunaboutProxy/A.swift", "import NIOPosix"),
        ("Tests/RunaboutAPITests/A.swift", "import struct GRDB.Row"),
        ("Sources/Programs/runabout-router/A.swift", "import Foundation"),
    ])
    func anImportInTheWrongPlaceIsFound(path: String, line: String) {
        let groups = ["Decisions": Set(["RunaboutHealth", "RunaboutPlanning"])]
        #expect(ImportRules.findings(in: source(path, line), modulesByGroup: groups).count == 1)
    }

    @Test(arguments: [
        (
            "Sources/Decisions/RunaboutPlanning/A.swift",
            "import RunaboutHealth\nimport RunaboutModel\nimport DequeModule"
        ),
        ("Sources/ControlPath/RunaboutStore/A.swift", "import GRDB"),
        ("Sources/ControlPath/RunaboutAPI/A.swift", "import Hummingbird\nimport NIOCore"),
        ("Sources/Decisions/RunaboutHealth/A.swift", "// import Foundation\nlet text = \"import GRDB\""),
    ])
    func anImportInTheRightPlacePasses(path: String, text: String) {
        let groups = ["Decisions": Set(["RunaboutHealth", "RunaboutPlanning"])]
        #expect(ImportRules.findings(in: source(path, text), modulesByGroup: groups).isEmpty)
    }

    @Test func anArrowThatPointsUpIsFound() {
        let manifest = """
            module("RunaboutModel", in: .model, uses: ["OCI"]),
            module("OCI", in: .images),
            module(
                "RunaboutHealth",
                in: .decisions,
                uses: ["RunaboutModel", "RunaboutStore"],
            ),
            module("RunaboutStore", in: .controlPath, uses: ["RunaboutModel", grdb]),
            module("Cgroups", in: .linux, uses: ["RunaboutModel"]),
            .target(name: "CLinux", path: "Sources/Linux/CLinux"),
            program("runaboutd", uses: ["RunaboutStore", "CLinux"]),
            """
        let targets = ManifestRules.targets(inManifest: manifest)
        #expect(targets.count == 7)
        #expect(targets.contains(.init(name: "runaboutd", group: "Programs", uses: ["RunaboutStore", "CLinux"])))
        #expect(targets.contains(.init(name: "CLinux", group: "Linux", uses: [])))
        let messages = ManifestRules.findings(in: targets).map(\.message)
        #expect(messages.count == 3)
        #expect(messages.contains { $0.hasPrefix("RunaboutHealth (Decisions) must not use RunaboutStore") })
        #expect(messages.contains { $0.hasPrefix("Cgroups (Linux) must not use RunaboutModel") })
        #expect(messages.contains { $0.hasPrefix("Cgroups could be lifted out") })
    }

    @Test(arguments: [
        ("Sources/Decisions/RunaboutHealth/A.swift", "func a() async {}"),
        ("Sources/Decisions/RunaboutHealth/A.swift", "let a = ContinuousClock.now"),
        ("Sources/Decisions/RunaboutHealth/A.swift", "let a = Int.random(in: 1...2)"),
        ("Sources/Decisions/RunaboutHealth/A.swift", "let a = UUID()"),
        ("Sources/Model/RunaboutModel/A.swift", "let a = try! f()"),
        ("Sources/Model/RunaboutModel/A.swift", "fatalError()"),
        ("Sources/Model/RunaboutModel/A.swift", "print(1)"),
        ("Sources/Model/RunaboutModel/A.swift", "Task { await f() }"),
        ("Sources/Model/RunaboutModel/A.swift", "final class A: @unchecked Sendable {}"),
        ("Sources/Model/RunaboutModel/A.swift", "let a = try? f()"),
        ("Tests/RunaboutModelTests/A.swift", "try await Task.sleep(for: .seconds(1))"),
    ])
    func aWordInTheWrongPlaceIsFound(path: String, line: String) {
        #expect(WordRules.findings(in: source(path, line)).count == 1)
    }

    @Test(arguments: [
        (
            "Sources/Model/RunaboutModel/A.swift",
            "// Losing the error is right: the file may be gone.\nlet a = try? f()"
        ),
        ("Sources/Model/RunaboutModel/A.swift", "let a = try? f()  // It may be gone."),
        ("Sources/Decisions/RunaboutHealth/A.swift", "let asyncCount = input.now\n// await"),
        ("Sources/Programs/runabout/A.swift", "print(1)"),
        ("Sources/ControlPath/RunaboutStore/A.swift", "func blueprint(a: Int) async {}"),
    ])
    func aWordInTheRightPlacePasses(path: String, text: String) {
        #expect(WordRules.findings(in: source(path, text)).isEmpty)
    }

    @Test func aLongFunctionIsFound() {
        let body = Array(repeating: "    let a = \"}\"", count: SizeRules.functionLinesMax).joined(separator: "\n")
        let long = "protocol P {\n    func none(a: Int) -> Int\n}\nfunc f(\n) async -> Int\n{\n\(body)\n}\n"
        let findings = SizeRules.findings(in: source("Sources/Model/M/A.swift", long))
        #expect(findings.map(\.line) == [4])
        let short = "func f() {\n\(body.split(separator: "\n").dropLast(2).joined(separator: "\n"))\n}\n"
        #expect(SizeRules.findings(in: source("Sources/Model/M/A.swift", short)).isEmpty)
    }

    @Test func aLongFileIsFound() {
        let text = String(repeating: "let a = 1\n", count: SizeRules.fileLinesMax + 1)
        #expect(SizeRules.findings(in: source("Sources/Model/M/A.swift", text)).count == 1)
        #expect(SizeRules.findings(in: source("Sources/Model/M/A.swift", String(text.dropLast(10)))).isEmpty)
    }

    @Test func aSourceThatNoTestReachesIsFound() {
        let tested = source("Sources/Model/M/A.swift", "public struct Tested {\n    let part = Part()\n}")
        let used = source("Sources/Model/M/B.swift", "struct Part {}")
        let untested = source("Sources/Model/M/C.swift", "struct Untested {\n    let other = Part()\n}")
        let elsewhere = source("Sources/Model/N/D.swift", "struct Elsewhere {\n    let another = Part()\n}")
        let test = source("Tests/MTests/A.swift", "let a = Tested() // Untested, Elsewhere")
        let findings = CoverageRules.findings(
            sources: [tested, used, untested, elsewhere], tests: [test], exceptions: [])
        #expect(findings.map(\.path) == [untested.path, elsewhere.path])
    }

    @Test func anExceptionForNothingIsFound() {
        let exceptions = [CoverageRules.Exception(path: "Sources/Gone.swift", reason: "none")]
        #expect(CoverageRules.findings(sources: [], tests: [], exceptions: exceptions).count == 1)
    }

    @Test func aPathThatLeadsNowhereIsFound() {
        let page = source(
            "docs/decisions/0001-a.md",
            "See `Sources/Gone.swift:12`, [here](../gone.md), [there](../there.md) and `docs/decisions/NNNN-*.md`.")
        let findings = PageRules.findings(in: page) { $0 == "docs/there.md" }
        #expect(findings.map(\.message) == ["there is no Sources/Gone.swift", "a link to docs/gone.md leads nowhere"])
    }

    @Test func aLimitThatNothingUsesIsFound() {
        let file = source(
            "L.swift",
            """
            // MARK: Requests

            /// How long a head may take. Our choice.
            public static let headTimeout = Duration.seconds(10)
            /// Bytes of a head.
            public static let headBytesMax = 32_768
            """)
        let limits = LimitRules.limits(in: file)
        #expect(limits.map(\.value) == ["10 s", "32,768"])
        #expect(limits.map(\.section) == ["Requests", "Requests"])
        let user = source("Sources/A/B/C.swift", "let a = Limits.headTimeout\n// Limits.headBytesMax")
        let findings = LimitRules.findings(limits: limits, in: ["L.swift"], sources: [file, user])
        #expect(findings.map(\.message) == ["nothing uses Limits.headBytesMax"])
        #expect(
            LimitRules.page(of: limits).contains("| `headTimeout` | 10 s | How long a head may take. Our choice. |"))
    }

    @Test func aDeclarationWithoutDocumentationIsFound() {
        let file = source(
            "Sources/Model/M/A.swift",
            """
            public import OCI
            /// Documented.
            @frozen
            public struct A {
                public init(a: Int) {}
                package static let b = 1
                /// Documented.
                public var c: Int { 1 }
            }
            """)
        #expect(CommentRules.undocumented(in: file).map(\.line) == [5, 6])
    }

    @Test func somethingLeftToDoIsFound() {
        let mark = "TO" + "DO"
        #expect(CommentRules.unfinished(in: source("a.swift", "// \(mark): more")).count == 1)
        #expect(CommentRules.unfinished(in: source("a.swift", "// \(mark) #12: more")).isEmpty)
    }

    @Test func wordsAboutElsewhereAreFound() {
        let foreign = "see /wo" + "rk/main"
        #expect(CommentRules.foreign(in: source("a.md", foreign)).count == 1)
        #expect(CommentRules.foreign(in: source("a.md", "the sessions of uploads work")).isEmpty)
    }
}
