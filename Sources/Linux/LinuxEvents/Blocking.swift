import Dispatch

/// Does work that blocks (file systems, network namespaces) off the cooperative threads.
public func blocking<Success: Sendable>(
    _ body: @escaping @Sendable () throws -> Success,
) async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Result { try body() })
        }
    }
}
