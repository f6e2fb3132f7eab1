import CEpoll
import Glibc
import RunaboutModel

/// What the program asks of the machine, in the order in which it needs it.
enum Process {
    /// A step of the start failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A line for an operator.
    static func log(_ line: String) {
        let text = "runabout-router: \(line)\n"
        _ = text.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Keeps SIGTERM, SIGINT and SIGHUP for ``wait(for:onHangUp:)``.
    ///
    /// Before any thread starts, since threads inherit it.
    static func blockStopSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return signals
    }

    /// Waits for a signal to stop; SIGHUP is none, and has something else done.
    static func wait(for signals: sigset_t, onHangUp: () -> Void) {
        var signals = signals
        var number: Int32 = 0
        while true {
            guard sigwait(&signals, &number) == 0 else { continue }
            if number != SIGHUP { return }
            onHangUp()
        }
    }

    /// The listening sockets that systemd or the parent passed.
    ///
    /// Source: sd_listen_fds(3); LISTEN_PID is checked only where it is set, since a parent that spawns us does not
    /// know our process id in time.
    /// Their names say what is spoken on each: `https`, or `http`, which is also what one without a name speaks.
    static func passedDescriptors() throws -> [(descriptor: Int32, isHTTPS: Bool)] {
        guard let text = environment("LISTEN_FDS") else { return [] }
        if let owner = environment("LISTEN_PID"), owner != String(getpid()) { return [] }
        let names = (environment("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        unsetenv("LISTEN_FDS")
        unsetenv("LISTEN_FDNAMES")
        unsetenv("LISTEN_PID")
        guard let count = Int32(text), (1...64).contains(count) else {
            throw Failure(description: "LISTEN_FDS is '\(text)'; it must be the number of passed sockets, 1...64.")
        }
        for descriptor in 3..<3 + count { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (0..<count).map { index in
            (3 + index, Int(index) < names.count && names[Int(index)] == "https")
        }
    }

    /// Takes as many descriptors as the machine lets it.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(resource, &limit) != 0 { log("the limit on open files stays low: \(reason())") }
    }

    /// Becomes an ordinary user for good.
    ///
    /// The process stays readable for root, which takes listeners over by pidfd.
    static func become(_ name: String) throws {
        guard geteuid() == 0 else { throw Failure(description: "Becoming user '\(name)' needs root.") }
        guard let entry = getpwnam(name) else { throw Failure(description: "There is no user '\(name)'.") }
        let code = cepoll_drop_privileges(entry.pointee.pw_uid, entry.pointee.pw_gid)
        guard code == 0 else {
            throw Failure(description: "Becoming user '\(name)' failed: \(String(cString: strerror(code))).")
        }
    }

    /// Tells the service manager.
    ///
    /// Source: sd_notify(3).
    static func notify(_ state: String) {
        guard let path = environment("NOTIFY_SOCKET") else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if bytes.first == 64 { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let message = Array(state.utf8)
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        if sent < 0 { log("the service manager was not told \(state): \(reason())") }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
