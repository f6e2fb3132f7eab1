import Foundation
import Testing

/// The rules of the project hold for all of its files.
@Suite struct TidyTests {
    /// `Limits.swift` and its extensions, in the order of the page.
    private var limitFiles: [SourceFile] {
        let files = Repository.own.sources.filter { $0.path.hasPrefix("Sources/Model/RunaboutModel/Limits") }
        return files.filter { !$0.name.contains("+") } + files.filter { $0.name.contains("+") }
    }

    @Test func modulesAreImportedWhereTheyMayBe() {
        let groups = Dictionary(grouping: Repository.own.sources) { $0.group ?? "" }
            .mapValues { Set($0.compactMap(\.module)) }
        expectNone(Repository.own.swift.flatMap { ImportRules.findings(in: $0, modulesByGroup: groups) })
    }

    @Test func modulesUseOnlyWhatIsBelowThem() throws {
        let manifest = try #require(Repository.own.swift.first { $0.path == "Package.swift" })
        let targets = ManifestRules.targets(inManifest: manifest.text)
        #expect(targets.count > 25, "the manifest could not be read")
        expectNone(ManifestRules.findings(in: targets))
    }

    @Test func wordsAreUsedWhereTheyMayBe() {
        expectNone(Repository.own.swift.flatMap(WordRules.findings))
    }

    @Test func functionsAndFilesAreShort() {
        expectNone(Repository.own.swift.flatMap(SizeRules.findings))
    }

    @Test func everySourceFileHasATest() {
        let repository = Repository.own
        expectNone(
            CoverageRules.findings(
                sources: repository.sources, tests: repository.tests, exceptions: Exceptions.withoutTest))
    }

    @Test func pathsInPagesExist() {
        let repository = Repository.own
        expectNone(repository.pages.flatMap { PageRules.findings(in: $0, exists: repository.exists) })
    }

    @Test func everyLimitIsUsed() {
        let limits = limitFiles.flatMap(LimitRules.limits)
        #expect(limits.count > 100, "the limits could not be read")
        let paths = Set(limitFiles.map(\.path))
        expectNone(LimitRules.findings(limits: limits, in: paths, sources: Repository.own.sources))
    }

    /// `REGENERATE_PAGES=1 swift test --filter everyLimitIsListed` writes the page anew.
    @Test func everyLimitIsListed() throws {
        let wanted = LimitRules.page(of: limitFiles.flatMap(LimitRules.limits))
        let path = Repository.own.root.appending(path: "docs/reference/limits.md")
        if ProcessInfo.processInfo.environment["REGENERATE_PAGES"] != nil {
            try wanted.write(to: path, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: path, encoding: .utf8)
        #expect(written == wanted, "docs/reference/limits.md is out of date; REGENERATE_PAGES=1 makes it anew")
    }

    @Test func whatOthersSeeIsDocumented() {
        expectNone(Repository.own.sources.flatMap(CommentRules.undocumented))
    }

    @Test func nothingIsLeftToDoWithoutAnIssue() {
        expectNone(Repository.own.all.flatMap(CommentRules.unfinished))
    }

    @Test func theProjectSpeaksOfItselfAlone() {
        expectNone(Repository.own.all.flatMap(CommentRules.foreign))
    }

    private func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
        let list = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, "\(findings.count) findings:\n\(list)", sourceLocation: sourceLocation)
    }
}
