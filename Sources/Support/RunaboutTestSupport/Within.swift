/// What a test waited for did not happen in time.
public struct NotInTime: Error, CustomStringConvertible {
    /// What was waited for.
    public let what: String
    /// How long.
    public let limit: Duration

    /// What was waited for, and how long.
    public var description: String { "\(what): did not happen within \(limit)" }
}

/// Waits for something at most so long; the body is cancelled when the time is over.
///
/// The limit is there so that a test that would hang fails; it is no measure of time.
/// - Throws: `NotInTime`, or what the body throws.
public func within<Value: Sendable>(
    _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Value,
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw NotInTime(what: what, limit: limit) }
        return value
    }
}
