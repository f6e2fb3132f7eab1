import CLinux
import Foundation
import Glibc
import OCI
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import OCILayers

@Suite struct UnpackTests {
    @Test func filesDirectoriesAndLinksAreMadeAsTheArchiveSays() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addDirectory("./", mode: 0o755)
            archive.addDirectory("bin/", mode: 0o750)
            archive.addFile("bin/tool", "run", mode: 0o755)
            archive.addSymbolicLink("bin/sh", to: "/bin/tool")
            archive.addHardLink("bin/other", to: "bin/tool")
            archive.addFile("deep/er/file", "x")
            archive.add(.init("pipe", type: "6"))
            let root = try await fixture.unpack(archive)
            #expect(try text(root.appending(path: "bin/tool")) == "run")
            #expect(try status(root.appending(path: "bin/tool")).st_mode & 0o7777 == 0o755)
            #expect(try status(root.appending(path: "bin/tool")).st_mtim.tv_sec == 1_700_000_000)
            #expect(try status(root.appending(path: "bin/tool")).st_nlink == 2)
            #expect(try status(root.appending(path: "bin")).st_mtim.tv_sec == 1_700_000_000)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(
                    atPath: root.appending(path: "bin/sh").path) == "/bin/tool")
            #expect(try status(root.appending(path: "pipe")).st_mode & S_IFMT == S_IFIFO)
            #expect(try text(root.appending(path: "deep/er/file")) == "x")
        }
    }

    @Test func longNamesComeFromPaxAndFromGNUHeaders() async throws {
        try await withLayers { fixture in
            let long = String(repeating: "d", count: 120) + "/" + String(repeating: "f", count: 200)
            var archive = TarArchive()
            archive.addExtended([("path", Array("pax/\(long)".utf8))])
            archive.addFile("short", "pax")
            archive.addLong("L", "gnu/\(long)")
            archive.addFile("short", "gnu")
            archive.addLong("K", "pax/\(long)")
            archive.addHardLink("link", to: "short")
            archive.addExtended([("linkpath", Array(long.utf8))])
            archive.addSymbolicLink("symbolic", to: "short")
            let root = try await fixture.unpack(archive)
            #expect(try text(root.appending(path: "pax/\(long)")) == "pax")
            #expect(try text(root.appending(path: "gnu/\(long)")) == "gnu")
            #expect(try text(root.appending(path: "link")) == "pax")
            #expect(
                try FileManager.default.destinationOfSymbolicLink(
                    atPath: root.appending(path: "symbolic").path) == long)
        }
    }

    @Test(.enabled(if: Host.isRoot, "only root gives files away"))
    func ownersAreShiftedAndSetUserIDSurvives() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.add(.init("su", mode: 0o4755, userID: 0, groupID: 5), content: [1])
            archive.add(.init("home", type: "5", mode: 0o2700, userID: 1_000, groupID: 65_535))
            archive.add(.init("link", type: "2", userID: 7, groupID: 8, target: "su"))
            archive.addFile("made/by/parents", "x")
            let root = try await fixture.unpack(archive)
            let su = try status(root.appending(path: "su"))
            #expect((su.st_uid, su.st_gid) == (100_000, 100_005))
            #expect(su.st_mode & 0o7777 == 0o4755)
            let home = try status(root.appending(path: "home"))
            #expect((home.st_uid, home.st_gid) == (101_000, 165_535))
            #expect(home.st_mode & 0o7777 == 0o2700)
            let link = try status(root.appending(path: "link"))
            #expect((link.st_uid, link.st_gid) == (100_007, 100_008))
            #expect(try status(root.appending(path: "made/by")).st_uid == 100_000)
            #expect(try status(root).st_uid == 100_000)
        }
    }

    @Test func withoutRootFilesAreOnesOwnAndHaveNoSetUserID() async throws {
        try await withLayers(form: .flattened) { fixture in
            var archive = TarArchive()
            archive.add(.init("su", mode: 0o4755, userID: 3, groupID: 5), content: [1])
            archive.add(.init("closed", type: "5", mode: 0o000))
            archive.addFile("closed/file", "x", mode: 0o000)
            let root = try await fixture.unpack(archive)
            #expect(try status(root.appending(path: "su")).st_mode & 0o7777 == 0o755)
            #expect(try status(root.appending(path: "su")).st_uid == geteuid())
            #expect(try status(root.appending(path: "closed")).st_mode & 0o7777 == 0o700)
            #expect(try status(root.appending(path: "closed/file")).st_mode & 0o7777 == 0o400)
        }
    }

    @Test func userAttributesStayAndThoseThatSteerTheMountDoNot() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addExtended([
                ("SCHILY.xattr.user.note", Array("kept".utf8)),
                ("SCHILY.xattr.trusted.overlay.redirect", Array("/etc".utf8)),
                ("SCHILY.xattr.user.overlay.opaque", Array("y".utf8)),
                ("SCHILY.xattr.security.capability", [1, 0, 0, 2] + [UInt8](repeating: 0xFF, count: 16)),
            ])
            archive.addFile("file", "x")
            let root = try await fixture.unpack(archive)
            var names = [CChar](repeating: 0, count: 1_024)
            let count = clinux_list_attributes(root.appending(path: "file").path, &names, names.count)
            let listed = names.prefix(max(0, count)).split(separator: 0).map { part in
                String(decoding: part.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            #expect(listed == ["user.note"])
        }
    }

    @Test func aProgramThatIsMissingIsNamedWithItsPackage() async {
        await #expect(
            throws: LayerError.decompressionFailed(
                program: "unheard-of", message: "it is not installed; apt install unheard-of")
        ) { try await LayerDecompression.executable("unheard-of") }
    }

    @Test(arguments: ["gzip", "zstd"])
    func compressedLayersAreUnpacked(program: String) async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", String(repeating: "text ", count: 100_000))
            let image = try await compressedImage(archive.bytes, with: program, in: fixture)
            let root = URL(filePath: try #require(try await fixture.layers.prepare(image).layers.first))
            #expect(try text(root.appending(path: "file")).utf8.count == 500_000)
        }
    }

    @Test(arguments: ["gzip", "zstd"])
    func aCompressedLayerThatBreaksOffNamesTheProgram(program: String) async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", String(repeating: "text ", count: 100_000))
            let image = try await compressedImage(archive.bytes, with: program, in: fixture) { Array($0.dropLast(20)) }
            let error = await #expect(throws: LayerError.self) { try await fixture.layers.prepare(image) }
            guard case .decompressionFailed(program, let message) = error else {
                Issue.record("not the program's failure: \(String(describing: error))")
                return
            }
            #expect(!message.isEmpty)
            #expect(try fixture.leftovers.isEmpty)
        }
    }

    @Test func aLayerWithAnotherDigestThanItsImageSaysIsRefused() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("file", "true")
            var other = TarArchive()
            other.addFile("file", "false")
            let image = try await imageClaiming(
                layer: archive.bytes, diffID: .init(of: other.bytes), in: fixture)
            await #expect(
                throws: LayerError.contentMismatch(expected: .init(of: other.bytes), actual: .init(of: archive.bytes))
            ) { try await fixture.layers.prepare(image) }
            #expect(isAbsent(URL(filePath: fixture.layers.path(of: .init(of: other.bytes)))))
            #expect(try fixture.leftovers.isEmpty)
        }
    }

    @Test func whatALaterEntrySaysReplacesTheEarlier() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addFile("a", "first")
            archive.addFile("a", "second")
            archive.addFile("b/c", "x")
            archive.addFile("b", "now a file")
            archive.addFile("d", "file")
            archive.addDirectory("d/")
            archive.addFile("d/e", "y")
            archive.addSymbolicLink("f", to: "a")
            archive.addFile("f", "not through the link")
            archive.addDirectory("g/")
            archive.addFile("g/kept", "z")
            archive.addDirectory("g/", mode: 0o700)
            let root = try await fixture.unpack(archive)
            #expect(try text(root.appending(path: "a")) == "second")
            #expect(try text(root.appending(path: "b")) == "now a file")
            #expect(try text(root.appending(path: "d/e")) == "y")
            #expect(try text(root.appending(path: "f")) == "not through the link")
            #expect(try text(root.appending(path: "g/kept")) == "z")
            #expect(try status(root.appending(path: "g")).st_mode & 0o777 == 0o700)
        }
    }
}
