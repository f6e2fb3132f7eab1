import CLinux
import Foundation
import Glibc
import LinuxEvents
import RunaboutTestSupport
import Testing

struct KernelEventsTests {
    @Test(.timeLimit(.minutes(1))) func readableReturnsOnceThereIsSomethingToRead() async throws {
        let events = try KernelEvents()
        var ends: [Int32] = [-1, -1]
        #expect(clinux_make_pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        async let waited: Void = events.readable(readEnd)
        write(writeEnd, "x", 1)
        await waited
        await events.readable(readEnd)
        close(readEnd)
        close(writeEnd)
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledWaitReturns() async throws {
        let events = try KernelEvents()
        var ends: [Int32] = [-1, -1]
        #expect(clinux_make_pipe(&ends) == 0)
        let readEnd = ends[0]
        let isReadable = await finishes(within: .milliseconds(1)) { await events.readable(readEnd) }
        #expect(!isReadable)
        close(ends[0])
        close(ends[1])
    }

    @Test(.timeLimit(.minutes(1))) func aChangeInADirectoryWakesEveryWatcherOfIt() async throws {
        let events = try KernelEvents()
        try await withTemporaryDirectory { directory in
            var first = try events.changes(.appeared, in: directory.path).makeAsyncIterator()
            var second = try events.changes(.appeared, in: directory.path).makeAsyncIterator()
            try Data().write(to: directory.appending(path: "one"))
            #expect(await first.next(isolation: nil) != nil)
            #expect(await second.next(isolation: nil) != nil)
        }
    }

    @Test func aDirectoryThatDoesNotExistCantBeWatched() throws {
        let events = try KernelEvents()
        #expect(throws: LinuxError.self) { try events.changes(.appeared, in: "/nowhere/at/all") }
    }

    @Test(.timeLimit(.minutes(1))) func anEndedChildIsNoticedAndReapedWithItsStatus() async throws {
        let events = try KernelEvents()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let child = try ProcessHandle.spawn(
            "/bin/sh", arguments: ["-c", "exit 7"], environment: [], descriptors: [null, null, null])
        await child.ended(events)
        #expect(child.hasEnded)
        #expect(child.reap() == 7)
        #expect(child.reap() == nil)
        close(null)
    }

    @Test(.timeLimit(.minutes(1))) func aKilledChildsStatusIs128PlusTheSignal() async throws {
        let events = try KernelEvents()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let child = try ProcessHandle.spawn(
            "/bin/sleep", arguments: ["600"], environment: [], descriptors: [null, null, null])
        #expect(!child.hasEnded)
        child.signal(SIGKILL)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        try child.whenEnded(events) { continuation.finish() }
        for await _ in stream {}
        #expect(child.reap() == 137)
        close(null)
    }

    @Test(.timeLimit(.minutes(1))) func aSpawnedProgramHasExactlyTheDescriptorsItWasGiven() async throws {
        let events = try KernelEvents()
        try await withTemporaryDirectory { directory in
            let output = directory.appending(path: "out").path
            let file = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            let leaky = open("/dev/null", O_RDONLY)
            let child = try ProcessHandle.spawn(
                "/bin/sh", arguments: ["-c", "echo /proc/self/fd/*"], environment: [],
                descriptors: [leaky, file, file, leaky])
            await child.ended(events)
            _ = child.reap()
            let text = try String(contentsOfFile: output, encoding: .utf8)
            // The shell opens the directory itself to list it, as number 4.
            #expect(text.split(separator: " ").count == 5, "\(text)")
            close(file)
            close(leaky)
        }
    }

    @Test func aProcessThatDoesNotExistCantBeHeld() {
        #expect(ProcessHandle(id: -1) == nil)
        #expect(ProcessHandle(id: pid_t.max) == nil)
    }
}
