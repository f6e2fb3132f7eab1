import OCILayers
import PackageInventory
import RunaboutTestSupport
import Testing

/// Files made to harm whoever reads them: reported, never followed, and never more than the limits allow.
@Suite struct HostileFileTests {
    @Test(arguments: [
        (status, "Package: \u{1B}[31m\nVersion: 1\n"),
        (status, "Package: \(String(repeating: "x", count: 2_000))\nVersion: 1\n"),
        ("lib/apk/db/installed", "P:a\nV:\n\n"), ("a.dist-info/METADATA", "nothing"),
        ("node_modules/a/package.json", "{"), ("node_modules/a/package.json", "[]"),
        ("node_modules/a/package.json", String(repeating: "[", count: 100_000)), ("var/lib/rpm/Packages", "x"),
        ("var/lib/rpm/Packages.db", "RpmP"), ("usr/lib/sysimage/rpm/rpmdb.sqlite", "SQLite format 3\u{0}"),
        ("var/lib/rpm/rpmdb.sqlite-wal", "x"), ("a.jar", "PK"), ("a.war", ""),
    ])
    func whatCannotBeReadIsReportedAndTheRestIsRead(path: String, content: String) async throws {
        let found = try await inventory(archive((path, content), ("b.dist-info/METADATA", "Name: b\nVersion: 1\n")))
        #expect(found.unread.map(\.path) == [path])
        #expect(found.unread.first?.reason.isEmpty == false)
        #expect(found.lines == ["b 1"])
    }

    @Test func anEmptyDatabaseHasNoPackages() async throws {
        let found = try await inventory(
            archive((status, ""), ("lib/apk/db/installed", "\n\n"), ("var/lib/rpm/rpmdb.sqlite-wal", "")))
        #expect(found == ImageInventory())
    }

    @Test func aFileThatIsTooLargeIsNotRead() async throws {
        var limits = InventoryLimits.standard
        limits.textBytesMax = 100
        limits.spoolBytesMax = 100
        let large = String(repeating: "x", count: 101)
        let found = try await inventory(
            archive((status, large), ("var/lib/rpm/Packages", large), ("a.jar", large), ("large", large)),
            limits: limits)
        #expect(found.unread.map(\.path) == ["a.jar", status, "var/lib/rpm/Packages"])
        #expect(found.unread.allSatisfy { $0.reason == "it is refused: it has more than 100 bytes" })
    }

    @Test func anImageWithMoreThanTheLimitsAllowHasNoInventory() async throws {
        let packages = archive(
            (status, stanza("a", "1") + stanza("b", "1")), ("c.dist-info/METADATA", "Name: c\nVersion: 1\n"))
        var limits = InventoryLimits.standard
        limits.packagesMax = 3
        #expect(try await inventory(packages, limits: limits).packages.count == 3)
        limits.packagesMax = 2
        await #expect(throws: InventoryError.limitExceeded("more than 2 packages")) {
            try await inventory(packages, limits: limits)
        }
        limits = .standard
        limits.filesMax = 1
        await #expect(throws: InventoryError.limitExceeded("more than 1 files that name packages")) {
            try await inventory(packages, limits: limits)
        }
        limits = .standard
        limits.ownedPathBytesMax = 3
        await #expect(throws: InventoryError.limitExceeded("more than 3 bytes of lists of files")) {
            try await inventory(archive(("var/lib/dpkg/info/a.list", "/usr/bin")), limits: limits)
        }
    }

    @Test func archivesInArchivesAreReadOnlySoDeep() async throws {
        func nested(_ depth: Int) -> [UInt8] {
            var writer = ZipWriter()
            writer.add("META-INF/maven/a/d\(depth)/pom.properties", "groupId=a\nartifactId=d\(depth)\nversion=1\n")
            if depth < 9 { writer.add(.init(name: "inner.jar", content: nested(depth + 1))) }
            return writer.finished()
        }
        let found = try await inventory(archive("outer.jar", nested(1)))
        #expect(found.lines == (1...InventoryLimits.standard.archiveDepthMax).map { "a:d\($0) 1" })
        #expect(found.unread.map(\.path) == ["outer.jar"])
        #expect(found.unread.first?.reason.contains("inner.jar!inner.jar!inner.jar!inner.jar: it is refused") == true)
    }

    @Test func archivesThatOverlapCostNoMoreThanTheLimit() async throws {
        // A hundred entries that are all the same bytes.
        var writer = ZipWriter()
        let pom = Array("groupId=a\nartifactId=b\nversion=1\n#\(String(repeating: "x", count: 10_000))".utf8)
        writer.add(.init(name: "META-INF/maven/0/pom.properties", content: pom))
        for index in 1..<100 {
            writer.add(.init(name: "META-INF/maven/\(index)/pom.properties", content: pom, offset: 0))
        }
        var limits = InventoryLimits.standard
        limits.archiveBytesMax = 50_000
        let found = try await inventory(archive("bomb.jar", writer.finished()), limits: limits)
        #expect(found.packages.count < 6)
        #expect(
            found.unread.map(\.reason) == [
                "it is refused: an entry has more than \(50_000 - 2 * (2 * pom.count + 1)) bytes"
            ])
    }

    /// Work that grows with the square of a layer's entries would take hours here.
    @Test func markersThatAreRepeatedCostNothing() async throws {
        var upper = TarArchive()
        for index in 0..<3_000 { upper.addFile("a/\(index).dist-info/METADATA", "Name: n\(index)\nVersion: 1\n") }
        for _ in 0..<3_000 { upper.addFile("a/.wh..wh..opq", "") }
        let found = try await inventory(archive(("a/old.dist-info/METADATA", "Name: old\nVersion: 1\n")), upper)
        #expect(found.packages.count == 3_000)
        #expect(!found.lines.contains("old 1"))
    }

    @Test func aProgramFullOfMarksIsReadOnce() async throws {
        let program = goProgram("go1.21.3", "dep\ta.b/c\tv1.0.0\n")
        var bytes = Array(program[..<64])
        for _ in 0..<20_000 {
            // A version as long as all that is looked at.
            bytes += program[64..<96]
            bytes += [0xFF, 0xFF, 0x3F, 0x67, 0x6F]
            bytes += [UInt8](repeating: 0x78, count: 11)
        }
        bytes += program[64...]
        #expect(try await inventory(archive("marks", bytes)).packages.count == 2)
    }

    @Test func namesFromInsideCanNeitherEscapeNorWriteToATerminal() async throws {
        var inner = ZipWriter()
        inner.add("META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=1\n")
        var outer = ZipWriter()
        outer.add(.init(name: "../../../etc/evil\u{1B}[2J.jar", content: inner.finished()))
        let found = try await inventory(archive("x\u{7}.jar", outer.finished()))
        #expect(found.packages.map(\.path) == ["x\u{FFFD}.jar!../../../etc/evil\u{FFFD}[2J.jar"])
    }

    @Test func aLayerThatCannotBeUnpackedHasNoInventory() async throws {
        await #expect(throws: LayerError.self) { try await inventory(archive(("../evil", "x"))) }
        let whole = archive((status, stanza("a", "1"))).unterminatedBytes
        await #expect(throws: LayerError.self) { try await inventory(of: [Array(whole.dropLast(100))]) }
    }
}
