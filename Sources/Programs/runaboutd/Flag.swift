import Synchronization

/// Something that happens at most once.
final class Flag: Sendable {
    private let state = Mutex(false)

    /// True for the first caller only.
    func set() -> Bool {
        state.withLock { isSet in
            defer { isSet = true }
            return !isSet
        }
    }

    /// Whether it has happened.
    var isSet: Bool { state.withLock { $0 } }
}
