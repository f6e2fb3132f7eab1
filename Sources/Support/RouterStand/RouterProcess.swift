import CEpoll
import Glibc
import RunaboutLink
import RunaboutModel
import Synchronization

/// A router that runs as a child of ours.
final class RouterProcess: Sendable {
    /// Its process id; it stays ours until the end was seen.
    let id: pid_t
    private let status = Mutex<Int32?>(nil)
    private let reaper = Mutex<NamedThread?>(nil)
    /// Readable once it has ended.
    private let endEvent: Int32

    /// Starts a program with descriptors of ours as its descriptors 3 and up, and no others.
    ///
    /// What it writes goes to the file `output`, or with nil to our standard error. `ended` is called once with its exit
    /// status, or 128 plus the signal that ended it.
    init(
        program: String, arguments: [String], variables: [String: String], descriptors: [Int32], output: String?,
        ended: @escaping @Sendable (Int32) -> Void,
    ) throws {
        id = try Self.spawn(program, arguments, variables, descriptors, output)
        endEvent = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let started = try NamedThread(name: "router-end") { [self] in
            ended(reap())
            var one: UInt64 = 1
            _ = write(endEvent, &one, 8)
        }
        reaper.withLock { $0 = started }
    }

    deinit { close(endEvent) }

    /// Waits for its end; gives its exit status, 128 plus the signal that ended it.
    ///
    /// Blocks.
    func awaitEnd(within limit: Duration) throws(StandError) -> Int32 {
        let deadline = monotonicNow() + limit
        while true {
            let left = (deadline - monotonicNow()).wholeMilliseconds
            var events = pollfd(fd: endEvent, events: Int16(POLLIN), revents: 0)
            if poll(&events, 1, Int32(min(max(left, 0), 60_000))) > 0, let code = status.withLock({ $0 }) {
                return code
            }
            guard left > 0 else { throw StandError("Waiting for the router's end: it goes on after \(limit).") }
        }
    }

    /// Waits for its end, however long that takes.
    func join() { reaper.withLock { $0.take() }?.join() }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        status.withLock { if $0 == nil { kill(id, number) } }
    }

    /// Waits for its end.
    private func reap() -> Int32 {
        var description = siginfo_t()
        while waitid(P_PID, id_t(id), &description, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        // Its number is given away only under the lock, so that a signal never reaches another process.
        return status.withLock { ended in
            var status: Int32 = 0
            waitpid(id, &status, 0)
            let signal = status & 0x7F
            let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            ended = code
            return code
        }
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ variables: [String: String], _ descriptors: [Int32],
        _ output: String?,
    ) throws(StandError) -> pid_t {
        // Where they can't be overwritten while they are moved to their places.
        let moved = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
        defer { for descriptor in moved where descriptor >= 0 { close(descriptor) } }
        guard moved.allSatisfy({ $0 >= 0 }) else { throw StandError("Starting \(program)", code: errno) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        } else {
            // Our own output may be read by a program; what the router says is for people.
            posix_spawn_file_actions_adddup2(&actions, 2, 1)
        }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (index, descriptor) in moved.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(3 + index))
        }
        for descriptor in inheritable(above: Int32(2 + moved.count)) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // A group of its own, so that a terminal's Ctrl-C reaches us alone.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var id = pid_t()
        let code = withCStrings([program] + arguments) { words in
            withCStrings(environment(with: variables)) { variables in
                posix_spawn(&id, program, &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else { throw StandError("Starting \(program)", code: code) }
        return id
    }

    /// Descriptors of ours that a child would get without having been meant to.
    private static func inheritable(above last: Int32) -> [Int32] {
        // Without a list of them the child gets a few descriptors too many, and works.
        let names = (try? ProcessFigures.names(in: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { descriptor in
            let flags = fcntl(descriptor, F_GETFD)
            return descriptor > last && flags >= 0 && flags & FD_CLOEXEC == 0
        }
    }

    /// Our environment with some variables put over it, and without those that a service manager meant for us.
    private static func environment(with variables: [String: String]) -> [String] {
        var kept: [String] = []
        let meantForUs = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"]
        var pointer = environ
        while let word = pointer.pointee {
            let text = String(cString: word)
            let name = String(text.prefix { $0 != "=" })
            if variables[name] == nil, !meantForUs.contains(name) { kept.append(text) }
            pointer += 1
        }
        return kept + variables.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result,
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
