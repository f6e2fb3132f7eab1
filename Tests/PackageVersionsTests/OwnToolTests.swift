import Foundation
import PackageVersions
import RunaboutTestSupport
import Subprocess
import Testing

/// Our order beside that of each ecosystem's own tool, over generated pairs.
///
/// Each test runs where the tool is installed: `dpkg` on Debian, `rpm` and `python3-packaging` from its packages,
/// `java` with Maven's library from `maven`. apk-tools is no Debian package; the order of its versions stands in
/// `VersionOrderTests`.
@Suite struct OwnToolTests {
    private static let seed: UInt64 = 20_261_127

    @Test(.enabled(if: isFile("/usr/bin/dpkg"), "dpkg is not installed"))
    func debiansOrderIsDpkgs() async throws {
        var versions = GeneratedVersions(.dpkg, seed: Self.seed)
        var orders: Set<VersionOrder> = []
        for _ in 0..<400 {
            let (first, second) = versions.pair()
            // What dpkg only warns about and we refuse is not compared.
            guard let ours = VersionScheme.dpkg.order(first, second) else { continue }
            orders.insert(ours)
            let relation = ours == .before ? "lt" : ours == .same ? "eq" : "gt"
            let outcome = try await run(
                .name("dpkg"), arguments: ["--compare-versions", first, relation, second],
                output: .discarded, error: .discarded)
            #expect(outcome.terminationStatus == .exited(0), "\(first) \(relation) \(second), seed \(Self.seed)")
        }
        #expect(orders.count == 3)
    }

    @Test(.enabled(if: isFile("/usr/bin/rpm"), "rpm is not installed"))
    func rpmsOrderIsRPMs() async throws {
        let pairs = pairs(.rpm, count: 600)
        // The version alone: rpm's function takes no release and no epoch.
        let calls = pairs.map { "print(rpm.vercmp('\($0.0)', '\($0.1)') .. ' ')" }.joined(separator: " ")
        let answers = try await words(.name("rpm"), ["--eval", "%{lua: \(calls)}"])
        expectSame(.rpm, pairs, answers.map(Int.init))
    }

    @Test func pythonsOrderIsThatOfPackaging() async throws {
        let pairs = pairs(.python, count: 800)
        let program = """
            import sys
            try:
                from packaging.version import Version, InvalidVersion
            except ImportError:
                from pip._vendor.packaging.version import Version, InvalidVersion
            for line in sys.stdin:
                first, second = line.split()
                try:
                    first, second = Version(first), Version(second)
                    print((first > second) - (first < second))
                except InvalidVersion:
                    print("none")
            """
        let input = pairs.map { "\($0.0) \($0.1)\n" }.joined()
        let answers: [String]
        do {
            answers = try await words(.name("python3"), ["-c", program], input: input)
        } catch {
            // Not every Python has the library, and not every machine has Python.
            return withKnownIssue("python3 with packaging is not installed", isIntermittent: true) {
                Issue.record(error)
            }
        }
        expectSame(.python, pairs, answers.map(Int.init))
    }

    @Test(.enabled(if: isFile(mavenLibrary) && isFile("/usr/bin/java"), "maven is not installed"))
    func mavensOrderIsThatOfItsLibrary() async throws {
        let pairs = pairs(.maven, count: 400)
        let libraries = "\(Self.mavenLibrary):/usr/share/maven/lib/commons-lang3.jar"
        // Each argument is compared with the one before: "   A < B", "   A == B" or "   A > B" stand between.
        let output = try await words(
            .name("java"),
            ["-cp", libraries, "org.apache.maven.artifact.versioning.ComparableVersion"]
                + pairs.flatMap { [$0.0, $0.1] })
        let relations = output.filter { ["<", "==", ">"].contains($0) }
        try #require(relations.count == pairs.count * 2 - 1)
        let answers = stride(from: 0, to: relations.count, by: 2).map { relations[$0] }
        expectSame(.maven, pairs, answers.map { ["<": -1, "==": 0, ">": 1][$0] })
    }

    private static let mavenLibrary = "/usr/share/maven/lib/maven-artifact-3.x.jar"

    private static func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func pairs(_ scheme: VersionScheme, count: Int) -> [(String, String)] {
        var versions = GeneratedVersions(scheme, seed: Self.seed)
        return (0..<count).map { _ in versions.pair() }
    }

    private func words(_ program: Executable, _ arguments: [String], input: String = "") async throws -> [String] {
        let outcome = try await run(
            program, arguments: Arguments(arguments), input: .string(input), output: .string(limit: 1_000_000),
            error: .string(limit: 10_000))
        guard outcome.terminationStatus == .exited(0) else { throw ToolFailed(message: outcome.standardError) }
        return outcome.standardOutput.split { $0 == " " || $0 == "\n" }.map(String.init)
    }

    /// The tool's answers are -1, 0, 1, or nil for what it refuses.
    private func expectSame(_ scheme: VersionScheme, _ pairs: [(String, String)], _ answers: [Int?]) {
        #expect(answers.count == pairs.count)
        var seen: Set<Int?> = []
        for ((first, second), answer) in zip(pairs, answers) {
            let ours = scheme.order(first, second).map { $0 == .before ? -1 : $0 == .same ? 0 : 1 }
            #expect(ours == answer, "\(first) \(second), seed \(Self.seed)")
            seen.insert(answer)
        }
        #expect(seen.isSuperset(of: [-1, 0, 1]))
    }

    private struct ToolFailed: Error {
        let message: String
    }
}
