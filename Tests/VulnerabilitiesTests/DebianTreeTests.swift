import Foundation
import OCI
import OCIContentStore
import PackageInventory
import RunaboutModel
import RunaboutTestSupport
import Subprocess
import Testing
import Vulnerabilities

/// Scans of trees that dpkg itself made, beside an independent reckoning: what `dpkg-query` says is installed, judged
/// by `dpkg --compare-versions`.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/dpkg-deb"), "dpkg is not installed"))
struct DebianTreeTests {
    private static let seed: UInt64 = 4_711

    /// A package as dpkg names it.
    private struct Installed: Hashable {
        let name: String
        let version: String
        let architecture: String
        let source: String
        let sourceVersion: String
    }

    @Test func aTreeThatDpkgMadeIsScannedAsDpkgReckons() async throws {
        try await withTemporaryDirectory { directory in
            let root = directory.appending(path: "root")
            try await makeTree(root, workingIn: directory)
            try await expectReckoning(root, workingIn: directory)
        }
    }

    /// `mmdebstrap --variant=minbase bookworm ROOT` makes such a tree; it needs Debian's archive, so it is not made
    /// here.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["RUNABOUT_TEST_DEBIAN_ROOT"] != nil,
            "RUNABOUT_TEST_DEBIAN_ROOT names no directory with a Debian system"))
    func aWholeDebianSystemIsScannedAsDpkgReckons() async throws {
        let root = try #require(ProcessInfo.processInfo.environment["RUNABOUT_TEST_DEBIAN_ROOT"])
        try await withTemporaryDirectory { try await expectReckoning(URL(filePath: root), workingIn: $0) }
    }

    private func expectReckoning(_ root: URL, workingIn directory: URL) async throws {
        let installed = try await installed(in: root)
        try #require(installed.count > 3)
        let advisories = advisories(about: installed)
        let expected = try await reckon(advisories, installed)
        try #require(!expected.isEmpty)
        let archive = directory.appending(path: "layer.tar")
        _ = try await answer("tar", ["--create", "--file", archive.path, "--directory", root.path, "."])
        let inventory = try await inventory(Array(try Data(contentsOf: archive)), in: directory)
        #expect(inventory.unread.isEmpty)
        let found = inventory.packages.map { package in
            Installed(
                name: package.name, version: package.version, architecture: package.architecture ?? "",
                source: package.source?.name ?? "", sourceVersion: package.source?.version ?? "")
        }
        // Nothing besides: files of other ecosystems belong to Debian's packages.
        #expect(found.count == installed.count)
        #expect(Set(found) == Set(installed))
        let report = try await withDatabase(advisories.map(\.document)) { database in
            try database.report(on: inventory, image: image, scannedAtSeconds: 1)
        }
        #expect(Set(report.findings.map { "\($0.id) \($0.package.name) \($0.package.architecture ?? "")" }) == expected)
        #expect(report.findings.count == expected.count)
        #expect(report.gaps.isEmpty)
    }

    /// One advisory for each source, fixed in its very version, or in one that is a little older or newer, and one for
    /// another release.
    private func advisories(about installed: [Installed]) -> [(document: String, source: String, fixed: String)] {
        var generator = SeededGenerator(seed: Self.seed)
        let sources = Dictionary(installed.map { ($0.source, $0.sourceVersion) }) { first, _ in first }
        let endings = ["", "~", "+1", "~~", ".1", "+deb12u1", "a", "~rc1"]
        return sources.sorted { $0.key < $1.key }.flatMap { source, version in
            let fixed = version + (endings.randomElement(using: &generator) ?? "")
            let events = #"{"introduced": "0"}, {"fixed": "\#(fixed)"}"#
            return [
                (advisory("CVE-\(source)", "Debian:12", source, events: events), source, fixed),
                (advisory("OTHER-\(source)", "Debian:11", source, events: #"{"introduced": "0"}"#), source, ""),
            ]
        }
    }

    private func reckon(
        _ advisories: [(document: String, source: String, fixed: String)], _ installed: [Installed],
    ) async throws -> Set<String> {
        var expected: Set<String> = []
        for advisory in advisories where !advisory.fixed.isEmpty {
            for package in installed where package.source == advisory.source {
                let outcome = try await run(
                    .name("dpkg"), arguments: ["--compare-versions", package.sourceVersion, "lt", advisory.fixed],
                    output: .discarded, error: .discarded)
                guard outcome.terminationStatus == .exited(0) else { continue }
                expected.insert("CVE-\(advisory.source) \(package.name) \(package.architecture)")
            }
        }
        return expected
    }

    private func installed(in root: URL) async throws -> [Installed] {
        let format =
            "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
        let list = try await answer(
            "dpkg-query", ["--admindir", root.appending(path: "var/lib/dpkg").path, "--show", "--showformat", format])
        return list.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
            .filter { $0.first == "installed" }
            .map { Installed(name: $0[1], version: $0[2], architecture: $0[3], source: $0[4], sourceVersion: $0[5]) }
    }

    private func inventory(_ layer: [UInt8], in directory: URL) async throws -> ImageInventory {
        let store = try ContentStore(directory: directory.appending(path: "images").path, limits: Limits.images)
        let written = try await OCITestImage(archives: [layer]).write(into: store)
        let scanner = ImageScanner(store: store, temporaryDirectory: directory.path)
        return try await scanner.inventory(of: written.manifest)
    }

    /// Builds packages, installs them into an empty tree and removes one, whose configuration stays.
    private func makeTree(_ root: URL, workingIn directory: URL) async throws {
        for path in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"] {
            try FileManager.default.createDirectory(at: root.appending(path: path), withIntermediateDirectories: true)
        }
        try Data().write(to: root.appending(path: "var/lib/dpkg/status"))
        try "ID=debian\nVERSION_ID=\"12\"\n".write(
            to: root.appending(path: "etc/os-release"), atomically: true, encoding: .utf8)
        let packages = [
            ("alpha", "1.0-1", ""), ("beta", "2:3.1~rc2-4", ""), ("beta-common", "2:3.1~rc2-4", "Source: beta\n"),
            ("gamma1", "0.9+dfsg-1+b2", "Source: gamma (0.9+dfsg-1)\n"), ("delta", "5", ""), ("gone", "1", ""),
        ]
        let dpkg = ["--root", root.path, "--force-not-root", "--force-bad-path", "--force-unsafe-io"]
        for (name, version, source) in packages {
            let tree = directory.appending(path: name)
            let library = tree.appending(path: "usr/lib/python3/dist-packages/\(name)-1.dist-info")
            for folder in [tree.appending(path: "DEBIAN"), tree.appending(path: "etc"), library] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            }
            let control = """
                Package: \(name)
                Version: \(version)
                Architecture: all
                Maintainer: nobody <nobody@example.org>
                \(source)Description: \(name)

                """
            let files = [
                ("DEBIAN/control", control), ("DEBIAN/conffiles", "/etc/\(name)\n"), ("etc/\(name)", name),
                ("usr/lib/python3/dist-packages/\(name)-1.dist-info/METADATA", "Name: \(name)\nVersion: 1\n"),
            ]
            for (path, text) in files {
                try text.write(to: tree.appending(path: path), atomically: true, encoding: .utf8)
            }
            let archive = directory.appending(path: "\(name).deb").path
            _ = try await answer("dpkg-deb", ["--build", "--root-owner-group", tree.path, archive])
            _ = try await answer("dpkg", dpkg + ["--install", archive])
        }
        _ = try await answer("dpkg", dpkg + ["--remove", "gone"])
    }

    private func answer(_ program: String, _ arguments: [String]) async throws -> String {
        let outcome = try await run(
            .name(program), arguments: Arguments(arguments), output: .string(limit: 10_000_000),
            error: .string(limit: 100_000))
        try #require(outcome.terminationStatus == .exited(0), "\(program): \(outcome.standardError)")
        return outcome.standardOutput
    }
}
