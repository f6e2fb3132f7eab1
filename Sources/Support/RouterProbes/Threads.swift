import CEpoll
import Glibc
import Synchronization

/// Runs work that blocks on threads of its own, one for each number below `count`, and gives the results in order.
///
/// Probes wait for sockets; on the threads that run tasks they would hold up everybody else's.
package func onThreads<Result: Sendable>(
    _ count: Int, name: String, _ work: @escaping @Sendable (Int) -> Result,
) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
        for number in 0..<count {
            group.addTask { (number, await onThread(name: name) { work(number) }) }
        }
        var results: [(Int, Result)] = []
        for await result in group { results.append(result) }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

/// As `onThreads(_:name:_:)` with at most so many threads at once.
package func onThreads<Result: Sendable>(
    _ count: Int, name: String, atOnce threads: Int, _ work: @escaping @Sendable (Int) -> Result,
) async -> [Result] {
    let next = NextNumber()
    return await withTaskGroup(of: [(Int, Result)].self) { group in
        for _ in 0..<min(threads, count) {
            group.addTask {
                await onThread(name: name) {
                    var results: [(Int, Result)] = []
                    while true {
                        let number = next.take()
                        guard number < count else { return results }
                        results.append((number, work(number)))
                    }
                }
            }
        }
        var results: [(Int, Result)] = []
        for await part in group { results += part }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

/// Runs work that blocks on a thread of its own.
///
/// The name is shown by `ps` and `top`; at most 15 bytes. A machine without a thread left is out of scope for probes.
package func onThread<Result: Sendable>(
    name: String, _ work: @escaping @Sendable () -> Result,
) async -> Result {
    await withCheckedContinuation { continuation in
        let box = Unmanaged.passRetained(
            ThreadBody {
                cepoll_name_thread(name)
                continuation.resume(returning: work())
            })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            box.toOpaque(),
        )
        precondition(code == 0, "a thread can't be started: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Gives each number once, from 0 up.
private final class NextNumber: Sendable {
    private let number = Atomic(0)

    func take() -> Int { number.add(1, ordering: .relaxed).oldValue }
}
