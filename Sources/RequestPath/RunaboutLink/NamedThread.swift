import CEpoll
import Glibc
import Synchronization

/// A thread of its own for work that blocks: the loop of the proxy, the link.
public final class NamedThread: Sendable {
    private struct Body {
        let name: String
        let run: @Sendable () -> Void
    }

    private final class Box: Sendable {
        let body: Mutex<Body?>
        init(_ body: Body) { self.body = Mutex(body) }
    }

    private let thread: Mutex<pthread_t?>

    /// Starts it.
    ///
    /// The name is shown by `ps` and `top`; at most 15 bytes.
    /// - Throws: `ThreadError` when the machine has no thread left.
    public init(name: String, _ run: @escaping @Sendable () -> Void) throws {
        let box = Unmanaged.passRetained(Box(Body(name: name, run: run)))
        var started = pthread_t()
        let code = pthread_create(
            &started, nil,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body.withLock { $0.take() }
                guard let body else { return nil }
                cepoll_name_thread(body.name)
                body.run()
                return nil
            },
            box.toOpaque(),
        )
        guard code == 0 else {
            box.release()
            throw ThreadError(name: name, code: code)
        }
        thread = Mutex(started)
    }

    /// Waits until its work has returned.
    ///
    /// Blocks; not for the cooperative pool. Waits once, returns at once afterwards.
    public func join() {
        let started = thread.withLock { $0.take() }
        if let started { pthread_join(started, nil) }
    }

    deinit {
        // Nobody waits for it any more: its resources go when its work has returned.
        if let started = thread.withLock({ $0 }) { pthread_detach(started) }
    }
}

/// A thread could not be started.
public struct ThreadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its name.
    public let name: String
    /// The error number.
    public let code: Int32

    /// One sentence.
    public var description: String { "The thread '\(name)' can't be started: \(String(cString: strerror(code)))." }
}
