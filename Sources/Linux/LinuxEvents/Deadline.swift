/// Runs the body, cancels it when the time is over, and says whether it finished before.
///
/// The body must end when its task is cancelled.
public func finishes(
    within duration: Duration, _ body: @escaping @Sendable () async -> Void,
) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
        group.addTask {
            await body()
            return !Task.isCancelled
        }
        group.addTask {
            // Cancelled when the body was first: then the answer is not read.
            try? await Task.sleep(for: duration)
            return false
        }
        let first = await group.next() ?? false
        group.cancelAll()
        return first
    }
}
