import CLinux
import Cgroups
import Foundation
import Glibc
import LinuxEvents
import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutRuntime

/// What only containers have: limits that hold, and much of the host to leave behind.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Host.isRoot, "needs root: runs containers"))
struct OCIInstanceRuntimeTests {
    private func cgroup(_ bench: RuntimeBench, _ id: InstanceID) throws -> Cgroup {
        Cgroup("\(bench.settings.cgroupParent)/\(id)", in: try CgroupHierarchy.detect())
    }

    @Test func anInstanceThatTakesMoreThanItsMemoryIsKilledAndReportedSo() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["hog", "1024", "wait"], memoryMebibytes: 512)
            _ = try await runtime.start(specification)
            var exits = runtime.exits.makeAsyncIterator()
            let exited = try #require(await exits.next(isolation: nil))
            #expect(exited.exit == InstanceExit(status: 137, isOutOfMemory: true))
            // A daemon that starts later says the same.
            let later = try await bench.makeRuntime().observe()
            #expect(later.map(\.state) == [.exited(InstanceExit(status: 137, isOutOfMemory: true))])
        }
    }

    @Test func aForkBombStaysInsideItsLimit() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["bomb", "5000", "wait"])
            _ = try await runtime.start(specification)
            let said = try await firstLine(of: runtime, specification.id) { $0.hasPrefix("made ") }
            let made = try #require(said.flatMap { Int($0.dropFirst(5)) })
            #expect(made > 0)
            #expect(made < Limits.instanceProcessesMax)
            let usage = try #require(await runtime.usage(specification.id))
            #expect(usage.processes == Limits.instanceProcessesMax)
        }
    }

    @Test func processorTimeIsBoundedByTheQuota() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "spin"], cpuMillis: 200)
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, specification.id) { $0 == "ready" }
            let cgroup = try cgroup(bench, specification.id)
            let clock = ContinuousClock()
            let (begin, before) = (clock.now, try #require(cgroup.usage()).cpuNanoseconds)
            var used: Int64 = 0
            while used < 150_000_000 {
                used = try #require(cgroup.usage()).cpuNanoseconds - before
                await Task.yield()
            }
            // A fifth of a processor takes 5 times as long as it uses, less what one period of 100 ms allows at once.
            #expect((clock.now - begin).wholeNanoseconds >= used * 5 - 200_000_000)
        }
    }

    @Test func aFrozenInstanceUsesNoProcessorTime() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "spin"])
            let id = specification.id
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, id) { $0 == "ready" }
            let clock = ContinuousClock()
            let beforeFreeze = clock.now
            try await runtime.freeze(id)
            let frozenAt = clock.now
            let first = try #require(await runtime.usage(id)).cpuNanoseconds
            while clock.now - frozenAt < .milliseconds(100) { await Task.yield() }
            #expect(try #require(await runtime.usage(id)).cpuNanoseconds == first)
            let beforeThaw = clock.now
            try await runtime.thaw(id)
            let thawedAt = clock.now
            while try #require(await runtime.usage(id)).cpuNanoseconds == first { await Task.yield() }
            print("freeze \(frozenAt - beforeFreeze), thaw \(thawedAt - beforeThaw)")
        }
    }

    @Test func theInstanceIsToldWhoItIs() async throws {
        try await RuntimeBench.with(.oci, user: "web") { bench, runtime in
            let specification = try bench.specification(
                [
                    "who", "tell", "PORT", "tell", "RUNABOUT_SERVICE", "tell", "RUNABOUT_INSTANCE", "tell", "HOSTNAME",
                    "tell", "SECRET", "tell", "HOME", "read", "/etc/hostname", "read", "/etc/passwd", "exit", "0",
                ], environment: ["SECRET": "s3"])
            _ = try await runtime.start(specification)
            var exits = runtime.exits.makeAsyncIterator()
            _ = await exits.next(isolation: nil)
            var lines: [String] = []
            for try await line in runtime.logs(specification.id, tail: 100, follow: false) { lines.append(line.text) }
            let id = specification.id
            #expect(
                lines == [
                    "uid 1000 gid 1000 cwd /srv", "PORT=8080", "RUNABOUT_SERVICE=shop", "RUNABOUT_INSTANCE=\(id)",
                    "HOSTNAME=\(id.short)", "SECRET=s3", "HOME=/srv", "/etc/hostname: \(id.short)",
                    "/etc/passwd: root:x:0:0::/root:/bin/sh",
                ])
        }
    }

    @Test func secretsDoNotStayOnTheDisk() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["wait"], environment: ["SECRET": "s3"])
            _ = try await runtime.start(specification)
            let files = InstanceFiles(specification.id, state: bench.settings.stateDirectory)
            #expect(access(files.bundle, F_OK) == 0)
            #expect(access(files.bundle + "/config.json", F_OK) != 0)
            let mode = try FileManager.default.attributesOfItem(atPath: files.bundle)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test func anInstanceKilledFromOutsideIsNoticed() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "wait"])
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, specification.id) { $0 == "ready" }
            let process = try #require(cgroup(bench, specification.id).processes.first)
            kill(process, SIGKILL)
            var exits = runtime.exits.makeAsyncIterator()
            let exit = InstanceExit(status: 137, isOutOfMemory: false)
            #expect(await exits.next(isolation: nil) == InstanceExited(id: specification.id, exit: exit))
        }
    }

    @Test func anInstanceOutlivesItsMonitorAndItsEndIsStillNoticed() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "wait"])
            let id = specification.id
            _ = try await runtime.start(specification)
            _ = try await firstLine(of: runtime, id) { $0 == "ready" }
            let bundle = InstanceFiles(id, state: bench.settings.stateDirectory).bundle
            let number = try #require(Int32(SmallFile.read(bundle + "/conmon.pid")))
            let monitor = try #require(ProcessHandle(id: number))
            monitor.signal(SIGKILL)
            await monitor.ended(try KernelEvents())
            #expect(try await runtime.observe().map(\.state) == [.running])
            try await runtime.stop(id, grace: .zero)
            #expect(
                try await runtime.observe().map(\.state) == [.exited(InstanceExit(status: -1, isOutOfMemory: false))])
        }
    }

    @Test func pathsMayBeLongerThanASocketsName() async throws {
        let path = "/" + Array(repeating: "a-rather-long-directory", count: 8).joined(separator: "/")
        try await RuntimeBench.with(.oci, path: path) { bench, runtime in
            let specification = try bench.specification(["say", "ready", "wait"])
            _ = try await runtime.start(specification)
            #expect(try await firstLine(of: runtime, specification.id) { $0 == "ready" } == "ready")
        }
    }

    @Test func whatAKilledDaemonLeftIsFoundAndRemoved() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let lost = InstanceID(high: 9, low: 9)
            let root = "\(bench.settings.rootsDirectory)/\(lost)"
            let files = InstanceFiles(lost, state: bench.settings.stateDirectory)
            try FileManager.default.createDirectory(atPath: files.bundle, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            #expect(mount("tmpfs", root, "tmpfs", 0, "size=64k") == 0)
            for directory in try CgroupHierarchy.detect().directories(of: cgroup(bench, lost).path) {
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            }
            let kept = try bench.specification(["wait"])
            _ = try await runtime.start(kept)
            let removed = await runtime.collectLeftovers(known: [])
            #expect(removed.count == 3, "\(removed)")
            #expect(try await runtime.observe().map(\.state) == [.running])
            #expect(await runtime.collectLeftovers(known: []).isEmpty)
        }
    }

    @Test func anInstanceThatARebootEndedIsReportedEnded() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            let specification = try bench.specification(["wait"])
            _ = try await runtime.start(specification)
            let files = InstanceFiles(specification.id, state: bench.settings.stateDirectory)
            let group = try cgroup(bench, specification.id)
            for name in ["conmon.pid", "pid"] {
                let number = try #require(Int32(SmallFile.read("\(files.bundle)/\(name)")))
                kill(number, SIGKILL)
            }
            #expect(await group.killAll(try KernelEvents(), within: .seconds(30)))
            let observed = try await bench.makeRuntime().observe()
            #expect(observed.map(\.id) == [specification.id])
            guard case .exited = try #require(observed.first).state else {
                Issue.record("it is said to run")
                return
            }
        }
    }

    @Test func aStateDirectoryOnOverlayfsIsRefusedWithTheReason() async throws {
        try await withTemporaryDirectory { directory in
            for name in ["lower", "upper", "work", "merged"] {
                try FileManager.default.createDirectory(
                    at: directory.appending(path: name), withIntermediateDirectories: false)
            }
            let path = directory.path
            let options = "lowerdir=\(path)/lower,upperdir=\(path)/upper,workdir=\(path)/work"
            try #require(mount("overlay", path + "/merged", "overlay", 0, options) == 0)
            defer { umount2(path + "/merged", Int32(MNT_DETACH)) }
            #expect(RootFileSystem.obstacle(path) == nil)
            #expect(RootFileSystem.obstacle(path + "/merged")?.contains("overlayfs") == true)
        }
    }

    @Test func twentyStartsShowWhatAStartCosts() async throws {
        try await RuntimeBench.with(.oci) { bench, runtime in
            var totals: [Int64] = []
            for _ in 0..<20 {
                let specification = try bench.specification(["wait"])
                let timings = try await runtime.start(specification).timings
                totals.append(timings.totalMilliseconds)
                try await runtime.stop(specification.id, grace: .zero)
                try await runtime.release(specification.id)
                await runtime.forget(specification.id)
            }
            totals.sort()
            print("start of an instance: median \(totals[10]) ms, least \(totals[0]) ms, most \(totals[19]) ms")
            #expect(try await runtime.observe().isEmpty)
        }
    }
}
