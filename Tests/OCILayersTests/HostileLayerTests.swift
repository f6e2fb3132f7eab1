import Foundation
import Glibc
import OCI
import OCIContentStore
import OCILayers
import RunaboutModel
import RunaboutTestSupport
import Testing

/// Layers made to harm, each built byte by byte: refused with a reason, or neutralised, and nothing left behind.
@Suite struct HostileLayerTests {
    @Test(arguments: ["../evil", "a/../../evil", "/../evil", "..", "a/..", ".wh...", ".wh..", "a/.wh..."])
    func pathsThatLeadOutAreRefused(path: String) async throws {
        try await expectRefusal(LayerError.pathEscapes(path)) { $0.addFile(path, "x") }
    }

    @Test func absoluteNamesMeanTheLayersRoot() async throws {
        try await withLayers { fixture in
            let outside = fixture.directory.appending(path: "outside")
            var archive = TarArchive()
            archive.addFile(outside.path, "x")
            archive.addFile("//double", "y")
            let root = try await fixture.unpack(archive)
            #expect(isAbsent(outside))
            #expect(try text(root.appending(path: String(outside.path.dropFirst()))) == "x")
            #expect(try text(root.appending(path: "double")) == "y")
        }
    }

    @Test(arguments: [true, false])
    func filesBelowALinkStayInside(isAbsolute: Bool) async throws {
        try await withLayers { fixture in
            let outside = fixture.directory.appending(path: "outside")
            try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: false)
            var archive = TarArchive()
            archive.addDirectory(String(outside.path.dropFirst()))
            let upwards = String(repeating: "../", count: 12) + outside.path.dropFirst()
            archive.addSymbolicLink("link", to: isAbsolute ? outside.path : upwards)
            archive.addFile("link/file", "x")
            archive.addDirectory("link/directory")
            archive.addHardLink("link/hard", to: "link/file")
            archive.addSymbolicLink("link/symbolic", to: "file")
            archive.addFile("link/.wh.precious", "")
            let root = try await fixture.unpack(archive)
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
            #expect(try text(root.appending(path: "\(outside.path)/file")) == "x")
        }
    }

    @Test func aFileThatReplacesALinkDoesNotWriteThroughIt() async throws {
        try await withLayers { fixture in
            let outside = fixture.directory.appending(path: "precious")
            try Data("precious".utf8).write(to: outside)
            var archive = TarArchive()
            archive.addSymbolicLink("link", to: outside.path)
            archive.addFile("link", "evil")
            archive.addSymbolicLink("directory", to: fixture.directory.path)
            archive.addDirectory("directory", mode: 0o777)
            archive.addFile("directory/precious", "evil")
            let before = try status(fixture.directory)
            let root = try await fixture.unpack(archive)
            #expect(try text(outside) == "precious")
            #expect(try status(fixture.directory).st_mode == before.st_mode)
            #expect(try text(root.appending(path: "directory/precious")) == "evil")
        }
    }

    @Test func aDanglingOrCircularLinkIsNoDirectory() async throws {
        for target in ["/nowhere", "loop"] {
            try await expectRefusal(LayerError.pathConflict("loop/file")) { archive in
                archive.addSymbolicLink("loop", to: target)
                archive.addFile("loop/file", "x")
            }
        }
    }

    @Test func aFileIsNoDirectory() async throws {
        try await expectRefusal(LayerError.pathConflict("file/below")) { archive in
            archive.addFile("file", "x")
            archive.addFile("file/below", "y")
        }
    }

    @Test func theRootIsADirectory() async throws {
        try await expectRefusal(LayerError.pathConflict("./")) { $0.addSymbolicLink("./", to: "/etc") }
    }

    @Test(arguments: ["/etc/passwd", "etc/passwd", "absent"])
    func hardLinksToWhatTheLayerDoesNotHaveAreRefused(target: String) async throws {
        try await expectRefusal(LayerError.linkTargetMissing("link", target: target)) {
            $0.addHardLink("link", to: target)
        }
    }

    @Test func hardLinksOutOfTheLayerAreRefused() async throws {
        try await expectRefusal(LayerError.pathEscapes("../../../../etc/passwd")) {
            $0.addHardLink("link", to: "../../../../etc/passwd")
        }
        try await expectRefusal(LayerError.linkTargetMissing("link", target: "out/etc/passwd")) { archive in
            archive.addSymbolicLink("out", to: "/")
            archive.addHardLink("link", to: "out/etc/passwd")
        }
    }

    @Test func aHardLinkToALinkIsTheLinkItself() async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.addSymbolicLink("link", to: "/etc/passwd")
            archive.addHardLink("hard", to: "link")
            archive.addHardLink("hard", to: "hard")
            let root = try await fixture.unpack(archive)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(
                    atPath: root.appending(path: "hard").path) == "/etc/passwd")
        }
    }

    @Test(arguments: ["3", "4"])
    func deviceNodesAreRefused(type: String) async throws {
        let kind = try #require(type.first)
        try await expectRefusal(LayerError.deviceRefused("dev/sda")) {
            $0.add(.init("dev/sda", type: kind, device: (8, 0)))
        }
    }

    @Test func unknownKindsAndSparseFilesAreRefused() async throws {
        try await expectRefusal(LayerError.kindUnsupported("x", kind: "V")) { $0.add(.init("x", type: "V")) }
        try await expectRefusal(LayerError.kindUnsupported("x", kind: "S")) { $0.add(.init("x", type: "S")) }
        try await expectRefusal(LayerError.kindUnsupported("big", kind: "sparse file")) { archive in
            archive.addExtended([("path", Array("big".utf8)), ("GNU.sparse.major", [0x31])])
            archive.addFile("big", "x")
        }
    }

    @Test func ownersThatInstancesDoNotHaveAreRefused() async throws {
        try await expectRefusal(LayerError.ownerOutOfRange("x", owner: 65_536)) {
            $0.add(.init("x", userID: 65_536))
        }
        try await expectRefusal(LayerError.ownerOutOfRange("x", owner: 4_294_967_295)) {
            $0.add(.init("x", groupID: 4_294_967_295))
        }
    }

    @Test func tooManyEntriesAreRefused() async throws {
        var limits = Limits.images
        limits.layerEntriesMax = 100
        try await expectRefusal(LayerError.limitExceeded("it has more than 100 entries"), limits: limits) { archive in
            for number in 0...100 { archive.addFile("f\(number)", "") }
        }
    }

    @Test func headersWithoutAnEndAreRefused() async throws {
        var limits = Limits.images
        limits.layerHeaderBytesMax = 4_096
        let error = LayerError.limitExceeded("an entry's headers have more than 4096 bytes")
        try await expectRefusal(error, limits: limits) { archive in
            archive.add(.init("PaxHeaders/x", type: "x", size: 8_589_934_592))
        }
        try await expectRefusal(error, limits: limits) { archive in
            for _ in 0..<5 { archive.addLong("L", String(repeating: "n", count: 1_000)) }
            archive.addFile("x", "")
        }
    }

    @Test func longAndDeepPathsAreRefused() async throws {
        try await expectRefusal(LayerError.limitExceeded("a path has more than 4096 bytes")) { archive in
            archive.addLong("L", String(repeating: "d/", count: 3_000))
            archive.addFile("x", "")
        }
        let deep = String(repeating: "d/", count: 257) + "x"
        let error = LayerError.limitExceeded("'\(deep.prefix(80))' is more than 256 directories deep")
        try await expectRefusal(error) { archive in
            archive.addLong("L", deep)
            archive.addFile("x", "")
        }
    }

    @Test func aDecompressionBombIsStopped() async throws {
        var limits = Limits.images
        limits.layerExpansionFloorBytes = 1_000_000
        limits.layerExpansionMax = 10
        try await withLayers(limits: limits) { fixture in
            var archive = TarArchive()
            archive.add(.init("zeros"), content: [UInt8](repeating: 0, count: 20_000_000))
            let image = try await compressedImage(archive.bytes, with: "gzip", in: fixture)
            await #expect(
                throws: LayerError.limitExceeded("it has more than 1000000 bytes once it is uncompressed")
            ) { try await fixture.layers.prepare(image) }
            #expect(try fixture.leftovers.isEmpty)
        }
    }

    @Test(arguments: [1, 511, 513, 700, 1_023])
    func anArchiveThatBreaksOffIsRefused(length: Int) async throws {
        try await withLayers { fixture in
            var whole = TarArchive()
            whole.addFile("file", String(repeating: "x", count: 600))
            var archive = TarArchive()
            archive.addRaw(Array(whole.unterminatedBytes.prefix(length)))
            let layer = archive.unterminatedBytes
            let image = try await imageClaiming(layer: layer, diffID: Digest(of: layer), in: fixture)
            await #expect(throws: LayerError.truncated) { try await fixture.layers.prepare(image) }
            #expect(try fixture.leftovers.isEmpty)
        }
    }

    @Test func damagedHeadersAreRefused() async throws {
        var good = TarArchive()
        good.addFile("file", "x")
        for (offset, byte) in [(0, UInt8(0x41)), (124, 0x39), (148, 0x39)] {
            var bytes = good.bytes
            bytes[offset] = byte
            try await withLayers { fixture in
                let image = try await imageClaiming(layer: bytes, diffID: Digest(of: bytes), in: fixture)
                let error = await #expect(throws: LayerError.self) { try await fixture.layers.prepare(image) }
                guard case .malformed = error else {
                    Issue.record("byte \(offset): \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test(arguments: [
        "5 a=", "99 path=x\n", "x path=x\n", "8 path\nx", "0 =\n", "4 =\n9", "99999999999999999999 a=b\n",
        "11 size=-1\n", "12 path=a\0b\n",
    ])
    func malformedExtendedRecordsAreRefused(record: String) async throws {
        try await withLayers { fixture in
            var archive = TarArchive()
            archive.add(.init("PaxHeaders/x", type: "x"), content: Array(record.utf8))
            archive.addFile("x", "")
            let image = try await OCITestImage(archives: [archive.bytes]).write(into: fixture.content)
            let error = await #expect(throws: LayerError.self) { try await fixture.layers.prepare(image.manifest) }
            guard case .malformed = error else {
                Issue.record("\(record): \(String(describing: error))")
                return
            }
        }
    }

    /// Whatever bytes come, unpacking ends with a layer or an error, and touches nothing else.
    @Test func randomlyDamagedArchivesNeverLeaveTheirDirectory() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var whole = TarArchive()
        whole.addDirectory("a/")
        whole.addFile("a/b", "content")
        whole.addSymbolicLink("a/c", to: "../../..")
        whole.addExtended([("path", Array("a/long".utf8)), ("SCHILY.xattr.user.x", [1])])
        whole.addHardLink("x", to: "a/b")
        try await withLayers { fixture in
            for _ in 0..<150 {
                var bytes = whole.bytes
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let block = Int.random(in: 0..<bytes.count / 512, using: &generator) * 512
                    let offset = Bool.random(using: &generator) ? 0 : Int.random(in: 0..<512, using: &generator)
                    bytes[block + offset] = UInt8.random(in: 0...255, using: &generator)
                    repairChecksum(&bytes, at: block)
                }
                let image = try await imageClaiming(layer: bytes, diffID: Digest(of: bytes), in: fixture)
                do {
                    _ = try await fixture.layers.prepare(image)
                } catch is LayerError {
                    #expect(try fixture.leftovers.isEmpty, "seed \(seed)")
                }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path).sorted()
            #expect(names == ["images", "layers"], "seed \(seed)")
        }
    }

    private func repairChecksum(_ bytes: inout [UInt8], at block: Int) {
        let sum = (0..<512).reduce(UInt64(0)) { sum, index in
            sum + UInt64((148..<156).contains(index) ? 32 : bytes[block + index])
        }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: 6 - digits.utf8.count) + digits
        bytes.replaceSubrange(block + 148..<block + 156, with: Array(text.utf8) + [0, 32])
    }

    private func expectRefusal(
        _ expected: LayerError, limits: ImageLimits = Limits.images, _ build: (inout TarArchive) -> Void,
    ) async throws {
        var archive = TarArchive()
        build(&archive)
        let bytes = archive.bytes
        try await withLayers(limits: limits) { fixture in
            let image = try await OCITestImage(archives: [bytes]).write(into: fixture.content)
            await #expect(throws: expected) { try await fixture.layers.prepare(image.manifest) }
            #expect(try fixture.leftovers.isEmpty)
            #expect(isAbsent(URL(filePath: fixture.layers.path(of: Digest(of: bytes)))))
        }
    }
}
