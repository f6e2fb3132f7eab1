import CLinux
import Glibc

/// A process held by descriptor: its number can't come to mean another process while this exists.
public final class ProcessHandle: Sendable {
    /// Its number.
    public let id: Int32
    private let descriptor: Int32

    /// Takes hold of a process; gives nil when there is none with that number.
    public init?(id: Int32) {
        guard id > 0 else { return nil }
        let descriptor = clinux_pidfd_open(id)
        guard descriptor >= 0 else { return nil }
        self.id = id
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Whether it has ended, be it reaped or not.
    public var hasEnded: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) != 0
    }

    /// Sends it a signal; gives false when it has ended.
    @discardableResult
    public func signal(_ number: Int32) -> Bool {
        clinux_pidfd_send_signal(descriptor, number) == 0
    }

    /// Returns when it has ended or the task is cancelled.
    public func ended(_ events: KernelEvents) async {
        await events.readable(descriptor)
    }

    /// Calls back once when it has ended, at once when it has already.
    public func whenEnded(_ events: KernelEvents, _ handle: @escaping @Sendable () -> Void) throws(LinuxError) {
        let box = EndWatch()
        // The handler keeps the process held until it ends, whatever becomes of the caller's reference.
        let registration = try events.register(descriptor, isOnce: true) { [self] in
            withExtendedLifetime(self) { handle() }
            box.finish(events)
        }
        box.start(registration, events)
    }

    /// Takes the exit status of a child of this process, 128 plus its number for an end by signal; nil when it has
    /// not ended, is no child, or was reaped before.
    public func reap() -> Int? {
        let status = clinux_pidfd_reap(descriptor)
        return status < 0 ? nil : Int(status)
    }
}

extension ProcessHandle {
    /// Starts a program in a session of its own.
    ///
    /// - Parameters:
    ///   - path: The program's absolute path.
    ///   - arguments: Its arguments, its own name not included.
    ///   - environment: Its whole environment.
    ///   - directory: Where it starts; nil is here.
    ///   - descriptors: What it has open as 0, 1, 2 and so on; nothing else is open in it.
    /// - Returns: The started process, a child of this one.
    /// - Throws: when the program can't be started.
    public static func spawn(
        _ path: String,
        arguments: [String],
        environment: [String],
        directory: String? = nil,
        descriptors: [Int32],
    ) throws(LinuxError) -> ProcessHandle {
        var child: pid_t = 0
        let error = withCStrings([path] + arguments) { argumentPointers in
            withCStrings(environment) { environmentPointers in
                clinux_spawn_exactly(
                    path, argumentPointers, environmentPointers, directory, descriptors, Int32(descriptors.count),
                    &child)
            }
        }
        guard error == 0 else { throw LinuxError("start \(path)", number: error) }
        guard let handle = ProcessHandle(id: child) else { throw LinuxError("hold process \(child)") }
        return handle
    }
}

/// Calls the body with a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result,
) -> Result {
    let copies = strings.map { strdup($0) }
    defer {
        for copy in copies {
            free(copy)
        }
    }
    return body(copies + [nil])
}
