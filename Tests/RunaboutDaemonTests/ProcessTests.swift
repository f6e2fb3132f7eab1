import Foundation
import RunaboutTestSupport
import Testing

@testable import runaboutd

struct ListenersTests {
    @Test func aPortInUseIsNamedWithItsSettingAndWhatToDo() throws {
        let listeners = try Listeners.bind([ListenAddress(host: "127.0.0.1", port: 0)])
        let taken = try #require(listeners.addresses.first)
        #expect(taken.port > 0)
        do {
            try Listeners.check(taken, setting: "api.listen")
            Issue.record("the port was free")
        } catch {
            #expect(error.description.contains("\(taken)"))
            #expect(error.description.contains("api.listen"))
            #expect(error.description.contains("another program listens there"))
        }
    }

    @Test(arguments: ["127.0.0.1:80", "[::1]:8080", "0.0.0.0:0"])
    func addressesAreWrittenAsTheyWereRead(text: String) {
        #expect(ListenAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:65536", "1.2.3:1",
    ])
    func whatIsNoAddressIsRefused(text: String) { #expect(ListenAddress(text) == nil) }
}

struct ChildProcessTests {
    @Test func aChildGetsItsSocketsFromThreeOnAndNothingElse() async throws {
        let listeners = try Listeners.bind([
            ListenAddress(host: "127.0.0.1", port: 0), ListenAddress(host: "127.0.0.1", port: 0),
        ])
        // A descriptor that is open across execve(2), as libraries have them.
        let stray = open("/dev/null", O_RDONLY)
        defer { close(stray) }
        try await withTemporaryDirectory { directory in
            let file = directory.appending(path: "out").path(percentEncoded: false)
            let process = try WatchedProcess.spawn(
                "/bin/sh",
                arguments: [
                    "-c",
                    "for f in 0 3 4 $STRAY; do readlink /proc/$$/fd/$f || echo none; done > \"$OUT\"; "
                        + "grep -E 'SigIgn|SigBlk' /proc/self/status >> \"$OUT\"; exit 7",
                ],
                environment: ["OUT": file, "STRAY": "\(stray)", "PATH": "/usr/bin:/bin"], sockets: listeners.descriptors
            )
            try await within(.seconds(20), "the child ends") { await process.ended() }
            #expect(process.reap() == 7)
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            #expect(lines[0] == "/dev/null")
            #expect(lines[1].hasPrefix("socket:") && lines[2].hasPrefix("socket:"))
            #expect(lines[1] != lines[2])
            #expect(lines[3] == "none")
            // 32 and 33 are glibc's own and never changed by programs.
            let ordinary: UInt64 = 0x7FFF_FFFF
            let masks = lines[4...].compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
            #expect(masks.map { $0 & ordinary } == [0, 0], "\(lines)")
        }
    }

    @Test func aSignalEndsTheChildAndIsSeen() async throws {
        let process = try WatchedProcess.spawn(
            "/bin/sleep", arguments: ["100"], environment: [:], sockets: [])
        process.send(SIGKILL)
        try await within(.seconds(20), "the child ends") { await process.ended() }
        #expect(process.reap() == 137)
        #expect(process.reap() == nil)
    }

    @Test func aSocketCanBeTakenOutOfARunningChild() async throws {
        let listeners = try Listeners.bind([ListenAddress(host: "127.0.0.1", port: 0)])
        let child = try WatchedProcess.spawn(
            "/bin/sleep", arguments: ["100"], environment: [:], sockets: listeners.descriptors)
        let again = try #require(WatchedProcess(id: child.id))
        let taken = try #require(again.take(descriptor: 3))
        #expect(ListenAddress(boundSocket: taken) == listeners.addresses.first)
        close(taken)
        #expect(again.take(descriptor: 99) == nil)
        child.send(SIGKILL)
        try await within(.seconds(20), "the child ends") { await again.ended() }
        #expect(child.reap() == 137)
    }

    @Test func aProgramThatDoesNotExistIsSaid() {
        #expect(throws: StartError.self) {
            try WatchedProcess.spawn("/nonexistent", arguments: [], environment: [:], sockets: [])
        }
    }
}
