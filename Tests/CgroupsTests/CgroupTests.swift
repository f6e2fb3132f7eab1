import Cgroups
import Foundation
import Glibc
import LinuxEvents
import RunaboutTestSupport
import Testing

struct CgroupHierarchyTests {
    @Test func theOldLayoutHasATreeForEachController() throws {
        let hierarchy = try #require(
            CgroupHierarchy(
                mountInfo: """
                    29 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                    30 25 0:27 / /sys/fs/cgroup/memory rw shared:1 - cgroup cgroup rw,memory
                    31 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                    """))
        #expect(hierarchy.layout == .legacy)
        #expect(hierarchy.directory(of: "/a", controller: "cpuacct") == "/sys/fs/cgroup/cpu,cpuacct/a")
        #expect(hierarchy.directory(of: "/a", controller: "freezer") == nil)
        #expect(hierarchy.directories(of: "/a").contains("/sys/fs/cgroup/unified/a"))
    }

    @Test func theNewLayoutHasOneTree() throws {
        let hierarchy = try #require(
            CgroupHierarchy(mountInfo: "31 25 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"))
        #expect(hierarchy.layout == .unified)
        #expect(hierarchy.directory(of: "/a", controller: "memory") == "/sys/fs/cgroup/a")
    }

    @Test func aMachineWithoutControlGroupsIsSaidToHaveNone() {
        #expect(CgroupHierarchy(mountInfo: "31 25 0:28 / /proc rw - proc proc rw") == nil)
    }

    @Test func aMountOfAPartOfATreeIsNotTheTree() {
        #expect(CgroupHierarchy(mountInfo: "31 25 0:28 /docker/x /mnt rw - cgroup2 cgroup2 rw") == nil)
    }
}

/// The unified layout's files, played by ordinary ones: this machine may have the old layout only.
struct UnifiedCgroupTests {
    @Test(.timeLimit(.minutes(1))) func freezingReturnsWhenTheKernelSaysFrozen() async throws {
        let events = try KernelEvents()
        try await withTemporaryDirectory { directory in
            let group = directory.appending(path: "g")
            try FileManager.default.createDirectory(at: group, withIntermediateDirectories: false)
            try "populated 1\nfrozen 0\n".write(
                toFile: group.path + "/cgroup.events", atomically: false, encoding: .utf8)
            try "0".write(toFile: group.path + "/cgroup.freeze", atomically: false, encoding: .utf8)
            let hierarchy = try #require(
                CgroupHierarchy(mountInfo: "1 1 0:1 / \(directory.path) rw - cgroup2 cgroup2 rw"))
            let cgroup = Cgroup("/g", in: hierarchy)
            #expect(cgroup.isFrozen == false)
            var asked = try events.changes(.written, in: group.path + "/cgroup.freeze").makeAsyncIterator()
            async let frozen: Void = cgroup.freeze(events, within: .seconds(30))
            _ = await asked.next(isolation: nil)
            #expect(try SmallFile.read(group.path + "/cgroup.freeze") == "1")
            let file = open(group.path + "/cgroup.events", O_WRONLY)
            write(file, "populated 1\nfrozen 1\n", 21)
            close(file)
            try await frozen
            #expect(cgroup.isFrozen == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatDoesNotFreezeInTimeIsThawedAndReported() async throws {
        let events = try KernelEvents()
        try await withTemporaryDirectory { directory in
            try "frozen 0\n".write(toFile: directory.path + "/cgroup.events", atomically: false, encoding: .utf8)
            try "0".write(toFile: directory.path + "/cgroup.freeze", atomically: false, encoding: .utf8)
            let hierarchy = try #require(
                CgroupHierarchy(mountInfo: "1 1 0:1 / \(directory.path) rw - cgroup2 cgroup2 rw"))
            let cgroup = Cgroup("", in: hierarchy)
            await #expect(throws: LinuxError.self) { try await cgroup.freeze(events, within: .milliseconds(1)) }
            #expect(try SmallFile.read(directory.path + "/cgroup.freeze") == "0")
        }
    }
}

@Suite(.enabled(if: Host.isRoot, "needs root: makes control groups"), .serialized)
struct RealCgroupTests {
    /// Makes a group with one process that counts as fast as it can, and removes both, however the body ends.
    private func withBusyCgroup(_ body: (Cgroup, KernelEvents) async throws -> Void) async throws {
        let events = try KernelEvents()
        let hierarchy = try CgroupHierarchy.detect()
        let cgroup = Cgroup("/runabout-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))", in: hierarchy)
        for directory in hierarchy.directories(of: cgroup.path) {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let busy = try ProcessHandle.spawn(
            "/bin/sh", arguments: ["-c", "while :; do :; done"], environment: [], descriptors: [null, null, null])
        do {
            for directory in hierarchy.directories(of: cgroup.path) {
                // An inherited cpuset of v1 starts without processors and takes no process; it is not needed here.
                try? SmallFile.set(directory + "/cgroup.procs", to: "\(busy.id)")
            }
            try await body(cgroup, events)
        } catch {
            await end(cgroup, busy, events)
            throw error
        }
        await end(cgroup, busy, events)
        #expect(!cgroup.exists)
    }

    private func end(_ cgroup: Cgroup, _ busy: ProcessHandle, _ events: KernelEvents) async {
        #expect(await cgroup.killAll(events, within: .seconds(30)))
        busy.signal(SIGKILL)
        await busy.ended(events)
        _ = busy.reap()
        #expect(throws: Never.self) { try cgroup.remove() }
    }

    @Test(.timeLimit(.minutes(1))) func aFrozenGroupUsesNoCPUAndAThawedOneGoesOn() async throws {
        try await withBusyCgroup { cgroup, events in
            #expect(cgroup.processes.count == 1)
            try await cgroup.freeze(events, within: .seconds(10))
            #expect(cgroup.isFrozen == true)
            let first = try #require(cgroup.usage())
            // Time in which the other process would have run.
            let clock = ContinuousClock()
            let begin = clock.now
            while clock.now - begin < .milliseconds(50) { await Task.yield() }
            let second = try #require(cgroup.usage())
            #expect(second.cpuNanoseconds == first.cpuNanoseconds)
            try await cgroup.thaw(events, within: .seconds(10))
            #expect(cgroup.isFrozen == false)
            // It runs on: its clock moves, however long that takes.
            while try #require(cgroup.usage()).cpuNanoseconds == second.cpuNanoseconds { await Task.yield() }
        }
    }

    @Test(.timeLimit(.minutes(1))) func killingAFrozenGroupLeavesNothing() async throws {
        try await withBusyCgroup { cgroup, events in
            try await cgroup.freeze(events, within: .seconds(10))
            #expect(await cgroup.killAll(events, within: .seconds(30)))
            #expect(cgroup.outOfMemoryKills == 0)
        }
    }

    @Test func aGroupThatDoesNotExistIsSaidToBeGone() async throws {
        let cgroup = Cgroup("/runabout-test-none", in: try CgroupHierarchy.detect())
        #expect(!cgroup.exists)
        #expect(cgroup.usage() == nil)
        #expect(cgroup.isFrozen == nil)
        #expect(throws: Never.self) { try cgroup.remove() }
    }
}
