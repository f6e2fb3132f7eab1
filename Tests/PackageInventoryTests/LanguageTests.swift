import Foundation
import PackageInventory
import RunaboutTestSupport
import Testing

@Suite struct LanguageTests {
    @Test func pythonPackagesAreFoundInBothForms() async throws {
        let found = try await inventory(
            archive(
                (
                    "venv/lib/python3.11/site-packages/Flask-3.0.0.dist-info/METADATA",
                    "Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\n\nVersion: 9\n"
                ),
                ("usr/lib/python3/site-packages/six-1.16.0.egg-info/PKG-INFO", "Name: six\r\nVersion: 1.16.0\r\n"),
                ("usr/lib/python3/site-packages/old-1.egg-info", "Name: old\nVersion: 1\n"),
                ("notes/METADATA", "Name: none\nVersion: 1\n")))
        #expect(found.lines == ["Flask 3.0.0", "old 1", "six 1.16.0"])
        #expect(found.unread.isEmpty)
    }

    @Test func npmPackagesAreThoseThatAreInstalled() async throws {
        let found = try await inventory(
            archive(
                ("app/package.json", #"{"name": "app", "version": "1.0.0"}"#),
                ("app/node_modules/a/package.json", #"{"name": "a", "version": "1.0.0", "dependencies": {"b": "*"}}"#),
                ("app/node_modules/@scope/b/package.json", #"{"name": "@scope/b", "version": "2.0.0"}"#),
                ("app/node_modules/a/node_modules/c/package.json", #"{"name": "c", "version": "3.0.0"}"#),
                ("app/node_modules/a/test/fixture/package.json", #"{"name": "fixture", "version": "1.0.0"}"#),
                ("app/node_modules/a/esm/package.json", #"{"type": "module"}"#),
                ("app/node_modules/private/package.json", #"{"type": "module"}"#)))
        #expect(found.lines == ["@scope/b 2.0.0", "a 1.0.0", "c 3.0.0"])
        #expect(found.unread.isEmpty)
    }

    @Test func goProgramsNameTheirModules() async throws {
        let modules = """
            path\texample.org/tool
            mod\texample.org/tool\tv1.4.0\th1:x=
            dep\tgolang.org/x/net\tv0.17.0\th1:y=
            dep\texample.org/old\tv1.0.0
            =>\texample.org/new\tv1.0.1\th1:z=
            dep\texample.org/local\tv1.0.0
            =>\t../local\t
            build\tGOOS=linux

            """
        let found = try await inventory(archive("usr/bin/tool", goProgram("go1.21.3", modules)))
        #expect(
            found.lines == [
                "example.org/new v1.0.1", "example.org/tool v1.4.0", "golang.org/x/net v0.17.0", "stdlib 1.21.3",
            ])
        let candidate = goProgram("go1.22rc1 X:rangefunc", "mod\tmain\t(devel)\t\n")
        #expect(try await inventory(archive("tool", candidate)).lines == ["stdlib 1.22.0-rc1"])
    }

    @Test(arguments: [0, 1, 65_000, 65_535, 65_536, 200_000])
    func theBuildInformationMayBeAnywhere(bytesInFront: Int) async throws {
        let program = goProgram("go1.21.3", "dep\ta.b/c\tv1.0.0\n", bytesInFront: bytesInFront / 16 * 16)
        #expect(try await inventory(archive("bin/tool", program)).packages.count == 2)
    }

    @Test func onlyProgramsThatGoBuiltAreReadAndOldOnesAreReported() async throws {
        let program = goProgram("go1.21.3", "dep\ta.b/c\tv1.0.0\n")
        let moved = [UInt8](program[..<64]) + [UInt8](repeating: 0, count: 1) + [UInt8](program[64...])
        #expect(try await inventory(archive("script", Array("#!/bin/sh\n".utf8) + program)).packages.isEmpty)
        #expect(try await inventory(archive("moved", moved)).packages.isEmpty)
        var old = program
        old[goMarkOffset + 15] = 0
        let found = try await inventory(archive("old", old))
        #expect(found.packages.isEmpty)
        #expect(found.unread.map(\.path) == ["old"])
        // The mark stands in programs that look for it, too.
        var twice = Array(program[..<80])
        twice += [UInt8](repeating: 0xFF, count: 48)
        twice += program[64...]
        #expect(try await inventory(archive("debugger", twice)).packages.count == 2)
        #expect(try await inventory(archive("cut", Array(program.dropLast(40)))).packages.isEmpty)
    }

    @Test func javaArchivesNameTheirArtifactsAlsoInside() async throws {
        var inner = ZipWriter()
        inner.add(
            "META-INF/maven/org.slf4j/slf4j-api/pom.properties",
            "#Generated\nversion=1.7.36\ngroupId=org.slf4j\nartifactId=slf4j-api\n")
        var shaded = ZipWriter()
        shaded.add("META-INF/maven/a/one/pom.properties", "groupId=a\nartifactId=one\nversion=1\n")
        shaded.add("META-INF/maven/a/two/pom.properties", "groupId: a\nartifactId: two\nversion: 2\n")
        shaded.add("META-INF/maven/a/bad/pom.properties", "groupId=a\nartifactId=bad\nversion=${project.version}\n")
        var plain = ZipWriter()
        plain.add(
            "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Vendor-Id: org.example\r\n\r\nName: x\r\n")
        var bare = ZipWriter()
        bare.add("a.class", "")
        var outer = ZipWriter()
        outer.add(.init(name: "WEB-INF/lib/slf4j.jar", content: inner.finished()))
        outer.add(.init(name: "WEB-INF/lib/shaded.JAR", content: shaded.finished()))
        outer.add(.init(name: "WEB-INF/lib/plain-lib-2.5-beta.jar", content: plain.finished()))
        outer.add(.init(name: "WEB-INF/lib/bare-1.0.jar", content: bare.finished()))
        outer.add(.init(name: "WEB-INF/lib/nameless.jar", content: bare.finished()))
        let found = try await inventory(archive("srv/app.war", outer.finished()))
        #expect(
            found.lines == [
                "a:one 1", "a:two 2", "bare 1.0", "org.example:plain-lib 2.5-beta", "org.slf4j:slf4j-api 1.7.36",
            ])
        #expect(found.packages.last?.path == "srv/app.war!WEB-INF/lib/slf4j.jar")
        #expect(found.unread.isEmpty)
    }

    private let goMarkOffset = 64
}

/// A program as Go's linker writes it, as far as it is looked at.
func goProgram(_ version: String, _ modules: String, bytesInFront: Int = 0) -> [UInt8] {
    func text(_ bytes: [UInt8]) -> [UInt8] {
        var (rest, length) = (bytes.count, [UInt8]())
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return length + bytes
    }
    let frame = [UInt8](repeating: 0x30, count: 16)
    var program: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
    program += [UInt8](repeating: 1, count: 60 + bytesInFront)
    program += [0xFF]
    program += " Go buildinf:".utf8
    program += [8, 2]
    program += [UInt8](repeating: 0, count: 16)
    program += text(Array(version.utf8))
    program += text(frame + Array(modules.utf8) + frame)
    return program + [0, 0, 0]
}
