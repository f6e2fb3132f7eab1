import CLinux
import Glibc

/// A process that is watched by descriptor, so that its number can't come to mean another.
final class WatchedProcess: Sendable {
    /// Its number.
    let id: pid_t
    private let descriptor: Int32

    /// Opens a process that exists; nil when there is none under the number.
    init?(id: pid_t) {
        let descriptor = clinux_pidfd_open(id)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.id = id
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Sends a signal; does nothing when the process has ended.
    func send(_ signal: Int32) { _ = clinux_pidfd_send_signal(descriptor, signal) }

    /// A duplicate of one of its descriptors; nil when there is none or it may not be taken.
    func take(descriptor number: Int32) -> Int32? {
        let taken = clinux_pidfd_getfd(descriptor, number)
        return taken >= 0 ? taken : nil
    }

    /// Returns when it has ended, or when cancelled.
    func ended() async {
        let watched = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard watched >= 0 else { return }
        // The descriptor of a process becomes readable when the process ends, and stays so.
        for await _ in readiness(of: watched, bufferingPolicy: .bufferingNewest(1), Self.once()) { return }
    }

    /// Gives a value one time, so that a descriptor that stays readable is not read forever.
    private static func once() -> @Sendable () -> Void? {
        let flag = Flag()
        return { flag.set() ? () : nil }
    }

    /// Reaps it, when it is a child of this process and has ended: its exit status, else nil.
    func reap() -> Int32? {
        var status: Int32 = 0
        return clinux_reap(id, &status) == 1 ? status : nil
    }

    /// Starts a program with sockets as its descriptors 3, 4 ...
    ///
    /// - Throws: ``StartError`` when it can't be started.
    static func spawn(
        _ path: String, arguments: [String], environment: [String: String], sockets: [Int32],
    ) throws(StartError) -> WatchedProcess {
        let words = CWords([path] + arguments)
        let variables = CWords(environment.map { "\($0.key)=\($0.value)" })
        var id: pid_t = 0
        let error = clinux_spawn(path, words.pointers, variables.pointers, sockets, Int32(sockets.count), &id)
        guard error == 0 else {
            throw StartError("\(path) can't be started: \(String(cString: strerror(error)))")
        }
        guard let process = WatchedProcess(id: id) else {
            throw StartError("\(path) ended at once, or its process can't be watched")
        }
        return process
    }
}

/// A list of C strings with its end marker, freed with the object.
private final class CWords {
    private(set) var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ words: [String]) { pointers = words.map { strdup($0) } + [nil] }

    deinit {
        for pointer in pointers { free(pointer) }
    }
}
