import Foundation
import PackageInventory
import RunaboutTestSupport
import Subprocess
import Testing

/// Databases that RPM itself made, in each of its forms, beside what RPM says is in them.
@Suite struct RPMDatabaseTests {
    private static let hasRPM = FileManager.default.fileExists(atPath: "/usr/bin/rpmbuild")
    private static let hasBerkeley = hasRPM && FileManager.default.fileExists(atPath: "/usr/bin/db5.3_load")

    @Test(.enabled(if: hasRPM, "rpm is not installed"), arguments: ["sqlite", "ndb"])
    func whatRPMInstalledIsFound(form: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = try await database(form, in: directory)
            try await expectPackages(file.content, at: "usr/lib/sysimage/rpm/\(file.name)")
        }
    }

    @Test(.enabled(if: hasBerkeley, "rpm and db5.3-util are not installed"), arguments: ["512", "4096", "65536"])
    func berkeleyDatabasesAreRead(pageBytes: String) async throws {
        try await withTemporaryDirectory { directory in
            let headers = try await headers(in: try await makeDatabase(in: directory))
            var dump = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=\(pageBytes)\nHEADER=END\n"
            // RPM keeps the number of the last package under the number 0.
            for (number, header) in ([[2, 0, 0, 0]] + headers).enumerated() {
                let digits = header.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                dump += " 0\(number)000000\n \(digits)\n"
            }
            let file = directory.appending(path: "Packages")
            _ = try await answer("db5.3_load", [file.path], input: dump + "DATA=END\n")
            try await expectPackages(Array(try Data(contentsOf: file)), at: "var/lib/rpm/Packages")
        }
    }

    @Test(.enabled(if: hasRPM, "rpm is not installed"), arguments: ["sqlite", "ndb"])
    func aDamagedDatabaseIsReadOrReportedButNeverTraps(form: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = try await database(form, in: directory)
            let whole = file.content
            let path = "var/lib/rpm/\(file.name)"
            for length in [whole.count / 3, 100, 33] {
                let found = try await inventory(archive(path, Array(whole[..<length])))
                #expect(found.unread.count == 1, "\(length) bytes")
            }
            var generator = SeededGenerator(seed: 11)
            for _ in 0..<40 {
                var damaged = whole
                for _ in 0..<Int.random(in: 1...200, using: &generator) {
                    let index = Int.random(in: 0..<whole.count, using: &generator)
                    damaged[index] = UInt8.random(in: 0...255, using: &generator)
                }
                let found = try await inventory(archive(path, damaged))
                #expect(found.packages.count <= 3)
            }
        }
    }

    private func expectPackages(_ database: [UInt8], at path: String) async throws {
        var layer = archive(path, database)
        // It belongs to a package, so it is none of its own.
        layer.addFile("usr/lib/python3/owned-1.dist-info/METADATA", "Name: owned\nVersion: 1\n")
        layer.addFile("opt/free-1.dist-info/METADATA", "Name: free\nVersion: 1\n")
        let found = try await inventory(layer)
        #expect(found.unread.isEmpty)
        #expect(found.lines == ["free 1", "sample 4:1.2~rc1-3", "sample-libs 4:1.2~rc1-3"])
        #expect(found.packages.dropFirst().map(\.source?.name) == ["sample", "sample"])
        #expect(found.packages.dropFirst().map(\.source?.version) == ["4:1.2~rc1-3", "4:1.2~rc1-3"])
        #expect(found.packages.dropFirst().map(\.architecture) == ["noarch", "noarch"])
    }

    /// The database that RPM made, or its packages in the form that Debian's RPM can't write.
    private func database(_ form: String, in directory: URL) async throws -> (name: String, content: [UInt8]) {
        let file = try await makeDatabase(in: directory)
        guard form == "ndb" else { return ("rpmdb.sqlite", Array(try Data(contentsOf: file))) }
        return ("Packages.db", ndb(try await headers(in: file)))
    }

    /// The packages' headers as RPM wrote them.
    private func headers(in file: URL) async throws -> [[UInt8]] {
        let rows = try await answer("sqlite3", [file.path, "SELECT hex(blob) FROM Packages"])
        return rows.split(separator: "\n").map { row in
            stride(from: 0, to: row.utf8.count, by: 2).compactMap { UInt8(row.dropFirst($0).prefix(2), radix: 16) }
        }
    }

    /// A page of slots, then the headers, each in blocks of 16 bytes.
    private func ndb(_ headers: [[UInt8]]) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var slots = Array("RpmP".utf8)
        for value in [0, 7, 1, headers.count + 1, 0, 0, 0] { slots += number(value) }
        var blobs: [UInt8] = []
        for (index, header) in headers.enumerated() {
            slots += "Slot".utf8
            for value in [index + 1, 256 + blobs.count / 16, header.count / 16 + 2] { slots += number(value) }
            blobs += "BlbS".utf8
            for value in [index + 1, 7, header.count] { blobs += number(value) }
            blobs += header
            blobs += "BlbE".utf8
            while blobs.count % 16 != 0 { blobs.append(0) }
        }
        while slots.count < 4_096 {
            slots += "Slot".utf8
            for value in [0, 0, 0] { slots += number(value) }
        }
        return slots + blobs
    }

    /// Builds two packages and writes them into a database of RPM's.
    private func makeDatabase(in directory: URL) async throws -> URL {
        let specification = """
            Name: sample
            Epoch: 4
            Version: 1.2~rc1
            Release: 3
            Summary: A sample
            License: none
            BuildArch: noarch
            %description
            \(String(repeating: "It is long enough to need several pages. ", count: 200))
            %package libs
            Summary: Its libraries
            %description libs
            \(String(repeating: "So are they. ", count: 500))
            %install
            mkdir -p %{buildroot}/usr/lib/python3/owned-1.dist-info %{buildroot}/usr/share/sample
            touch %{buildroot}/usr/lib/python3/owned-1.dist-info/METADATA
            touch %{buildroot}/usr/share/sample/{a,b,c,d,e,f,g,h}
            %files
            /usr/share/sample
            %files libs
            /usr/lib/python3/owned-1.dist-info/METADATA
            """
        let file = directory.appending(path: "sample.spec")
        try specification.write(to: file, atomically: true, encoding: .utf8)
        let top = directory.appending(path: "build").path
        _ = try await answer("rpmbuild", ["-bb", "--quiet", "--define", "_topdir \(top)", file.path])
        let database = directory.appending(path: "database")
        let common = ["--dbpath", database.path, "--define", "_db_backend sqlite"]
        _ = try await answer("rpm", common + ["--initdb"])
        let built = ["sample", "sample-libs"].map { "\(top)/RPMS/noarch/\($0)-1.2~rc1-3.noarch.rpm" }
        _ = try await answer("rpm", common + ["--install", "--justdb", "--nodeps", "--nosignature"] + built)
        let listed = try await answer("rpm", common + ["--query", "--all", "--queryformat", "%{NEVRA}\n"])
        #expect(Set(listed.split(separator: "\n")) == ["sample-4:1.2~rc1-3.noarch", "sample-libs-4:1.2~rc1-3.noarch"])
        return database.appending(path: "rpmdb.sqlite")
    }

    private func answer(_ program: String, _ arguments: [String], input: String = "") async throws -> String {
        let outcome = try await run(
            .name(program), arguments: Arguments(arguments), input: .string(input), output: .string(limit: 10_000_000),
            error: .string(limit: 10_000))
        try #require(outcome.terminationStatus == .exited(0), "\(program): \(outcome.standardError)")
        return outcome.standardOutput
    }
}
