import CLinux
import Glibc

/// The program being held: started in a session of its own, its output copied into the log until it ends.
struct Supervised {
    private let log: InstanceLogFile
    private let workingDirectory: String
    private let program: String
    private let arguments: [String]
    private var child: pid_t = 0
    private var childStatus: Int32?

    init(log: InstanceLogFile, workingDirectory: String, program: String, arguments: [String]) {
        self.log = log
        self.workingDirectory = workingDirectory
        self.program = program
        self.arguments = arguments
    }

    /// Runs the program to its end and gives its exit status; 128 plus the number for an end by signal, 127 when it
    /// can't be started.
    mutating func run(started: (pid_t) -> Void) -> Int32 {
        // Grandchildren that lose their parent become ours instead of init's: so they can be ended with the rest.
        _ = clinux_become_subreaper()
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] {
            sigaddset(&signals, number)
        }
        sigprocmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        let signalDescriptor = signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        let (output, outputEnd) = Self.makePipe()
        let (errors, errorsEnd) = Self.makePipe()
        let error = start(output: outputEnd, errors: errorsEnd)
        close(outputEnd)
        close(errorsEnd)
        guard error == 0 else {
            say("can't start \(program): \(String(cString: strerror(error)))")
            return 127
        }
        started(child)
        var open = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
        open.append(pollfd(fd: errors, events: Int16(POLLIN), revents: 0))
        open.append(pollfd(fd: signalDescriptor, events: Int16(POLLIN), revents: 0))
        while childStatus == nil {
            guard poll(&open, nfds_t(open.count), -1) > 0 else { continue }
            for index in 0..<2 where open[index].revents != 0 {
                if !copyOnce(open[index].fd, stream: index == 0 ? "stdout" : "stderr") { open[index].fd = -1 }
            }
            if open[2].revents != 0 { takeSignals(signalDescriptor) }
        }
        endRemaining()
        while open[0].fd >= 0, copyOnce(output, stream: "stdout") {}
        while open[1].fd >= 0, copyOnce(errors, stream: "stderr") {}
        return childStatus ?? -1
    }

    private mutating func start(output: Int32, errors: Int32) -> Int32 {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return errno }
        defer { close(null) }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer {
            for word in words {
                free(word)
            }
        }
        return clinux_spawn_exactly(
            program, words, clinux_environment(), workingDirectory, [null, output, errors], 3, &child)
    }

    /// Copies what one stream has now; false when it has no more for now or for good.
    private func copyOnce(_ descriptor: Int32, stream: String) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { log.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), stream: stream) }
            return count > 0 || (count < 0 && errno == EINTR)
        }
    }

    private mutating func takeSignals(_ descriptor: Int32) {
        var record = signalfd_siginfo()
        while read(descriptor, &record, MemoryLayout<signalfd_siginfo>.size) > 0 {
            if Int32(record.ssi_signo) == SIGCHLD {
                reap()
            } else {
                kill(-child, Int32(record.ssi_signo))
            }
        }
    }

    private mutating func reap() {
        var status: Int32 = 0
        while true {
            let ended = waitpid(-1, &status, WNOHANG)
            guard ended > 0 else { return }
            guard ended == child else { continue }
            let signal = status & 0x7f
            childStatus = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        }
    }

    /// Ends what the program left running: its group, then whatever was handed to us, until nothing is left.
    private func endRemaining() {
        kill(-child, SIGKILL)
        while true {
            for orphan in Self.children() {
                kill(orphan, SIGKILL)
            }
            var status: Int32 = 0
            if waitpid(-1, &status, 0) < 0, errno == ECHILD { return }
        }
    }

    private static func children() -> [pid_t] {
        let file = open("/proc/self/task/\(getpid())/children", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count > 0 else { return [] }
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            return text.split(separator: " ").compactMap { pid_t($0) }
        }
    }

    private func say(_ text: String) {
        var line = "runabout: \(text)\n"
        line.withUTF8 { log.write(UnsafeRawBufferPointer($0), stream: "stderr") }
    }

    private static func makePipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard clinux_make_pipe(&ends) == 0 else {
            complain("no pipe: error \(errno)")
            exit(1)
        }
        // Only our end never blocks: the program must see the ordinary pipe it expects.
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }
}
