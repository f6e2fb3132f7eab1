import RunaboutModel

/// Something that was to be done took longer than it may.
struct DeadlineExceeded: Error, CustomStringConvertible {
    let what: String
    let limit: Duration

    var description: String { "\(what) took longer than \(limit.wholeMilliseconds) ms" }
}

/// Does something, and cancels it when it takes longer than it may.
///
/// - Throws: `DeadlineExceeded`, or what the body throws.
func withDeadline<Value: Sendable>(
    _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Value,
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit, clock: .continuous)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw DeadlineExceeded(what: what, limit: limit)
        }
        return value
    }
}

/// How long to wait before the next attempt after a number of failures in a row.
///
/// Doubles from the first wait to the longest: 100 ms, 200 ms, 400 ms ... 30 s.
package func retryBackoff(failures: Int) -> Duration {
    let doublings = min(max(0, failures - 1), 20)
    return min(Limits.retryBackoffFirst * (1 << doublings), Limits.retryBackoffMax)
}

/// Runs something to its end even though the surrounding task is cancelled: what has to be done when a run ends.
package func withUncancelledTask(_ body: @escaping @Sendable () async -> Void) async {
    // The only way to shed cancellation is a task of its own; it is awaited right here, so it has a parent in effect.
    await Task.detached { await body() }.value
}
