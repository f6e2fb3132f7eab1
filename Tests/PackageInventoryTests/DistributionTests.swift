import OCIContentStore
import PackageInventory
import RunaboutTestSupport
import Testing

@Suite struct DistributionTests {
    @Test func debianPackagesHaveTheirSources() async throws {
        let text =
            stanza("libssl3", "3.0.11-1", "Source: openssl\n") + stanza("bash", "5.2-1")
            + stanza("libc6", "2.36-9+b1", "Source: glibc (2.36-9)\nDescription: C\n Version: 9\n .\n Package: fake\n")
            + "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
            + "Package: half\nStatus: install ok half-configured\nVersion: 2\n"
        let found = try await inventory(archive((status, text)))
        #expect(found.lines == ["bash 5.2-1", "half 2", "libc6 2.36-9+b1", "libssl3 3.0.11-1"])
        #expect(found.packages.map(\.source?.name) == ["bash", "half", "glibc", "openssl"])
        #expect(found.packages.map(\.source?.version) == ["5.2-1", "2", "2.36-9", "3.0.11-1"])
        #expect(found.packages.first?.architecture == "amd64")
        #expect(found.packages.first?.path == status)
        #expect(found.unread.isEmpty)
    }

    @Test func imagesWithoutDpkgHaveOneFileForEachPackage() async throws {
        let found = try await inventory(
            archive(
                ("var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"),
                ("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2024a-0+deb12u1\n"),
                ("var/lib/dpkg/status.d/tzdata.md5sums", "abc  usr/share/zoneinfo/UTC\n")))
        #expect(found.lines == ["base-files 12.4", "tzdata 2024a-0+deb12u1"])
    }

    @Test(arguments: ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
    func alpinePackagesHaveTheirOrigins(path: String) async throws {
        let text = """
            C:Q1abc=
            P:libcrypto3
            V:3.1.4-r5
            A:x86_64
            o:openssl
            F:usr/lib
            R:libcrypto.so.3

            P:musl
            V:1.2.4-r2

            """
        let found = try await inventory(archive((path, text)))
        #expect(found.lines == ["libcrypto3 3.1.4-r5", "musl 1.2.4-r2"])
        #expect(found.packages.map(\.source?.name) == ["openssl", "musl"])
        #expect(found.packages.map(\.architecture) == ["x86_64", nil])
    }

    @Test(arguments: [
        ("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n", "debian", "12"),
        ("NAME=x\nID='alpine'\nVERSION_ID=3.20.3\r\n", "alpine", "3.20.3"), ("ID=arch", "arch", nil),
    ])
    func theDistributionIsNamed(text: String, id: String, version: String?) async throws {
        let found = try await inventory(archive(("usr/lib/os-release", text)))
        #expect(found.distribution?.id == id)
        #expect(found.distribution?.versionID == version)
    }

    @Test func theLinkInEtcMeansTheFileInUsrAndAFileThereReplacesIt() async throws {
        var linked = archive(("usr/lib/os-release", "ID=debian"))
        linked.addSymbolicLink("etc/os-release", to: "../usr/lib/os-release")
        #expect(try await inventory(linked).distribution?.id == "debian")
        #expect(try await inventory(linked, archive(("etc/os-release", "ID=own"))).distribution?.id == "own")
        #expect(try await inventory(archive(("etc/os-release", "nothing"))).distribution == nil)
    }

    @Test func whatADistributionPackagedIsItsOwn() async throws {
        let metadata = "Name: requests\nVersion: 2.28.1\n"
        let found = try await inventory(
            archive(
                ("usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO", metadata),
                (
                    "usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA",
                    "Name: requests\nVersion: 2.31.0\n"
                ),
                (
                    "var/lib/dpkg/info/python3-requests.list",
                    "/.\n/lib\n/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO\n"
                ),
                (status, stanza("python3-requests", "2.28.1+dfsg-1"))))
        #expect(found.lines == ["python3-requests 2.28.1+dfsg-1", "requests 2.31.0"])
    }

    @Test func anApkPackagesFilesAreItsOwn() async throws {
        let found = try await inventory(
            archive(
                ("usr/lib/python3.12/site-packages/idna-3.7.dist-info/METADATA", "Name: idna\nVersion: 3.7\n"),
                (
                    "lib/apk/db/installed",
                    "P:py3-idna\nV:3.7-r0\nF:usr/lib/python3.12/site-packages/idna-3.7.dist-info\nR:METADATA\n\n"
                )))
        #expect(found.lines == ["py3-idna 3.7-r0"])
    }
}
