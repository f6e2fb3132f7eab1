import Foundation
import OCI
import OCIRuntime
import RunaboutTestSupport
import Testing

struct UserLookupTests {
    private let users = UserLookup(
        passwd: "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:Web:/srv/web:/bin/sh\nbad:x:70000:0::/:\n",
        group: "root:x:0:\nstaff:x:50:web,other\nweb:x:1001:web\nextra:x:60:web\n")

    @Test func aNamedUserHasItsGroupsAndHome() throws {
        let found = try users.find("web")
        #expect(found.user == ContainerProcess.User(uid: 1000, gid: 1001, additionalGids: [50, 60]))
        #expect(found.home == "/srv/web")
    }

    @Test(
        arguments: [
            (nil, 0, 0), ("", 0, 0), ("1000", 1000, 1001), ("5", 5, 0), ("5:7", 5, 7), ("web:staff", 1000, 50),
            (":50", 0, 50),
        ] as [(String?, Int, Int)])
    func formsOfUsers(text: String?, uid: Int, gid: Int) throws {
        let found = try users.find(text)
        #expect(found.user.uid == uid)
        #expect(found.user.gid == gid)
    }

    @Test(arguments: ["nobody", "web:nobody", "70000", "bad", "-1", "web:70000"])
    func anUnknownUserIsRefused(text: String) {
        #expect(throws: UserLookup.Unknown.self) { try users.find(text) }
    }
}

struct ImageCommandTests {
    private func image(
        user: String? = nil, environment: [String]? = nil, entrypoint: [String]? = nil, command: [String]? = nil,
        workingDirectory: String? = nil,
    ) -> ImageConfiguration {
        ImageConfiguration(
            architecture: "amd64", os: "linux",
            config: .init(
                user: user, environment: environment, entrypoint: entrypoint, command: command,
                workingDirectory: workingDirectory),
            rootfs: .init(diffIDs: []))
    }

    private func command(
        _ image: ImageConfiguration, startCommand: [String]? = nil, environment: [String: String] = [:],
    ) throws -> ImageCommand {
        try ImageCommand(
            image: image, startCommand: startCommand, environment: environment, platform: ["PORT": "8080"],
            users: UserLookup(passwd: "", group: ""))
    }

    @Test func entrypointAndCommandAreJoined() throws {
        #expect(try command(image(entrypoint: ["/run"], command: ["a", "b"])).arguments == ["/run", "a", "b"])
    }

    @Test func aStartCommandReplacesBoth() throws {
        #expect(try command(image(entrypoint: ["/run"], command: ["a"]), startCommand: ["x"]).arguments == ["x"])
    }

    @Test func anImageWithoutACommandIsRefused() {
        #expect(throws: ImageCommand.Invalid.self) { try command(image()) }
        #expect(throws: ImageCommand.Invalid.self) { try command(image(command: ["/a"]), startCommand: []) }
    }

    @Test func thePlatformsVariablesWinOverTheOwnersAndThoseOverTheImages() throws {
        let found = try command(
            image(environment: ["A=image", "B=image", "PORT=1", "odd", "=x"], command: ["/a"]),
            environment: ["B": "owner", "PORT": "2"])
        #expect(found.environment.contains("A=image"))
        #expect(found.environment.contains("B=owner"))
        #expect(found.environment.contains("PORT=8080"))
        #expect(found.environment.contains { $0.hasPrefix("PATH=/") })
        #expect(found.environment.count == 5)
    }

    @Test func aNULIsRefused() {
        #expect(throws: ImageCommand.Invalid.self) { try command(image(command: ["/a", "b\0c"])) }
    }

    @Test(arguments: [(nil, "/"), ("", "/"), ("/srv", "/srv"), ("srv", "/srv")] as [(String?, String)])
    func theWorkingDirectoryIsAbsolute(given: String?, expected: String) throws {
        #expect(try command(image(command: ["/a"], workingDirectory: given)).workingDirectory == expected)
    }
}

struct RootedDirectoryTests {
    @Test func noLinkOfAnImageLeadsOutOfIt() async throws {
        try await withTemporaryDirectory { directory in
            let root = directory.appending(path: "root")
            try FileManager.default.createDirectory(at: root.appending(path: "etc"), withIntermediateDirectories: true)
            try "outside".write(to: directory.appending(path: "secret"), atomically: false, encoding: .utf8)
            try "inside".write(to: root.appending(path: "secret"), atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: root.path + "/etc/passwd", withDestinationPath: "../../secret")
            try FileManager.default.createSymbolicLink(
                atPath: root.path + "/etc/group", withDestinationPath: directory.path + "/secret")
            let rooted = try RootedDirectory(root.path)
            let (inside, outside) = (rooted.text("etc/passwd"), rooted.text("etc/group"))
            #expect(inside == "inside")
            #expect(outside == nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aPipeInPlaceOfAFileIsNoFileAndMakesNobodyWait() async throws {
        try await withTemporaryDirectory { directory in
            mkfifo(directory.path + "/passwd", 0o600)
            let rooted = try RootedDirectory(directory.path)
            let (text, location) = (rooted.text("passwd"), rooted.location(of: "passwd"))
            #expect(text == nil)
            #expect(location == nil)
        }
    }

    @Test func aFileIsReplacedEvenWhereALinkHasItsName() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createDirectory(
                at: directory.appending(path: "root/etc"), withIntermediateDirectories: true)
            try "kept".write(to: directory.appending(path: "outside"), atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/root/etc/hosts", withDestinationPath: directory.path + "/outside")
            let rooted = try RootedDirectory(directory.path + "/root")
            try rooted.replaceFile("hosts", in: "etc", with: "new", owner: Int(getuid()))
            let text = rooted.text("etc/hosts")
            #expect(text == "new")
            #expect(try String(contentsOf: directory.appending(path: "outside"), encoding: .utf8) == "kept")
        }
    }
}

struct ContainerBlueprintTests {
    private var specification: ContainerSpecification {
        get throws {
            let command = try ImageCommand(
                image: ImageConfiguration(
                    architecture: "amd64", os: "linux", config: .init(command: ["/a"]), rootfs: .init(diffIDs: [])),
                startCommand: nil, environment: [:], platform: [:], users: UserLookup(passwd: "", group: ""))
            return ContainerBlueprint(
                rootPath: "/r", command: command, hostname: "h", networkNamespace: "/n", cgroupsPath: "/c",
                memoryBytes: 1_024, cpuMillis: 1_500, processesMax: 9, identity: .init(first: 100_000, count: 65_536)
            ).specification
        }
    }

    @Test func processorTimeIsAPartOfEachPeriod() throws {
        let cpu = try specification.linux.resources.cpu
        #expect(cpu.quota == 150_000)
        #expect(cpu.period == 100_000)
        #expect(cpu.shares == 1_536)
    }

    @Test func memoryIsNotSwapped() throws {
        #expect(try specification.linux.resources.memory.swap == 1_024)
    }

    @Test func everyNamespaceIsItsOwn() throws {
        let types = try specification.linux.namespaces.map(\.type).sorted()
        #expect(types == ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"])
    }

    @Test func noLimitAsksForMoreThanTheHostGives() throws {
        var own = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &own) == 0)
        let files = try #require(try specification.process.rlimits.first { $0.type == "RLIMIT_NOFILE" })
        #expect(files.hard <= UInt64(own.rlim_max))
        #expect(files.soft <= files.hard)
    }

    @Test func whatMakesNamespacesMountsOrKeysIsNotAllowed() throws {
        let profile = try #require(try specification.linux.seccomp)
        let allowed = Set(profile.syscalls.filter { $0.action == "SCMP_ACT_ALLOW" }.flatMap(\.names))
        let refused = [
            "mount", "umount2", "unshare", "setns", "keyctl", "add_key", "request_key", "bpf", "io_uring_setup",
            "ptrace",
            "process_vm_readv", "perf_event_open", "userfaultfd", "name_to_handle_at", "open_by_handle_at",
            "init_module",
            "finit_module", "kexec_load", "reboot", "swapon", "settimeofday", "clock_settime", "acct", "quotactl",
            "pivot_root", "chroot", "fsopen", "fsmount", "open_tree", "move_mount", "mount_setattr", "pidfd_getfd",
            "kcmp",
        ]
        #expect(allowed.isDisjoint(with: refused))
        #expect(allowed.isSuperset(of: ["read", "write", "execve", "socket", "clone", "epoll_wait", "futex"]))
    }

    @Test func theSpecificationReadsBackAsItWasWritten() throws {
        let specification = try specification
        let bytes = try JSONEncoder().encode(specification)
        #expect(try JSONDecoder().decode(ContainerSpecification.self, from: bytes) == specification)
    }
}
