import OCIContentStore
import PackageInventory
import RunaboutTestSupport
import Testing

/// Upper layers change, remove and hide what lower ones brought.
@Suite struct LayeringTests {
    private let node = "app/node_modules/left/package.json"
    private let left = #"{"name": "left", "version": "1.0.0"}"#

    @Test func anUpperLayersDatabaseReplacesTheLowerOneAndPackagesKeepTheirLayer() async throws {
        let lower = archive((status, stanza("bash", "5.2-1") + stanza("curl", "7.88-1")))
        let upper = archive((status, stanza("bash", "5.2-1") + stanza("curl", "7.88-2") + stanza("vim", "9.0-1")))
        let found = try await inventory(lower, upper)
        #expect(found.lines == ["bash 5.2-1", "curl 7.88-2", "vim 9.0-1"])
        let digests = [ContentHasher.digest(of: lower.bytes), ContentHasher.digest(of: upper.bytes)]
        #expect(found.packages.map(\.layer) == [digests[0], digests[1], digests[1]])
    }

    @Test(arguments: [
        "app/node_modules/left/.wh.package.json", "app/node_modules/.wh.left", ".wh.app", "app/.wh..wh..opq",
    ])
    func whiteoutsTakeAwayWhatLowerLayersHave(marker: String) async throws {
        let found = try await inventory(
            archive((node, left), ("opt/node_modules/right/package.json", left)), archive((marker, "")))
        #expect(found.packages.map(\.path) == ["opt/node_modules/right/package.json"])
    }

    @Test func whiteoutsSayNothingOfTheirOwnLayer() async throws {
        for marker in ["app/.wh.node_modules", "app/.wh..wh..opq"] {
            let before = archive((marker, ""), (node, left))
            let behind = archive((node, left), (marker, ""))
            #expect(try await inventory(archive((node, left)), before).packages.count == 1)
            #expect(try await inventory(behind).packages.count == 1)
        }
    }

    @Test func whatReplacesADirectoryHidesWhatWasBelow() async throws {
        var link = TarArchive()
        link.addSymbolicLink("app/node_modules", to: "/elsewhere")
        #expect(try await inventory(archive((node, left)), link).packages.isEmpty)
        #expect(try await inventory(archive((node, left)), archive(("app", "a file"))).packages.isEmpty)
        var directory = TarArchive()
        directory.addDirectory("app/node_modules/")
        #expect(try await inventory(archive((node, left)), directory).packages.count == 1)
        directory.addDirectory("\(node)/")
        #expect(try await inventory(archive((node, left)), directory).packages.isEmpty)
    }

    @Test func aLinkInTheDatabasesPlaceIsReportedNotFollowed() async throws {
        var symbolic = archive(("data/status", stanza("bash", "5.2-1")))
        symbolic.addSymbolicLink(status, to: "../../../data/status")
        let found = try await inventory(archive((status, stanza("old", "1"))), symbolic)
        #expect(found.packages.isEmpty)
        #expect(found.unread.map(\.path) == [status])
        var hard = archive(("data/status", stanza("bash", "5.2-1")))
        hard.addHardLink(status, to: "data/status")
        #expect(try await inventory(hard).unread.count == 1)
        var same = archive(("lib/apk/db/installed", "P:musl\nV:1-r0\n"))
        same.addHardLink("usr/lib/apk/db/installed", to: "lib/apk/db/installed")
        let twice = try await inventory(same)
        #expect(twice.packages.count == 2)
        #expect(twice.unread.isEmpty)
    }

    @Test func pathsAreThoseOfTheImageHoweverTheyAreWritten() async throws {
        #expect(try await inventory(archive(("./\(status)", stanza("bash", "1")))).packages.first?.path == status)
        #expect(try await inventory(archive(("/\(status)", stanza("bash", "1")))).packages.first?.path == status)
        #expect(try await inventory(archive(("backup/\(status)", stanza("bash", "1")))).packages.isEmpty)
    }

    @Test func theSameLayersGiveTheSameInventory() async throws {
        let layers = [archive((status, stanza("b", "1") + stanza("a", "1"))), archive((node, left))].map(\.bytes)
        #expect(try await inventory(of: layers) == inventory(of: layers))
    }
}
